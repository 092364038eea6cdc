"""`ratio:` and `expr:` to the ir: operands at a common grain, side by side, and the number made of them."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from kpictl.diagnostics import Diagnostic, Place, Refused, did_you_mean
from kpictl.ir.relations import Align, Derived, Finalize, Read, Relation, Shift, Span
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds import grains, lag, roles
from kpictl.kinds.assemble import Narrow
from kpictl.kinds.build import call, lit
from kpictl.kinds.findings import NoCommonGrain, NotInCommon, NotYet, SeveralConnections, UnknownOperand, WindowNotWhole
from kpictl.kinds.lowered import Lowered, Reading, WindowRead, made
from kpictl.kinds.states import denominator
from kpictl.model.durations import Duration, parse_duration
from kpictl.model.kpis import ExprSpec, Kpi, RatioSpec
from kpictl.model.project import Project
from kpictl.model.types import DOUBLE, Kind, Type
from kpictl.records import dataclass
from kpictl.sql.walk import Node, transform

_LAG = re.compile(r"\blag\s*\(\s*([a-z][a-z0-9_]*)\s*,\s*(\d+\s*[A-Za-z]+)\s*\)", re.IGNORECASE)
_SNAPSHOT = "snapshot"


class Lowering(Protocol):
    """What a derived KPI asks of the rest of the project."""

    @property
    def project(self) -> Project: ...

    @property
    def narrow(self) -> Narrow:
        """What is added to each measure."""

    def at(self, name: str, unit: str | None, dimensions: tuple[str, ...] | None) -> Lowered:
        """A KPI at a grain and with dimensions (None: its own); raises Refused."""

    def fingerprint(self, found: Lowered) -> str:
        """What the ledger knows a KPI by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """A KPI that an expression reads, some time back when `lag` is given."""

    name: str
    lag: Duration | None = None

    @property
    def alias(self) -> str:
        return self.name if self.lag is None else f"{self.name}@{self.lag}"


def lower_ratio(
    kpi: Kpi, lowering: Lowering, *, unit: str | None = None, dimensions: tuple[str, ...] | None = None
) -> Lowered:
    """A ratio: the numerator by the denominator of the same bucket, sum over sum at whatever grain is asked for."""
    spec = kpi.spec
    assert isinstance(spec, RatioSpec)
    place = kpi.place.child("ratio")
    above, below = Operand(name=spec.numerator), Operand(name=spec.denominator)
    places = {above.alias: place.child("numerator"), below.alias: place.child("denominator")}
    value = call("real_divide", Col(above.alias, None, DOUBLE), Col(below.alias, None, DOUBLE))
    return _lowered(kpi, lowering, (above, below), value, places, unit, dimensions)


def lower_expr(
    kpi: Kpi, lowering: Lowering, *, unit: str | None = None, dimensions: tuple[str, ...] | None = None
) -> Lowered:
    """An expression over KPIs, each as it is in the same bucket, or `lag(kpi, 1 month)` before it."""
    from kpictl.sql.frontdoor import expression
    from kpictl.sql.reader import OVER_KPIS
    from kpictl.sql.scope import Scope, Table

    spec = kpi.spec
    assert isinstance(spec, ExprSpec)
    place = kpi.place.child("expr")
    text, lags = _lags_named(spec.expr, place)
    project = lowering.project
    names: dict[str, Type] = dict.fromkeys(project.kpis, DOUBLE)
    names.update((lag.alias, DOUBLE) for lag in lags)
    settings = project.settings

    def read() -> Scalar:
        tables = {"kpis": Table("kpis", names)}
        scope = Scope(tables=tables, zone=settings.timezone, dialect=settings.dialect, main="kpis")
        return expression(text, scope, place, aggregate=False, inside=OVER_KPIS)

    value = read()
    by_alias = {lag.alias: lag for lag in lags}
    operands: dict[str, Operand] = {}
    places: dict[str, Place] = {}

    def note(node: Node) -> Node:
        if isinstance(node, Col):
            operands.setdefault(node.name, by_alias.get(node.name, Operand(name=node.name)))
            places.setdefault(node.name, node.place or place)
            return Col(node.name, None, node.type, node.place)
        return node

    def noted(value: Scalar) -> Scalar:
        return note(value) if isinstance(value, Col) else transform(value, note, Col)

    value = noted(value)
    if not operands:
        raise Refused([UnknownOperand.at(place, "the expression names no KPI", help=["write `revenue / orders`"])])
    # Which KPIs it names is known only now, and so what is computed with: decimals are not computed with as doubles are.
    types = {alias: value_type(_own(each, lowering, places[alias]).finest) for alias, each in operands.items()}
    if any(type != DOUBLE for type in types.values()):
        names |= types
        value = noted(read())
    return _lowered(kpi, lowering, tuple(operands.values()), value, places, unit, dimensions)


