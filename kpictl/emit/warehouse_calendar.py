"""The buckets of a warehouse's job as expressions of its engine: which are due, where each begins, what it is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from kpictl.dialects import named
from kpictl.dialects.render import render
from kpictl.emit.emitter import Emission
from kpictl.emit.literals import Text
from kpictl.emit.warehouse_words import Words, at, predicate, said, with_variables
from kpictl.ir.query import Output, Query, Select
from kpictl.ir.relations import Grain, Span
from kpictl.ir.scalars import Case, Cast, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import add, call, lit
from kpictl.model.cron import cron_times
from kpictl.model.durations import Duration
from kpictl.model.types import INTEGER, TEXT
from kpictl.passes.bounds import asked
from kpictl.passes.spine import spine
from kpictl.plan.compiled import Compiled
from kpictl.plan.timed import timed_sources
from kpictl.records import dataclass

_BUCKET_HOURS = {"hour": 1, "day": 24, "week": 168, "month": 28 * 24, "quarter": 90 * 24, "fiscal_quarter": 90 * 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The expressions of one grain."""

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


def calendar_of(emission: Emission, words: Words, grain: Grain, nodes: Sequence[Compiled]) -> Calendar:
    """The calendar of KPIs of a grain, which are computed together."""
    again = 1 + max(_late(emission, node) for node in nodes)

    def text(scalar: Scalar) -> Text:
        return Text(said(words, scalar))

    def moved(name: str, number: int) -> Scalar:
        if not buckets.is_dated(grain):
            return buckets.key(add(at(name), micros=number * 3_600_000_000), grain)
        return buckets.start(buckets.next_key(buckets.key(at(name), grain), grain, number), grain)

    names = ", ".join(words.literal.format(node.name) for node in nodes)
    stored = (
        f"SELECT MIN(last_time) FROM (SELECT MAX({words.quoted('time')}) AS last_time FROM kpi_metrics "
        f"WHERE grain = {words.literal.format(grain.unit)} AND kpi_name IN ({names}) GROUP BY kpi_name) AS known"
    )
    return Calendar(
        grain=grain.unit,
        until=text(buckets.start(buckets.key(at("now"), grain), grain)),
        back=text(moved("until", -again)),
        since=text(buckets.start(buckets.key(at("since"), grain), grain)),
        following=text(moved("from", 1)),
        last=text(moved("until", -1)),
        spine=Text(_spine(words, grain)),
        stored=Text(stored),
    )


@lru_cache(maxsize=1024)
def kept_since(words: Words, retention: Duration, zone: str) -> str:
    """The instant before which nothing is kept, seen from when the job runs; of days and longer, where a day begins."""
    if retention.unit in ("second", "minute", "hour"):
        return said(words, add(at("known_at"), micros=-(retention.seconds or 0) * 1_000_000))
    date = buckets.back(buckets.local_date(at("known_at"), zone), Span(retention.n, retention.unit))
    return said(words, buckets.date_start(date, zone))


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
    return with_variables(words, found, {"from": "since", "to": "until"})


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


def due(words: Words, cron: str, zone: str) -> Text | None:
    """Whether an instant is in an hour at which the schedule ticks; minutes are the tick's."""
    times = cron_times(cron)
    wall = call("to_local", at("now"), lit(zone))

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
    return Text(predicate(words, call("and", *conditions) if len(conditions) > 1 else conditions[0]))
