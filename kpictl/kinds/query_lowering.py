"""`query:` to the ir: which kind of query it is, why it is no other, and its tree."""

from __future__ import annotations

from dataclasses import replace

from kpictl.diagnostics import Diagnostic, Place, Refused, did_you_mean
from kpictl.ir.query import Output, Query, Select, TableRef
from kpictl.ir.relations import Grain, Opaque, Read
from kpictl.ir.scalars import Call, Cast, Col, Lit, Scalar
from kpictl.kinds import as_of, grains, roles
from kpictl.kinds.assemble import Narrow, Parts, lowered
from kpictl.kinds.build import call, lit
from kpictl.kinds.cut import cut, sources_of
from kpictl.kinds.findings import (
    LooksAhead,
    NoCommonGrain,
    NotAdditive,
    OneMoreDate,
    SeveralConnections,
    UnclearOutputs,
    UntypedTime,
)
from kpictl.kinds.lowered import Lowered, Reading, made
from kpictl.kinds.states import denominator
from kpictl.model.kpis import Kpi, QuerySpec
from kpictl.model.project import Project
from kpictl.model.types import DATE, TIMESTAMPTZ, Kind, Type
from kpictl.records import dataclass
from kpictl.sql.facts import Facts
from kpictl.sql.scope import Scope
from kpictl.sql.walk import has_aggregate, has_window

DENOMINATOR = "denominator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which output is what. `attributes` are kept beside the value, outside of its identity."""

    time: str | None
    value: str
    dimensions: tuple[str, ...]
    attributes: tuple[str, ...] = ()


def scope(project: Project) -> Scope:
    """What a query may name: every source of the project."""
    settings = project.settings
    zones = {name: s.timezone for name, s in project.sources.items() if s.timezone is not None}
    return Scope(
        tables={name: roles.table(source) for name, source in project.sources.items()},
        zone=settings.timezone,
        week_start=settings.week_start,
        dialect=settings.dialect,
        naive_zones=zones,
    )


def lower(
    kpi: Kpi,
    project: Project,
    *,
    unit: str | None = None,
    dimensions: tuple[str, ...] | None = None,
    narrow: Narrow = lambda parts: parts,
) -> Lowered:
    """A query in the ir; only an as-of measure can be asked for at another grain or with fewer dimensions."""
    query, facts, told = _parsed(kpi, project)
    own = grains.unit_of(
        kpi.grain,
        kpi.schedule,
        truncated=_units(query, told.time),
        uses_current_date=facts.uses_current_date,
    )
    grain = grains.grain(unit or own, project.settings)
    found = _read(kpi, project, query, facts, told, grain, own, dimensions, narrow)
    _one_connection(found, project, kpi.place.child("query"))
    return found


def parts(kpi: Kpi, project: Project, *, unit: str, dimensions: tuple[str, ...] | None = None) -> Parts | None:
    """The measure that an as-of query is, at a grain and with some of its dimensions; None for any other query."""
    query, facts, told = _parsed(kpi, project)
    own = grains.unit_of(
        kpi.grain, kpi.schedule, truncated=_units(query, told.time), uses_current_date=facts.uses_current_date
    )
    if told.time is not None or as_of.why_not(query, project) is not None:
        return None
    found = as_of.parts(kpi, query, project, grains.grain(own, project.settings), lift=True, dimensions=dimensions)
    return replace(found, grain=grains.grain(unit, project.settings))


def _parsed(kpi: Kpi, project: Project) -> tuple[Query, Facts, Roles]:
    from kpictl.sql.frontdoor import parsed_query
    from kpictl.sql.inserts import insert_query, is_insert

    spec = kpi.spec
    assert isinstance(spec, QuerySpec)
    place = kpi.place.child("query")
    names = scope(project)
    if is_insert(spec.query):
        insert = insert_query(spec.query, names, place, kpi=kpi.name)
        if insert is not None:
            declared = tuple(d for d in insert.dimensions if d in kpi.dimensions)
            beside = tuple(d for d in insert.dimensions if d not in kpi.dimensions)
            _all_there(kpi, declared)
            told = Roles(time=insert.time, value=insert.value, dimensions=declared, attributes=beside)
            return insert.query, insert.facts, told
    parsed = parsed_query(spec.query, names, place)
    return parsed.query, parsed.facts, _roles(kpi, spec, parsed.query)