def _lags_named(text: str, place: Place) -> tuple[str, list[Operand]]:
    """The text with each `lag(x, 1 month)` as one quoted name of the same length, so that places stay true."""
    found: list[Operand] = []

    def named(match: re.Match[str]) -> str:
        length = parse_duration(match[2])
        if length is None:
            at = place.within(*match.span(2))
            raise Refused([UnknownOperand.at(at, f"`{match[2]}` is no length of time", help=[_length(match[2])])])
        lag = Operand(name=match[1].lower(), lag=length)
        found.append(lag)
        return f'"{lag.alias}"'.ljust(len(match[0]))

    return _LAG.sub(named, text), found


def _length(text: str) -> str:
    """How a length of time is written: days as one letter, months in full."""
    number, word = re.sub(r"\D", "", text), re.sub(r"[^a-z]", "", text.lower())
    for short in (word[:1], f" {word.removesuffix('s')}s"):
        if word and (found := parse_duration(f"{number}{short}")) is not None and found.unit == word.removesuffix("s"):
            return f"write `{found}`"
    return "write `1 month`, `7d`"


def _lowered(
    kpi: Kpi,
    lowering: Lowering,
    operands: tuple[Operand, ...],
    value: Scalar,
    places: dict[str, Place],
    unit: str | None,
    dimensions: tuple[str, ...] | None,
) -> Lowered:
    own = {operand.alias: _own(operand, lowering, places[operand.alias]) for operand in operands}
    grain_unit = _unit(kpi, tuple(own.values()), unit)
    names = kpi.dimensions if dimensions is None else dimensions
    if dimensions is None:
        _all_in_common(kpi, names, own)
    finest, parts = _tree(kpi, lowering, operands, value, places, grain_unit, names)
    total = None
    if names:
        total, _ = _tree(kpi, lowering, operands, value, places, grain_unit, ())
    sources = tuple(dict.fromkeys(source for each in parts for source in each.sources))
    _one_connection(kpi, sources, lowering.project)
    snapshot = all(each.reading is Reading.SNAPSHOT for each in own.values())
    return Lowered(
        name=kpi.name,
        reading=Reading.SNAPSHOT if snapshot else Reading.DERIVED,
        trees=made(finest, total),
        grain=parts[0].grain,
        dimensions=tuple(map(roles.output_name, names)),
        empty=_empty(value, operands, parts, kpi),
        has_denominator=denominator(value) is not None,
        sources=sources,
        upstream=tuple(dict.fromkeys(operand.name for operand in operands)),
        lookback=_lookback(operands, parts),
        windows=_windows(operands, own, lowering),
    )


def _own(operand: Operand, lowering: Lowering, place: Place) -> Lowered:
    if operand.name not in lowering.project.kpis:
        near = did_you_mean(operand.name, lowering.project.kpis)
        way = [f"did you mean `{near[0]}`?"] if near else []
        raise Refused([UnknownOperand.at(place, f"there is no KPI `{operand.name}`", help=way)])
    return lowering.at(operand.name, None, None)


def _unit(kpi: Kpi, operands: tuple[Lowered, ...], asked: str | None) -> str | None:
    """The grain at which all operands are read; None for snapshots, which have none."""
    snapshots = [each for each in operands if each.reading is Reading.SNAPSHOT]
    if len(snapshots) == len(operands):
        return None
    if snapshots:
        other = next(each for each in operands if each.reading is not Reading.SNAPSHOT)
        raise Refused(
            [
                NoCommonGrain.at(
                    kpi.place.child(kpi.kind),
                    f"`{snapshots[0].name}` is a snapshot, the value as things stand, and `{other.name}` a series",
                    help=[f"write `{snapshots[0].name}` as a measure"],
                )
            ]
        )
    units = tuple(dict.fromkeys(each.grain.unit for each in operands))
    unit = asked or kpi.grain or grains.common_unit(units)
    if unit is None or not all(grains.nests(each, unit) for each in units):
        told = ", ".join(f"`{each.name}` by {each.grain.unit}" for each in operands)
        goal = f" into {unit}s" if unit else ""
        raise Refused(
            [
                NoCommonGrain.at(
                    kpi.place.child("grain" if kpi.grain else kpi.kind),
                    f"the operands do not nest{goal}: {told}",
                    help=["give both the same `grain:`, or `grain: day`, which nests in each"],
                )
            ]
        )
    return unit


def _all_in_common(kpi: Kpi, names: tuple[str, ...], operands: dict[str, Lowered]) -> None:
    for name in names:
        for each in operands.values():
            if name not in each.dimensions:
                common = set.intersection(*(set(o.dimensions) for o in operands.values()))
                way = (
                    f"all have {', '.join(f'`{c}`' for c in sorted(common))}" if common else "they have none in common"
                )
                message = f"`{each.name}` has no dimension `{name}`"
                raise Refused([NotInCommon.at(kpi.place.child("dimensions"), message, help=[way])])


