"""`cumulative:` to the ir: the states of the KPI's buckets, merged over a frame of the calendar.

Never the numbers: a running average is the sum by the count of the frame, a running ratio what was cumulated above by what
was cumulated below, and a distinct count counts each entity once a frame.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.diagnostics import Label, Place, Refused, did_you_mean
from kpictl.ir.relations import Span
from kpictl.kinds import derived, grains, measure_lowering, query_lowering
from kpictl.kinds.assemble import Narrow, Parts, lowered
from kpictl.kinds.findings import (
    CumulativeFrame,
    NoCommonGrain,
    NotAdditive,
    NotInCommon,
    UnknownOperand,
    WindowNotWhole,
)
from kpictl.kinds.lowered import Lowered, Reading, WindowRead, closing
from kpictl.model.kpis import CumulativeSpec, Kpi
from kpictl.model.project import Project
from kpictl.records import dataclass


def lower(
    kpi: Kpi, lowering: derived.Lowering, *, unit: str | None = None, dimensions: tuple[str, ...] | None = None
) -> Lowered:
    """A cumulative KPI; at a coarser grain than its own it is the closing value, at any other it has frames of its own."""
    spec = kpi.spec
    assert isinstance(spec, CumulativeSpec)
    of = _operand(kpi, spec, lowering)
    own = _own_unit(kpi, of)
    if unit is not None and not grains.nests(own, unit):
        own = unit
    names = kpi.dimensions if dimensions is None else dimensions
    if dimensions is None:
        _all_in_common(kpi, names, of)
    frame = _frame(kpi, spec, own)
    cumulating = _Cumulating(project=lowering.project, plain=lowering, kpi=kpi, frame=frame)
    found = cumulating.at(spec.of, own, names)
    window = WindowRead(kpi=kpi.name, unit=own, window=frame.length, to_date=frame.to_date)
    found = replace(
        found, name=kpi.name, reading=Reading.DERIVED, upstream=(spec.of,), windows=(window,), hints=(), why_not=()
    )
    return found if unit in (None, own) else closing(found, grains.grain(str(unit), lowering.project.settings))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """`length` back from each bucket's end, or since `to_date`'s start."""

    length: Span | None = None
    to_date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cumulating:
    """The project with every KPI cumulated: a ratio read through it is the ratio of what was cumulated."""

    project: Project
    plain: derived.Lowering
    kpi: Kpi
    frame: _Frame

    @property
    def narrow(self) -> Narrow:
        """What is added to each measure."""
        return self.plain.narrow

    def at(self, name: str, unit: str | None, dimensions: tuple[str, ...] | None) -> Lowered:
        """A KPI over the frame at a grain; without a grain the KPI as it is, for what it says about itself."""
        if unit is None:
            return self.plain.at(name, None, None)
        kpi = self.project.kpis[name]
        if kpi.kind == "ratio":
            return derived.lower_ratio(kpi, self, unit=unit, dimensions=dimensions)
        parts = self._parts(kpi, unit, dimensions)
        framed = replace(self.narrow(parts), window=self.frame.length, to_date=self.frame.to_date)
        return lowered(framed, self.project, Reading.MEASURE)

    def fingerprint(self, found: Lowered) -> str:
        """What the ledger knows a KPI by."""
        return self.plain.fingerprint(found)

    def _parts(self, kpi: Kpi, unit: str, dimensions: tuple[str, ...] | None) -> Parts:
        if kpi.kind == "measure":
            parts: Parts | None = measure_lowering.parts(kpi, self.project, unit=unit, dimensions=dimensions)
        elif kpi.kind == "query":
            parts = query_lowering.parts(kpi, self.project, unit=unit, dimensions=dimensions)
        else:
            parts = None
        reason = _why_not(kpi, parts)
        if reason is None and parts is not None:
            return parts
        message = f"`{kpi.name}` is {reason}: {self.kpi.name} cannot be made of its buckets"
        if kpi.name == self.kpi.name:
            message = f"`{kpi.name}` is {reason}"
        raise Refused(
            [
                NotAdditive.at(
                    self.kpi.place.child("cumulative", "of"),
                    message,
                    others=[Label(place=kpi.place.child(kpi.kind), text="what it is")],
                    help=["name a measure, or a ratio of measures, that reads the rows of its own buckets"],
                )
            ]
        )


def _why_not(kpi: Kpi, parts: Parts | None) -> str | None:
    """Why a KPI's buckets cannot be put together; None when they can."""
    if kpi.kind == "expr":
        return "an expression over finished numbers"
    if kpi.kind == "cumulative":
        return "cumulative already"
    if parts is None:
        return "a query that returns finished numbers"
    if parts.time is None or parts.stock is not None:
        return "a stock, the value at a time"
    if parts.window is not None or parts.to_date is not None or parts.shift is not None:
        return "over a window already, whose buckets overlap"
    if parts.predicate is not None:
        return "read as of each bucket, whose rows may overlap"
    return None


