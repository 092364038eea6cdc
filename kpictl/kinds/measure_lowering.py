"""`measure:` to the ir."""

from __future__ import annotations

from dataclasses import replace

from kpictl.diagnostics import Diagnostic, Place, Refused, did_you_mean
from kpictl.ir.relations import Span
from kpictl.ir.scalars import Col, Param, Scalar
from kpictl.kinds import as_of, grains, roles
from kpictl.kinds.assemble import Narrow, Parts, lowered
from kpictl.kinds.build import conjunction, conjuncts
from kpictl.kinds.findings import (
    GrainTooFine,
    NoCommonGrain,
    NoEventTime,
    NotYet,
    TakenName,
    UnknownDimension,
    WindowNotWhole,
)
from kpictl.kinds.lowered import Lowered, Reading, WindowRead, closing
from kpictl.kinds.stocks import stock
from kpictl.model.kpis import Kpi, MeasureSpec
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind, Source
from kpictl.model.types import DATE
from kpictl.sql.walk import Node, find, transform


def lower(
    kpi: Kpi,
    project: Project,
    *,
    unit: str | None = None,
    dimensions: tuple[str, ...] | None = None,
    narrow: Narrow = lambda parts: parts,
) -> Lowered:
    """A measure in the ir; `unit` and `dimensions` ask for a coarser grain and for other dimensions than its own."""
    own = own_unit(kpi)
    choose = _over_time(kpi, unit, own)
    if choose is None:
        return _measure(narrow(parts(kpi, project, unit=unit, dimensions=dimensions)), project)
    found = _measure(narrow(parts(kpi, project, dimensions=dimensions)), project)
    if choose != "last" and found.empty is not None and isinstance(kpi.spec, MeasureSpec) and kpi.spec.carry:
        message = f"the {choose} over time of a count that is not carried on: its empty {own}s would have to count as 0"
        raise Refused([NotYet.at(kpi.place.child("over_time"), message, help=["leave `carry` out"])])
    return closing(found, grains.grain(str(unit), project.settings), choose)


def _measure(of: Parts, project: Project) -> Lowered:
    found = lowered(of, project, Reading.MEASURE)
    if of.window is None:
        return found
    return replace(found, windows=(WindowRead(kpi=of.name, unit=of.grain.unit, window=of.window),))


def own_unit(kpi: Kpi) -> str:
    """The unit of the measure's own buckets."""
    return grains.unit_of(kpi.grain, kpi.schedule)


def _over_time(kpi: Kpi, unit: str | None, own: str) -> str | None:
    """What stands for a coarser bucket, where it is one of the measure's own values or made of them; else None.

    Buckets of a window that the own ones do not nest in are computed from the rows, with windows of their own.
    """
    spec = kpi.spec
    assert isinstance(spec, MeasureSpec)
    if unit in (None, own):
        return None
    if spec.over_time in ("avg", "max", "min"):
        return _of_whole(kpi, spec.over_time, own, str(unit))
    return "last" if spec.window is not None and grains.nests(own, str(unit)) else None


def _of_whole(kpi: Kpi, choose: str, own: str, unit: str) -> str:
    """The `choose` over time; raises Refused where a bucket is not made of whole ones of the measure's own."""
    if grains.nests(own, unit):
        return choose
    message = (
        f"the {choose} over time is made of whole {grains.plural(own)}, which do not nest in {grains.plural(unit)}"
    )
    raise Refused([NoCommonGrain.at(kpi.place.child("over_time"), message, help=["`grain: day` nests in each"])])


def parts(kpi: Kpi, project: Project, *, unit: str | None = None, dimensions: tuple[str, ...] | None = None) -> Parts:
    """The measure taken apart; raises Refused."""
    spec = kpi.spec
    assert isinstance(spec, MeasureSpec)
    place = kpi.place
    source = roles.source_of(spec.source, project, place.child("source"))
    view = roles.view(source, project)
    own = own_unit(kpi)
    grain = grains.grain(unit or own, project.settings)
    value = _expression(spec.measure, view, project, place.child("measure"), aggregate=True)
    where = None if spec.where is None else _expression(spec.where, view, project, place.child("where"))
    names = kpi.dimensions if dimensions is None else dimensions
    axes = tuple((roles.output_name(name), dimension(name, view, project, place)) for name in names)
    if dimensions is not None:
        _names_free(axes, place)
    time = _time(kpi, spec, source, project)
    if time is not None and time.type == DATE and grain.unit == "hour":
        raise Refused([GrainTooFine.at(place.child("grain"), "an hour grain over a date: it has no hours")])
    window = _window(kpi, spec, grain.unit, valid=time is None)
    held = stock(
        kpi,
        spec,
        source,
        grains.grain(own, project.settings),
        lambda text: _expression(text, view, project, place.child("entity")),
    )
    compared = tuple(part for part in conjuncts(where) if _reads_now(part))
    if _reads_now(value) or (compared and (time is None or window is not None or held is not None)):
        raise Refused([_now_refused(place)])
    return Parts(
        name=kpi.name,
        view=view,
        value=value,
        grain=grain,
        time=time,
        where=conjunction(part for part in conjuncts(where) if not _reads_now(part)),
        dimensions=axes,
        window=window,
        stock=held,
        predicate=conjunction(compared),
        lookback=as_of.lookback(compared, time) if time is not None else None,
        place=place,
    )