def _tree(
    kpi: Kpi,
    lowering: Lowering,
    operands: tuple[Operand, ...],
    value: Scalar,
    places: dict[str, Place],
    unit: str | None,
    names: tuple[str, ...],
) -> tuple[Relation, tuple[Lowered, ...]]:
    inputs: list[tuple[str, Relation]] = []
    columns: dict[str, Scalar] = {}
    parts: list[Lowered] = []
    lagged = False
    for operand in operands:
        found = lowering.at(operand.name, unit, names)
        relation = found.finest
        own = Col(f"{operand.alias}.value", None, value_type(relation))
        if operand.lag is not None:
            span = _lag(operand.lag, found, places[operand.alias])
            column = lag.earlier(own, found, span, lowering.project)
            relation = Shift(relation, found.grain, span)
            lagged = True
        else:
            column = lag.or_empty(own, found)
        if kpi.fill == "zero":
            column = call("coalesce", column, lit(0))
        inputs.append((operand.alias, relation))
        columns[operand.alias] = column
        parts.append(found)

    def put(node: Node) -> Node:
        return columns[node.name] if isinstance(node, Col) and node.name in columns else node

    def over(scalar: Scalar) -> Scalar:
        return put(scalar) if isinstance(scalar, Col) else transform(scalar, put, Col)

    divisor = denominator(value)
    dense = lagged and not names and _empty(value, operands, tuple(parts), kpi) is not None
    tree = Derived(
        Align(tuple(inputs), tuple(map(roles.output_name, names)), dense),
        (("value", over(value)),),
        None if divisor is None else over(divisor),
    )
    return tree, tuple(parts)


def _empty(value: Scalar, operands: tuple[Operand, ...], parts: tuple[Lowered, ...], kpi: Kpi) -> Decimal | None:
    """What the expression is in a bucket in which no operand has a row: each is what it is without rows."""
    nothing = Decimal(0) if kpi.fill == "zero" else None
    row = {o.alias: nothing if part.empty is None else part.empty for o, part in zip(operands, parts, strict=True)}
    from kpictl.ir.reference import evaluate

    number = evaluate(value, row)
    return None if number is None or isinstance(number, bool) else Decimal(str(number))


def value_type(tree: Relation) -> Type:
    """The type of the number that a tree yields."""
    if isinstance(tree, Shift):
        return value_type(tree.input)
    if isinstance(tree, Finalize | Derived | Read):
        found = next(scalar.type for name, scalar in tree.outputs if name == "value")
        return found if found.kind is not Kind.UNKNOWN else DOUBLE
    return DOUBLE


def _lag(length: Duration, of: Lowered, place: Place) -> Span:
    if of.reading is Reading.SNAPSHOT:
        raise Refused([NotYet.at(place, f"`{of.name}` is a snapshot: only stored values know its past")])
    span = grains.whole_span(length, of.grain.unit)
    if span is None:
        message, help = grains.not_whole("a lag", length, of.grain.unit)
        raise Refused([WindowNotWhole.at(place, message, help=help)])
    return span


def _lookback(operands: tuple[Operand, ...], parts: tuple[Lowered, ...]) -> Span | None:
    """The longest reach of an operand, with its lag, in days and on the safe side."""
    reaches = []
    for operand, part in zip(operands, parts, strict=True):
        days = 0 if operand.lag is None else operand.lag.days_at_most
        days += 0 if part.lookback is None else Duration(part.lookback.n, part.lookback.unit).days_at_most
        reaches.append(days)
    return Span(max(reaches), "day") if max(reaches) else None


def _windows(operands: tuple[Operand, ...], own: dict[str, Lowered], lowering: Lowering) -> tuple[WindowRead, ...]:
    """The windows of all operands, each as far back as its operand is read."""
    found: dict[WindowRead, None] = {}
    for operand in operands:
        read = own[operand.alias]
        lag = () if operand.lag is None else (_lag(operand.lag, read, lowering.project.kpis[operand.name].place),)
        for each in read.windows:
            definition = each.definition or lowering.fingerprint(read)
            found[replace(each, definition=definition, lags=(*each.lags, *lag))] = None
    return tuple(found)


def _one_connection(kpi: Kpi, sources: tuple[str, ...], project: Project) -> None:
    used = {source: project.sources[source].connection for source in sources if source in project.sources}
    if len(set(used.values())) > 1:
        listed = ", ".join(f"`{source}` on {connection}" for source, connection in used.items())
        found: Diagnostic = SeveralConnections.at(
            kpi.place.child(kpi.kind),
            f"its operands read {listed}: they are not put together across engines yet",
            help=[
                "read sources of one connection, or copy the rows of one to the other and declare a source over the copy"
            ],
        )
        raise Refused([found])
