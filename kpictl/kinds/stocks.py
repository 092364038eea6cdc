"""`over_time:` of a measure: whose stock it is, how its rows are ordered, and how long one is carried on."""

from __future__ import annotations

from collections.abc import Callable

from kpictl.diagnostics import Label, Refused
from kpictl.ir.relations import Grain, Span
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds import grains, roles
from kpictl.kinds.findings import NotYet, StockOfWhom, WindowNotWhole
from kpictl.model.kpis import Kpi, MeasureSpec
from kpictl.model.sources import HistoryKind, Source
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Each entity's last row (or `first`) stands for it in a bucket; `ties` order rows of one time."""

    entity: tuple[Scalar, ...]
    ties: tuple[Scalar, ...]
    first: bool
    carry: Span | None
    own: Grain


def stock(kpi: Kpi, spec: MeasureSpec, source: Source, own: Grain, expression: Callable[[str], Scalar]) -> Stock | None:
    """The stock that a measure is, None for a flow; `expression` reads the text of `entity`."""
    if spec.over_time is None:
        _only_of_stocks(kpi, spec)
        return None
    place = kpi.place
    if source.history.kind is HistoryKind.VALID:
        raise Refused(
            [
                NotYet.at(
                    place.child("over_time").key(),
                    f"rows of `{source.name}` hold from a time to another: they are a stock already",
                    others=[Label(place=source.place.child("history"), text="its history")],
                    help=["leave `over_time` out: the value is that of each bucket's end"],
                )
            ]
        )
    if spec.window is not None:
        way = "leave `window` out, or aggregate a flow"
        at = place.child("window").key()
        raise Refused([StockOfWhom.at(at, "a stock has a value at a time, not over a window", help=[way])])
    time = spec.time or source.time
    others = tuple(Col(name, None, roles.column_type(source, name)) for name in source.key if name != time)
    if not source.key:
        message = f"`{source.name}` has no `key`: of two rows of one time it is not known which is the last"
        way = f"`key: [{time}, ...]` in the source"
        raise Refused([StockOfWhom.at(place.child("over_time").key(), message, help=[way])])
    entity = others if spec.entity is None else (expression(spec.entity),)
    if not entity:
        message = f"the key of `{source.name}` is its time: nothing says whose stock a row is"
        at = place.child("over_time").key()
        raise Refused([StockOfWhom.at(at, message, help=["name the column: `entity: account_id`"])])
    carry = None
    if spec.carry is not None:
        carry = grains.whole_span(spec.carry, own.unit)
        if carry is None:
            message, help = grains.not_whole("a carry", spec.carry, own.unit)
            raise Refused([WindowNotWhole.at(place.child("carry"), message, help=help)])
    ties = () if spec.entity is None else tuple(each for each in others if each not in entity)
    return Stock(entity=entity, ties=ties, first=spec.over_time == "first", carry=carry, own=own)


def _only_of_stocks(kpi: Kpi, spec: MeasureSpec) -> None:
    for key, given in (("entity", spec.entity), ("carry", spec.carry)):
        if given is not None:
            at = kpi.place.child(key).key()
            message = f"`{key}` is about stocks, and nothing says that this measure is one"
            raise Refused([StockOfWhom.at(at, message, help=["add `over_time: last`, or leave it out"])])
