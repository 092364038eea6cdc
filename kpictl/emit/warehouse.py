"""What a warehouse schedules: a script for each schedule that writes `kpi_metrics` with the engine's own means.

The same steps everywhere, and idempotent: the due buckets from the calendar, then each KPI's rows of them replaced in one
transaction. An engine differs in its words (`Words`) and in its template `job.sql.j2`. Variables are called kpictl_NAME.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from kpictl.dialects import named
from kpictl.dialects.printer import expressions, render
from kpictl.emit.emitter import Emission, Files
from kpictl.emit.jobs import about
from kpictl.emit.literals import Text, json_document
from kpictl.emit.schedules import Job, jobs
from kpictl.ir.query import Output, Query, Select
from kpictl.ir.relations import Grain
from kpictl.ir.scalars import Case, Cast, Col, Param, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import add, call, lit
from kpictl.kinds.lowered import Lowered, Reading
from kpictl.model.cron import cron_times
from kpictl.model.kpis import Kpi
from kpictl.model.store_schema import TABLES
from kpictl.model.types import INTEGER, TEXT, TIMESTAMPTZ, Kind, Type
from kpictl.passes.bounds import asked
from kpictl.passes.spine import spine
from kpictl.plan.compiled import Compiled, Statement
from kpictl.plan.timed import timed_sources
from kpictl.records import dataclass

MOST = 100
"""KPIs of one script; engines limit a text to one or two megabytes."""
DRIVER_MARK = r"%%|%\((\w+)\)s"
"""How drivers of Python mark parameters; other percent signs are doubled."""
_BUCKET_HOURS = {"hour": 1, "day": 24, "week": 168, "month": 28 * 24, "quarter": 90 * 24, "fiscal_quarter": 90 * 24}
_BARE = (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE, Kind.BOOLEAN)
_SERIES = (Reading.SERIES, Reading.ROW_SERIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How an engine says what all of them must say; `{}` stands for the operand."""

    dialect: str
    variable: str
    """A variable of the script in a statement."""
    literal: str
    joined: str
    """Between texts."""
    double: str
    finite: str
    """NULL of what is no finite number; `{0}` is a double."""
    text: str
    """A text as a JSON text, quotes included."""
    document: str
    """JSON text as what the column of the store holds."""
    hashed: str
    relation: str = "(\n{}\n)"
    """A statement as a relation; without `{}` it has been put into temporary tables `{kind}` before."""
    often: Callable[[str], bool]
    """Whether the engine's scheduler ticks more often than a schedule, so that the script decides."""
    buckets: str = "kpictl_buckets"
    mark: str = DRIVER_MARK
    """A parameter of a compiled text (group 1 is its name), or what must not be searched for one."""
    tidy: Callable[[str], str] = lambda found: found
    """Applied to each such thing that is no parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One KPI of a job."""

    kpi: Kpi
    mode: str
    """range: one statement for all buckets; series: the same, seen from now; buckets: one a bucket, seen from its end;
    snapshot: the one row of the last bucket."""
    rows: Text
    where: Text
    """Which stored rows are replaced."""
    staged: Mapping[str, Text]
    """Statements by the name of the temporary table that they fill, where the engine wants that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The KPIs of one grain, and the expressions of its calendar."""

    grain: str
    until: Text
    """Where the bucket begins that has not ended, from kpictl_now."""
    back: Text
    """Where the buckets begin that are computed at every tick, from kpictl_until."""
    since: Text
    """The bucket that holds kpictl_since."""
    following: Text
    """Start of the bucket after the one that starts at kpictl_from."""
    last: Text
    """Start of the last bucket before kpictl_until."""
    spine: Text
    """start_time and bucket of each bucket in [kpictl_since, kpictl_until)."""
    stored: Text
    """The bucket up to which every KPI has values; NULL where there are none."""
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One job, or a part of a long one."""

    name: str
    procedure: str
    cron: str
    axes: Sequence[Axis]
    due: Text | None
    """Whether kpictl_now is in an hour of the schedule, in its zone; None: always."""

    @property
    def kpis(self) -> Sequence[str]:
        return [step.kpi.name for axis in self.axes for step in axis.steps]


def files(emission: Emission, words: Words, more: Callable[[Sequence[Script]], Files]) -> Files:
    """`jobs/NAME.sql` for each script, `manifest.json`, `README.md`, and what `more` adds."""
    scripts = _scripts(emission, words)
    settings = named(words.dialect).settings
    made: Files = {}
    for script in scripts:
        made[f"jobs/{script.name}.sql"] = emission.render(
            "job.sql.j2", header=emission.header, script=script, settings=settings, columns=_columns(words)
        )
    made |= more(scripts)
    there = {name for each in scripts for name in each.kpis}
    left_out = [kpi.name for kpi in emission.kpis if kpi.name not in there]
    made["manifest.json"] = json_document(
        {
            "made_by": list(emission.header),
            "project": emission.name,
            "timezone": emission.project.settings.timezone,
            "settings": dict(settings),
            "jobs": [
                {"name": each.name, "procedure": each.procedure, "cron": each.cron, "kpis": list(each.kpis)}
                for each in scripts
            ],
            "kpis": [about(step.kpi) for each in scripts for axis in each.axes for step in axis.steps],
            "left_out": left_out,
        }
    )
    made["README.md"] = emission.render(
        "README.md.j2", emission=emission, scripts=scripts, zone=emission.project.settings.timezone, left_out=left_out
    )
    return made


def of_either_day(cron: str) -> bool:
    """Whether a schedule ticks on days of the month and on days of the week, which most schedulers cannot say."""
    times = cron_times(cron)
    return not times.any_day and not times.any_weekday


def _columns(words: Words) -> Text:
    quote = named(words.dialect).quote
    return Text(", ".join(quote(column.name) for column in TABLES[1].columns))


def _scripts(emission: Emission, words: Words) -> Sequence[Script]:
    compiled = emission.answered(words.dialect)
    made = []
    for job in jobs(emission):
        names = [name for name in job.kpis if compiled[name].statement is not None]
        parts = [names[i : i + MOST] for i in range(0, len(names), MOST)]
        for number, part in enumerate(parts, 1):
            name = job.name if len(parts) == 1 else f"{job.name}-part-{number}"
            made.append(_script(emission, words, job, name, [compiled[each] for each in part]))
    return made


def _script(emission: Emission, words: Words, job: Job, name: str, nodes: Sequence[Compiled]) -> Script:
    by_grain: dict[Grain, list[Compiled]] = {}
    for node in nodes:
        if node.lowered is not None:
            by_grain.setdefault(node.lowered.grain, []).append(node)
    return Script(
        name=name,
        procedure="kpi_" + name.replace("-", "_"),
        cron=job.cron,
        axes=[_axis(emission, words, grain, found) for grain, found in by_grain.items()],
        due=_due(words, job.cron, emission.project.settings.timezone) if words.often(job.cron) else None,
    )


# -- the calendar


def _at(name: str) -> Param:
    return Param(name, TIMESTAMPTZ)


def _axis(emission: Emission, words: Words, grain: Grain, nodes: Sequence[Compiled]) -> Axis:
    project = emission.project
    again = 1 + max(_late(emission, node) for node in nodes)

    def said(scalar: Scalar) -> Text:
        return Text(_said(words, scalar))

    def moved(name: str, number: int) -> Scalar:
        if not buckets.is_dated(grain):
            return buckets.key(add(_at(name), micros=number * 3_600_000_000), grain)
        return buckets.start(buckets.next_key(buckets.key(_at(name), grain), grain, number), grain)

    names = ", ".join(words.literal.format(node.name) for node in nodes)
    quote = named(words.dialect).quote
    stored = (
        f"SELECT MIN(last_time) FROM (SELECT MAX({quote('time')}) AS last_time FROM kpi_metrics "
        f"WHERE grain = {words.literal.format(grain.unit)} AND kpi_name IN ({names}) GROUP BY kpi_name) AS known"
    )
    return Axis(
        grain=grain.unit,
        until=said(buckets.start(buckets.key(_at("now"), grain), grain)),
        back=said(moved("until", -again)),
        since=said(buckets.start(buckets.key(_at("since"), grain), grain)),
        following=said(moved("from", 1)),
        last=said(moved("until", -1)),
        spine=Text(_spine(words, grain)),
        stored=Text(stored),
        steps=[_step(words, grain, project.kpis[node.name], node) for node in nodes],
    )


def _late(emission: Emission, node: Compiled) -> int:
    """How many buckets before the last one rows may still change."""
    if node.lowered is None:
        return 0
    sources = timed_sources(emission.project, node.lowered, emission.project.kpis[node.name])
    hours = max((_hours(source.lateness.n, source.lateness.unit) for source in sources if source.lateness), default=0)
    return -(-hours // _BUCKET_HOURS.get(node.lowered.grain.unit, 365 * 24))


def _hours(n: int, unit: str) -> int:
    longest = {"second": 1, "minute": 1, "hour": 1, "day": 25, "week": 169, "month": 745, "quarter": 2209, "year": 8785}
    return -(-n // {"second": 3600, "minute": 60}.get(unit, 1)) * longest[unit]


@lru_cache(maxsize=256)
def _spine(words: Words, grain: Grain) -> str:
    given = spine(grain, asked(grain), "calendar_buckets", "key_of")
    starts = buckets.start(given.key, grain)
    outputs = (Output("start_time", starts), Output("bucket", _label(given.key, grain)))
    found = render(Query(Select(outputs, given.relation)), named(words.dialect), relations=lambda name: (name,)).sql
    return _with_variables(words, found, {"from": "since", "to": "until"})


def _label(key: Scalar, grain: Grain) -> Scalar:
    """What people call a bucket, as `Calendar.label` says it."""

    def part(of: Scalar, unit: str, digits: int) -> Scalar:
        return call("lpad", Cast(call("part", of, lit(unit)), TEXT), lit(digits), lit("0"))

    if grain.unit == "hour":
        wall = call("to_local", key, lit(grain.zone))
        offset = call("seconds_between", call("to_instant", wall, lit("UTC")), key)
        minutes = Cast(call("real_divide", call("abs", offset), lit(60)), INTEGER)
        hours, rest = call("int_divide", minutes, lit(60)), call("mod", minutes, lit(60))
        sign = Case(((call("lt", offset, lit(0)), lit("-")),), lit("+"), TEXT)
        day = call("date_of", wall)
        return call(
            "concat",
            call("format_time", day, lit("YYYY-MM-DD")),
            lit("T"),
            part(wall, "hour", 2),
            lit(":"),
            part(wall, "minute", 2),
            sign,
            call("lpad", Cast(hours, TEXT), lit(2), lit("0")),
            lit(":"),
            call("lpad", Cast(rest, TEXT), lit(2), lit("0")),
        )
    match grain.unit:
        case "day":
            return call("format_time", key, lit("YYYY-MM-DD"))
        case "week":
            middle = add(key, days=3)
            return call("concat", part(middle, "isoyear", 4), lit("-W"), part(middle, "week", 2))
        case "month":
            return call("concat", part(key, "year", 4), lit("-"), part(key, "month", 2))
        case "quarter":
            return call("concat", part(key, "year", 4), lit("-Q"), part(key, "quarter", 1))
        case "year":
            return part(key, "year", 4)
    # A fiscal year is named after the calendar year in which it ends.
    moved = add(key, -(grain.fiscal_start - 1))
    year = part(add(moved, 12 if grain.fiscal_start > 1 else 0), "year", 4)
    if grain.unit == "fiscal_year":
        return call("concat", lit("FY"), year)
    return call("concat", lit("FY"), year, lit("-Q"), part(moved, "quarter", 1))


def _due(words: Words, cron: str, zone: str) -> Text | None:
    """Whether an instant is in an hour at which the schedule ticks; minutes are the tick's."""
    times = cron_times(cron)
    wall = call("to_local", _at("now"), lit(zone))

    def among(unit: str, values: Iterable[int]) -> Scalar:
        return call("in_list", call("part", wall, lit(unit)), *(lit(value) for value in values))

    conditions = []
    if len(times.hours) < 24:
        conditions.append(among("hour", times.hours))
    if len(times.months) < 12:
        conditions.append(among("month", times.months))
    on_day, on_weekday = among("day", times.days), among("dow", times.weekdays)
    if times.any_day or times.any_weekday:
        conditions += [on_day] if len(times.days) < 31 else []
        conditions += [on_weekday] if len(times.weekdays) < 7 else []
    else:
        conditions.append(call("or", on_day, on_weekday))
    if not conditions:
        return None
    return Text(_predicate(words, call("and", *conditions) if len(conditions) > 1 else conditions[0]))