def _roles(kpi: Kpi, spec: QuerySpec, query: Query) -> Roles:
    """One output: the value. Else time and value by name, declared dimensions by name, texts as dimensions."""
    outputs = dict(query.outputs)
    place = kpi.place.child("query")
    for key, name in (("time", spec.time_column), ("value", spec.value_column)):
        if name is not None and name not in outputs:
            raise Refused([_no_output(kpi.place.child("columns", key), name, outputs)])
    if len(outputs) == 1 and spec.time_column is None:
        _all_there(kpi, ())
        return Roles(time=None, value=next(iter(outputs)), dimensions=())
    time = spec.time_column or ("time" if "time" in outputs else None)
    value = spec.value_column or ("value" if "value" in outputs else None)
    if value is None:
        listed = ", ".join(f"`{name}`" for name in outputs)
        way = "call it `value`, or say which it is: `columns: {value: ...}`"
        raise Refused([UnclearOutputs.at(place, f"none of the outputs {listed} is the value", help=[way])])
    rest = [name for name in outputs if name not in (time, value)]
    dimensions = tuple(n for n in rest if n in kpi.dimensions or outputs[n].kind is Kind.TEXT)
    extra = [name for name in rest if name not in dimensions]
    if extra:
        ways = ["name it under `dimensions:`, or leave it out"]
        if time is None:
            ways.append(f"if it is the time of the value: `columns: {{time: {extra[0]}}}`, or `AS time`")
        raise Refused([UnclearOutputs.at(place, f"the output `{extra[0]}` has no role", help=ways)])
    _all_there(kpi, dimensions)
    ordered = tuple(d for d in kpi.dimensions if d in dimensions)
    return Roles(time=time, value=value, dimensions=ordered + tuple(d for d in dimensions if d not in ordered))


def _no_output(place: Place, name: str, outputs: dict[str, Type]) -> Diagnostic:
    near = did_you_mean(name, outputs)
    way = [f"did you mean `{near[0]}`?"] if near else []
    return UnclearOutputs.at(place, f"the query has no output `{name}`", help=way)


def _all_there(kpi: Kpi, found: tuple[str, ...]) -> None:
    missing = [d for d in kpi.dimensions if d not in found]
    if missing:
        way = "return it from the query under that name"
        message = f"the query returns no dimension `{missing[0]}`"
        raise Refused([UnclearOutputs.at(kpi.place.child("dimensions"), message, help=[way])])


def _read(
    kpi: Kpi,
    project: Project,
    query: Query,
    facts: Facts,
    told: Roles,
    grain: Grain,
    own: str,
    dimensions: tuple[str, ...] | None,
    narrow: Narrow,
) -> Lowered:
    why_not: list[tuple[Reading, str]] = []
    if told.time is not None:
        _same_shape(kpi, grain, own, told.dimensions, dimensions)
        return _series(kpi, project, query, facts, told, grain)
    why_not.append((Reading.SERIES, "it returns no time"))
    reason = as_of.why_not(query, project)
    if reason is None:
        parts = as_of.parts(kpi, query, project, grain, lift=grain.unit == own, dimensions=dimensions)
        found = lowered(narrow(parts), project, Reading.AS_OF)
        hints = tuple(_covers(place, parts.window is not None and parts.window.n) for place in facts.date_windows)
        return replace(found, why_not=tuple(why_not), hints=hints)
    why_not.append((Reading.AS_OF, reason))
    reason = _why_no_row_series(query, project)
    _same_shape(kpi, grain, own, told.dimensions, dimensions)
    if reason is None:
        return replace(_row_series(kpi, project, query, told, grain), why_not=tuple(why_not))
    why_not.append((Reading.ROW_SERIES, reason))
    return replace(_snapshot(kpi, project, query, told, grain), why_not=tuple(why_not))


def _covers(place: Place, dates: int | bool) -> Diagnostic:
    if not dates:
        return OneMoreDate.at(place, "this covers one date more than the length of its interval: today counts too")
    return OneMoreDate.at(
        place,
        f"this covers {dates} dates: today and the {int(dates) - 1} before",
        help=[f"for {int(dates) - 1} dates write `>` instead of `>=`"],
    )