def _operand(kpi: Kpi, spec: CumulativeSpec, lowering: derived.Lowering) -> Lowered:
    known = lowering.project.kpis
    if spec.of not in known:
        near = did_you_mean(spec.of, known)
        way = [f"did you mean `{near[0]}`?"] if near else []
        at = kpi.place.child("cumulative", "of")
        raise Refused([UnknownOperand.at(at, f"there is no KPI `{spec.of}`", help=way)])
    found = lowering.at(spec.of, None, None)
    if found.reading is Reading.SNAPSHOT:
        at = kpi.place.child("cumulative", "of")
        message = f"`{spec.of}` is a snapshot, the value as things stand: it has no buckets to put together"
        raise Refused([NotAdditive.at(at, message, help=[f"write `{spec.of}` as a measure"])])
    return found


def _own_unit(kpi: Kpi, of: Lowered) -> str:
    unit = kpi.grain or of.grain.unit
    if grains.nests(of.grain.unit, unit):
        return unit
    raise Refused(
        [
            NoCommonGrain.at(
                kpi.place.child("grain"),
                f"`{of.name}` is by {of.grain.unit}, and {of.grain.unit}s do not nest in {unit}s",
                help=["give `of` a finer grain, such as `grain: day`"],
            )
        ]
    )


def _frame(kpi: Kpi, spec: CumulativeSpec, unit: str) -> _Frame:
    place = kpi.place.child("cumulative")
    if spec.window is not None and spec.to_date is not None:
        raise Refused(
            [
                CumulativeFrame.at(
                    place.child("to_date").key(),
                    "a window has its own start: `to_date` cannot say another",
                    others=[Label(place=place.child("window").key(), text="the window")],
                    help=["keep one of them, or write two KPIs"],
                )
            ]
        )
    if spec.to_date is not None:
        return _Frame(to_date=_period(place, spec.to_date, unit))
    if spec.window is None:
        message = "it does not say how far back it reads"
        raise Refused([CumulativeFrame.at(place.key(), message, help=["`window: 28d`, or `to_date: year`"])])
    span = grains.whole_span(spec.window, unit)
    if span is None:
        message, help = grains.not_whole("a window", spec.window, unit)
        raise Refused([WindowNotWhole.at(place.child("window"), message, help=help)])
    return _Frame(length=span)


def _period(place: Place, period: str, unit: str) -> str:
    if grains.nests(unit, period):
        return period
    raise Refused(
        [
            NoCommonGrain.at(
                place.child("to_date"),
                f"buckets of a {unit} do not nest in a {period}: one of them lies in two",
                help=["give the KPI that is cumulated `grain: day`, which nests in each"],
            )
        ]
    )


def _all_in_common(kpi: Kpi, names: tuple[str, ...], of: Lowered) -> None:
    for name in names:
        if name not in of.dimensions:
            listed = ", ".join(f"`{each}`" for each in of.dimensions)
            way = f"it has {listed}" if listed else "it has none"
            message = f"`{of.name}` has no dimension `{name}`"
            raise Refused([NotInCommon.at(kpi.place.child("dimensions"), message, help=[way])])