# -- rows


def _step(words: Words, grain: Grain, kpi: Kpi, node: Compiled) -> Step:
    lowered, statement = node.lowered, node.statement
    if lowered is None or statement is None:
        raise ValueError(f"{node.name} has no statement")
    texts = {"total": statement} if node.total is None else {"finest": statement, "total": node.total}
    said = {kind: Text(_with_variables(words, each.sql.rstrip().rstrip(";"))) for kind, each in texts.items()}
    reads_clock = any(each.name == "as_of" for one in texts.values() for each in one.parameters)
    mode = "range"
    if lowered.reading is Reading.SNAPSHOT:
        mode = "snapshot"
    elif lowered.reading in _SERIES:
        mode = "series"
    elif reads_clock:
        mode = "buckets"
    quote = named(words.dialect).quote
    time, begin, end = quote("time"), words.variable.format("from"), words.variable.format("to")
    if mode == "series":
        end = words.variable.format("until")
    literal = words.literal.format
    where = f"kpi_name = {literal(kpi.name)} AND grain = {literal(grain.unit)} AND {time} >= {begin} AND {time} < {end}"
    return Step(
        kpi=kpi,
        mode=mode,
        rows=Text(_rows(words, kpi, lowered, texts, said, begin, end)),
        where=Text(where),
        staged={} if "{}" in words.relation else said,
    )