def _same_shape(kpi: Kpi, grain: Grain, own: str, has: tuple[str, ...], asked: tuple[str, ...] | None) -> None:
    """What a query returns is not put together to other buckets or fewer dimensions."""
    if grain.unit != own:
        message = f"`{kpi.name}` is a query by {own} and cannot be put together by {grain.unit}"
        raise Refused([NotAdditive.at(kpi.place.child("query"), message, help=["write it as a measure"])])
    if asked is not None and set(asked) != set(has):
        message = f"`{kpi.name}` is a query and is known by its own dimensions only"
        raise Refused([NotAdditive.at(kpi.place.child("query"), message, help=["write it as a measure"])])


# -- series and snapshots


def _opaque(query: Query, project: Project, place: Place) -> Opaque:
    return Opaque(cut(query, project), sources_of(query), place)


def _outputs(query: Query) -> dict[str, Col]:
    return {name: Col(name, None, kind) for name, kind in query.outputs}


def _with_denominator(query: Query, value: str) -> tuple[Query, Scalar | None]:
    """The query with what its value's outermost division divides by as one more output."""
    body = query.body
    if not isinstance(body, Select) or body.distinct or any(o.name == DENOMINATOR for o in body.outputs):
        return query, None
    divisor = denominator(next(o.value for o in body.outputs if o.name == value))
    if divisor is None:
        return query, None
    outputs = (*body.outputs, Output(DENOMINATOR, divisor))
    return replace(query, body=replace(body, outputs=outputs)), Col(DENOMINATOR, None, divisor.type)


def _series(kpi: Kpi, project: Project, query: Query, facts: Facts, told: Roles, grain: Grain) -> Lowered:
    place = kpi.place.child("query")
    query, divisor = _with_denominator(query, told.value)
    columns = _outputs(query)
    _nests(kpi, time_unit(query, str(told.time)), grain)
    time = _series_time(columns[str(told.time)], grain, place)
    tree = Read(
        _opaque(query, project, place),
        time,
        grain,
        tuple((d, columns[d]) for d in told.dimensions),
        (("value", columns[told.value]), *((a, columns[a]) for a in told.attributes)),
        divisor,
    )
    hints = tuple(
        LooksAhead.at(
            at, "later rows can change what this says about the past", help=["windows that end at the current row"]
        )
        for at in facts.looks_ahead
    )
    return _opaque_lowered(kpi, Reading.SERIES, tree, grain, told, hints=hints)


def _units(query: Query, time: str | None) -> tuple[str, ...]:
    """The unit of the time that the query returns, else every unit that it truncates to."""
    own = None if time is None else time_unit(query, time)
    return as_of.units_truncated(query) if own is None else (own,)


def time_unit(query: Query, time: str) -> str | None:
    """The unit to which an output is truncated, whatever it is cast to after that."""
    body = query.body
    outputs = body.outputs if isinstance(body, Select) else ()
    value = next((each.value for each in outputs if each.name == time), None)
    while True:
        match value:
            case Cast(arg=inner):
                value = inner
            case Call(fn="time_floor", args=(_, Lit(value=str() as unit), *_)):
                return unit
            case Call(fn="local_date" | "date_of" | "to_instant" | "to_local", args=(inner, *_)):
                value = inner
            case _:
                return None


def _nests(kpi: Kpi, unit: str | None, grain: Grain) -> None:
    """Weeks that a query returns are not put into months, nor months into weeks: some of their days lie in another."""
    if unit is None or "week" not in (unit, grain.unit) or unit in ("hour", "day") or grain.unit in ("hour", "day"):
        return
    if grains.nests(unit, grain.unit) or unit not in grains.UNITS:
        return
    at = kpi.place.child("query" if kpi.grain is None else "grain")
    message = f"`{kpi.name}` returns {unit}s, which do not nest in {grain.unit}s"
    help = [f"write `grain: {unit}`, or truncate to `{grain.unit}` in the query"]
    raise Refused([NoCommonGrain.at(at, message, help=help)])