def _names_free(axes: tuple[tuple[str, Scalar], ...], place: Place) -> None:
    """Raises Refused where a dimension that is asked for is no column of its own; the KPI's own are judged by a rule."""
    for name, _ in axes:
        if name in roles.OWN_OUTPUTS:
            message = f"a dimension cannot be called `{name}`: that is the KPI's own column"
            way = f"give it another name in the source: `dimensions: {{{name}_of_row: {name}}}`"
            raise Refused([TakenName.at(place.child("dimensions"), message, help=[way])])


def narrowed(parts: Parts, text: str, project: Project, place: Place) -> Parts:
    """The measure over those of its rows that fulfil one more condition; it may name dimensions and columns."""
    source = parts.view.source
    axes = {name: dimension(name, parts.view, project, place) for name, _ in source.dimensions}
    scope = parts.view.scope(project.settings)
    table = scope.tables[source.name]
    if table.columns is not None:
        known = {**table.columns, **{name: scalar.type for name, scalar in axes.items()}}
        scope = replace(scope, tables={**scope.tables, source.name: replace(table, columns=known)})
    from kpictl.sql.frontdoor import expression

    condition = roles.unqualified(expression(text, scope, place, aggregate=False), source.name)
    if _reads_now(condition):
        raise Refused([NotYet.at(place, "NOW() and CURRENT_DATE are not read here: give the range of time instead")])

    def put(node: Node) -> Node:
        return axes[node.name] if isinstance(node, Col) and node.table is None and node.name in axes else node

    condition = put(condition) if isinstance(condition, Col) else transform(condition, put, Col)
    return replace(parts, where=conjunction([parts.where, condition]))


def _now_refused(place: Place) -> Diagnostic:
    return NotYet.at(
        place.child("measure"),
        "NOW() and CURRENT_DATE are read here only in the `where` of a measure without window or stock",
        help=["use `window:`, or write the KPI as a `query`"],
    )


def _reads_now(scalar: Scalar) -> bool:
    return any(param.name == "as_of" for param in find(scalar, Param))


def _expression(text: str, view: roles.View, project: Project, place: Place, *, aggregate: bool = False) -> Scalar:
    from kpictl.sql.frontdoor import expression

    scalar = expression(text, view.scope(project.settings), place, aggregate=aggregate)
    return roles.unqualified(scalar, view.source.name)


def dimension(name: str, view: roles.View, project: Project, place: Place) -> Scalar:
    """A dimension by name: one of the source's `dimensions:`, a column of it, `role.column` or `role.role.column`."""
    source = view.source
    if "." in name:
        way, _, column_name = name.rpartition(".")
        name = f"{view.role(way) or way}.{column_name}"
        return _expression(name, view, project, place.child("dimensions"))
    for known, text in source.dimensions:
        if known == name:
            return _expression(text, view, project, source.place.child("dimensions", name))
    column = source.column(name)
    if column is not None:
        return Col(name, None, column.type)
    if not source.columns:
        return Col(name)
    choices = [known for known, _ in source.dimensions] + [c.name for c in source.columns]
    near = did_you_mean(name, choices)
    raise Refused(
        [
            UnknownDimension.at(
                place.child("dimensions"),
                f"`{source.name}` has no dimension or column `{name}`",
                help=[f"did you mean `{near[0]}`?"] if near else [],
            )
        ]
    )


def _time(kpi: Kpi, spec: MeasureSpec, source: Source, project: Project) -> Scalar | None:
    """The event time; None for the rows of a `valid:` source, which are read at each bucket's end."""
    if spec.time is not None:
        at = kpi.place.child("time")
        if source.columns and source.column(spec.time) is None:
            near = did_you_mean(spec.time, [c.name for c in source.columns])
            way = [f"did you mean `{near[0]}`?"] if near else []
            raise Refused([UnknownDimension.at(at, f"`{source.name}` has no column `{spec.time}`", help=way)])
        return roles.event_time(source, spec.time, project.settings, at)
    if source.history.kind is HistoryKind.VALID:
        return None
    if source.time is None:
        raise Refused(
            [
                NoEventTime.at(
                    kpi.place.child("source"),
                    f"`{source.name}` has no `time`: its rows do not say when they happened",
                    help=[
                        "give `time:` in the source, or in the measure",
                        "or write a `query`: it is a snapshot, the value as things stand",
                    ],
                )
            ]
        )
    return roles.event_time(source, source.time, project.settings, source.place.child("time"))


def _window(kpi: Kpi, spec: MeasureSpec, unit: str, *, valid: bool) -> Span | None:
    if spec.window is None:
        return None
    at = kpi.place.child("window")
    if valid:
        raise Refused([NotYet.at(at, "a window over rows that hold at a time: they are read at each bucket's end")])
    span = grains.whole_span(spec.window, unit)
    if span is None:
        message, help = grains.not_whole("a window", spec.window, unit)
        raise Refused([WindowNotWhole.at(at, message, help=help)])
    single = span.n == 1 and span.unit == unit
    return None if single else span