def _rows(
    words: Words,
    kpi: Kpi,
    lowered: Lowered,
    texts: Mapping[str, Statement],
    said: Mapping[str, Text],
    begin: str,
    end: str,
) -> str:
    """The rows of `kpi_metrics`: of the total one a bucket, of combinations those that there are."""
    parts = []
    for kind, sql in sorted(said.items(), reverse=True):
        outputs = dict(texts[kind].columns)
        within = f"b.start_time >= {begin} AND b.start_time < {end}"
        meets = f"n.{named(words.dialect).quote('time')} = b.start_time" if "time" in outputs else within
        join = "JOIN" if kind == "finest" else "LEFT JOIN"
        relation = words.relation.format(sql) if "{}" in words.relation else words.relation.format(kind=kind)
        columns = ",\n  ".join(_row(words, kpi, lowered, outputs, kind))
        parts.append(
            f"SELECT\n  {columns}\nFROM {words.buckets} AS b\n{join} {relation} AS n ON {meets}\nWHERE {within}"
        )
    return "\nUNION ALL\n".join(parts)


def _row(words: Words, kpi: Kpi, lowered: Lowered, outputs: Mapping[str, Type], kind: str) -> Iterable[str]:
    quote = named(words.dialect).quote
    literal = words.literal.format
    value = words.finite.format(words.double.format(f"n.{quote('value')}"))
    found = f"n.{quote('time')} IS NOT NULL" if "time" in outputs else None
    status = f"CASE WHEN {value} IS NOT NULL THEN {literal('ok')}"
    if lowered.empty is not None and found and kind == "total":
        value = f"CASE WHEN {found} THEN {value} ELSE {lowered.empty} END"
        status = f"CASE WHEN {value} IS NOT NULL THEN {literal('ok')}"
    if lowered.has_denominator and "denominator" in outputs:
        nothing = f"COALESCE(n.{quote('denominator')}, 0) = 0" + (f" AND {found}" if found else "")
        status += f" WHEN {nothing} THEN {literal('no_denominator')}"
    text = literal("{}")
    if kind == "finest":
        text = _combination(words, {name: outputs[name] for name in sorted(lowered.dimensions)})
    yield "b.start_time"
    yield literal(kpi.name)
    yield value
    yield words.document.format(text)
    yield words.document.format(literal("{}"))
    yield literal(lowered.grain.unit)
    yield "b.bucket"
    yield words.hashed.format(text)
    yield f"{status} ELSE {literal('no_data')} END"
    yield literal(lowered.fingerprint)
    yield words.variable.format("run_id")
    yield words.variable.format("known_at")