def _series_time(column: Col, grain: Grain, place: Place) -> Scalar:
    """The bucket's time of an output: an instant, a date, or a wall clock of the reporting zone."""
    if column.type in (DATE, TIMESTAMPTZ):
        if column.type == DATE and grain.unit == "hour":
            raise Refused([UntypedTime.at(place, f"`{column.name}` is a date, and the grain is hour")])
        return column
    if column.type.kind is Kind.TIMESTAMP:
        if grain.unit == "hour":
            return call("to_instant", column, lit(grain.zone))
        return call("date_of", column)
    kind = "of an unknown type" if column.type.kind is Kind.UNKNOWN else str(column.type)
    message = f"the time `{column.name}` is {kind}, and a time is a date or a timestamp"
    raise Refused([UntypedTime.at(place, message, help=["cast it, or declare the columns of the source"])])


def _row_series(kpi: Kpi, project: Project, query: Query, told: Roles, grain: Grain) -> Lowered:
    body = query.body
    assert isinstance(body, Select)
    assert isinstance(body.source, TableRef)
    source = project.sources[body.source.source]
    place = kpi.place.child("query")
    query, divisor = _with_denominator(query, told.value)
    body = query.body
    assert isinstance(body, Select)
    assert isinstance(body.source, TableRef)
    kind = roles.column_type(source, str(source.time))
    at = Output("time", Col(str(source.time), body.source.alias, kind))
    reads = dict(body.source.columns) | {str(source.time): kind}
    table = replace(body.source, columns=tuple(sorted(reads.items())))
    query = replace(query, body=replace(body, outputs=(at, *body.outputs), source=table))
    columns = _outputs(query)
    time = columns["time"]
    if kind.kind is Kind.TIMESTAMP and source.timezone is not None:
        when: Scalar = call("to_instant", time, lit(source.timezone))
    else:
        when = _series_time(time, grain, place)
    tree = Read(_opaque(query, project, place), when, grain, (), (("value", columns[told.value]),), divisor)
    return _opaque_lowered(kpi, Reading.ROW_SERIES, tree, grain, told)


def _why_no_row_series(query: Query, project: Project) -> str | None:
    body = query.body
    if not isinstance(body, Select) or query.ctes or body.joins or not isinstance(body.source, TableRef):
        return "it does not read one source in one plain SELECT"
    if len(body.outputs) != 1:
        return "it has more than one output"
    value = body.outputs[0].value
    if has_aggregate(value) or body.group_by is not None:
        return "it has an aggregate"
    if has_window(value) or body.distinct or query.limit is not None or body.outputs[0].name == "time":
        return "it has a window function, DISTINCT or LIMIT"
    source = project.sources.get(body.source.source)
    if source is None or source.time is None or source.key != (source.time,):
        return f"the `key` of `{body.source.source}` is not its `time`"
    return None


def _snapshot(kpi: Kpi, project: Project, query: Query, told: Roles, grain: Grain) -> Lowered:
    query, divisor = _with_denominator(query, told.value)
    columns = _outputs(query)
    tree = Read(
        _opaque(query, project, kpi.place.child("query")),
        None,
        None,
        tuple((d, columns[d]) for d in told.dimensions),
        (("value", columns[told.value]), *((a, columns[a]) for a in told.attributes)),
        divisor,
    )
    return _opaque_lowered(kpi, Reading.SNAPSHOT, tree, grain, told)


def _opaque_lowered(
    kpi: Kpi, reading: Reading, tree: Read, grain: Grain, told: Roles, *, hints: tuple[Diagnostic, ...] = ()
) -> Lowered:
    assert isinstance(tree.input, Opaque)
    return Lowered(
        name=kpi.name,
        reading=reading,
        trees=made(tree, None),
        grain=grain,
        dimensions=told.dimensions,
        attributes=told.attributes,
        has_denominator=tree.denominator is not None,
        sources=tree.input.sources,
        hints=hints,
    )


def _one_connection(found: Lowered, project: Project, place: Place) -> None:
    used = {s: project.sources[s].connection for s in found.sources if s in project.sources}
    if len(set(used.values())) > 1:
        listed = ", ".join(f"`{source}` on {connection}" for source, connection in used.items())
        raise Refused([SeveralConnections.at(place, f"the query reads {listed}: one statement runs on one engine")])