def _combination(words: Words, dimensions: Mapping[str, Type]) -> str:
    """The canonical JSON of a combination, as text."""
    printed = expressions(named(words.dialect))
    parts = []
    for i, (name, type) in enumerate(dimensions.items()):
        column = Col(name, "n", type)
        member: Scalar = column if type.kind is Kind.TEXT else Cast(column, TEXT)
        shown = printed(member)
        if type.kind not in _BARE:
            shown = words.text.format(shown)
        begin = ("{" if i == 0 else ",") + f'"{name}":'
        parts += [words.literal.format(begin), f"COALESCE({shown}, {words.literal.format('null')})"]
    parts.append(words.literal.format("}"))
    return "(" + f" {words.joined} ".join(parts) + ")"


# -- text


@lru_cache(maxsize=1024)
def _said(words: Words, scalar: Scalar) -> str:
    """A scalar without columns, as the engine writes it."""
    found = render(Query(Select((Output("x", scalar),))), named(words.dialect), relations=lambda name: (name,)).sql
    expression, _, _ = found.removeprefix("SELECT").rpartition(" AS ")
    return _with_variables(words, expression.strip())


def _predicate(words: Words, condition: Scalar) -> str:
    """A condition, which some engines do not return as a value."""
    return f"({_said(words, Case(((condition, lit(1)),), lit(0), INTEGER))} = 1)"


def _with_variables(words: Words, sql: str, names: Mapping[str, str] | None = None) -> str:
    """A compiled text with the script's variables in the place of its parameters."""

    def variable(name: str) -> str:
        return words.variable.format((names or {}).get(name, name))

    def replaced(found: re.Match[str]) -> str:
        if found[1]:
            return variable(found[1])
        return "%" if found[0] == "%%" else words.tidy(found[0])

    return re.sub(words.mark, replaced, sql, flags=re.DOTALL)
