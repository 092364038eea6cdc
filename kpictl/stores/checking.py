"""`store check`: rows that contradict each other, and what may be mended.

Rows that are wrong go to the history, their buckets leave the ledger, and the next run computes them again from the source.
Nothing is thrown away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from kpictl.model.calendar import Calendar, calendar
from kpictl.model.store_schema import VALUE_COLUMNS
from kpictl.plan.state import Range, merged
from kpictl.records import dataclass
from kpictl.stores.canonical import canonical, dimensions_key, loads
from kpictl.stores.keeper import Keeper, ask
from kpictl.stores.ledger import utc

_NAMES = ", ".join(column.name for column in VALUE_COLUMNS)
_KEY = "kpi_name, grain, time, dimensions_key"
_DOUBLE = "CAST('{}' AS DOUBLE PRECISION)"
_NO_NUMBERS = ", ".join(_DOUBLE.format(each) for each in ("NaN", "Infinity", "-Infinity"))
_WRONG = f"(status NOT IN ('suppressed', 'partial', 'no_denominator', 'no_data', 'ok') OR kpi_value IN ({_NO_NUMBERS}))"
_PLAIN_UNITS = ("hour", "day", "month")
"""Units whose buckets the zone alone decides."""
_DENSE = ("measure", "ratio", "expr", "cumulative")
"""Kinds whose total has a row in every bucket."""


class Kind(Enum):
    TWICE = "stored twice"
    KEY = "whose key does not belong to their dimensions"
    VALUE = "with a status or a value that there is not"
    BUCKET = "that begin where no bucket begins"
    DEFINITION = "of a definition that the store does not know"
    RANGES = "ranges of the ledger that overlap, touch or are empty"
    LEDGER = "ranges of the ledger of a definition that the store does not know"
    HOLE = "buckets that are noted as done and have no value"
    HISTORY = "values whose history is out of order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of contradiction in one KPI's rows."""

    kind: Kind
    kpi: str
    grain: str
    number: int
    times: tuple[datetime, ...] = ()
    """The buckets that it is in, as far as they must be computed again."""
    where: str = ""
    values: tuple[object, ...] = ()
    """Which rows of kpi_metrics are wrong, as a condition with its parameters."""

    def message(self) -> str:
        what = {Kind.RANGES: "", Kind.LEDGER: "", Kind.HOLE: "", Kind.HISTORY: ""}.get(self.kind, "values ")
        since = f", the first {self.times[0].isoformat().replace('+00:00', 'Z')}" if self.times else ""
        return f"{self.kpi} ({self.grain}): {self.number:,} {what}{self.kind.value}{since}"


def check(store: Keeper) -> tuple[Fault, ...]:
    """All contradictions, by KPI. Raises `Refused` where the store cannot be read at all."""
    with store.looking() as session:
        if session is None:
            return ()
        found = [*_rows(store, session), *_ledger(store, session), *_history(store, session)]
    return tuple(sorted(found, key=lambda each: (each.kpi, each.grain, each.kind.name)))


def mend(store: Keeper, faults: Sequence[Fault], now: datetime) -> tuple[str, ...]:
    """Puts wrong rows into the history and takes their buckets out of the ledger; the KPIs to run again."""
    with store.changing() as session:
        for fault in faults:
            if fault.where:
                moved = f"INSERT INTO kpi_metrics_history ({_NAMES}, superseded_at) SELECT {_NAMES}, "
                # One that was never the value is kept with a life of no length.
                at = "known_at" if fault.kind is Kind.TWICE else "greatest(known_at, CAST(? AS TIMESTAMPTZ))"
                given = fault.values if fault.kind is Kind.TWICE else (now, *fault.values)
                ask(store, session, f"{moved}{at} FROM kpi_metrics WHERE {fault.where}", *given)
                ask(store, session, f"DELETE FROM kpi_metrics WHERE {fault.where}", *fault.values)
            if fault.kind is Kind.HISTORY:
                _order_history(store, session, fault)
        for kpi, grain in dict.fromkeys((each.kpi, each.grain) for each in faults):
            _forget(store, session, kpi, grain, [each for each in faults if (each.kpi, each.grain) == (kpi, grain)])
    again = (each.kpi for each in faults if each.kind not in (Kind.RANGES, Kind.HISTORY))
    return tuple(dict.fromkeys(again))


def _rows(store: Keeper, session: Any) -> Iterator[Fault]:
    def fault(kind: Kind, kpi: str, grain: str, number: int, where: str, *values: object) -> Fault:
        text = f"SELECT DISTINCT time FROM kpi_metrics WHERE {where} ORDER BY time"
        times = tuple(utc(at) for (at,) in ask(store, session, text, *values))
        return Fault(kind=kind, kpi=kpi, grain=grain, number=number, times=times, where=where, values=values)

    mine = "kpi_name = ? AND grain = ?"
    if store.dialect == "duckdb":  # elsewhere a unique index forbids it
        more = f"rowid NOT IN (SELECT arg_max(rowid, known_at) FROM kpi_metrics GROUP BY {_KEY})"
        for kpi, grain, number in _counted(store, session, more):
            yield fault(Kind.TWICE, kpi, grain, number, f"{mine} AND {more}", kpi, grain)
    for kpi, grain, number in _counted(store, session, _WRONG):
        yield fault(Kind.VALUE, kpi, grain, number, f"{mine} AND {_WRONG}", kpi, grain)
    text = "CAST(dimensions AS VARCHAR)"
    keys = f"SELECT kpi_name, grain, dimensions_key, {text}, count(*) FROM kpi_metrics GROUP BY 1, 2, 3, 4"
    for kpi, grain, key, members, number in ask(store, session, keys):
        if dimensions_key(canonical(loads(members))) != key:
            where = f"{mine} AND dimensions_key = ? AND {text} = ?"
            yield fault(Kind.KEY, kpi, grain, number, where, kpi, grain, key, members)
    unknown = (
        "SELECT kpi_name, grain, definition, count(*) FROM kpi_metrics AS m WHERE NOT EXISTS (SELECT 1 FROM kpi_definitions "
        "AS d WHERE d.kpi_name = m.kpi_name AND d.definition = m.definition AND d.grain = m.grain) GROUP BY 1, 2, 3"
    )
    for kpi, grain, definition, number in ask(store, session, unknown):
        yield fault(Kind.DEFINITION, kpi, grain, number, f"{mine} AND definition = ?", kpi, grain, definition)
    for kpi, grain, wrong, number in _misplaced(store, session):
        where = f"{mine} AND time IN ({', '.join('?' * len(wrong))})"
        yield fault(Kind.BUCKET, kpi, grain, number, where, kpi, grain, *wrong)


def _counted(store: Keeper, session: Any, where: str) -> list[tuple[Any, ...]]:
    return ask(store, session, f"SELECT kpi_name, grain, count(*) FROM kpi_metrics WHERE {where} GROUP BY 1, 2")


def _misplaced(store: Keeper, session: Any) -> Iterator[tuple[str, str, list[datetime], int]]:
    """KPIs with rows that begin inside a bucket of their definition's zone."""
    seen: dict[tuple[str, str, datetime], bool] = {}
    wrong: dict[tuple[str, str], dict[datetime, int]] = {}
    text = (
        "SELECT m.kpi_name, m.grain, d.zone, m.time, count(*) FROM kpi_metrics AS m JOIN kpi_definitions AS d ON d.kpi_name = "
        "m.kpi_name AND d.definition = m.definition AND d.grain = m.grain GROUP BY 1, 2, 3, 4"
    )
    for kpi, grain, zone, at, number in ask(store, session, text):
        at = utc(at)
        if grain not in _PLAIN_UNITS:
            continue
        place = (zone, grain, at)
        if place not in seen:
            seen[place] = calendar(zone).floor(at, grain) == at
        if not seen[place]:
            wrong.setdefault((kpi, grain), {})[at] = number
    for (kpi, grain), found in wrong.items():
        yield kpi, grain, sorted(found), sum(found.values())


def _ledger(store: Keeper, session: Any) -> Iterator[Fault]:
    known = {
        (kpi, grain, definition): (zone, json.loads(body or "{}").get("kind"))
        for kpi, grain, definition, zone, body in ask(
            store, session, "SELECT kpi_name, grain, definition, zone, CAST(body AS VARCHAR) FROM kpi_definitions"
        )
    }
    ranges: dict[tuple[str, str, str], list[Range]] = {}
    for kpi, grain, definition, start, stop in ask(
        store, session, "SELECT kpi_name, grain, definition, start_time, end_time FROM kpi_intervals"
    ):
        ranges.setdefault((kpi, grain, definition), []).append((utc(start), utc(stop)))
    totals: dict[tuple[str, str], set[datetime]] = {}
    for kpi, grain, at in ask(
        store, session, "SELECT kpi_name, grain, time FROM kpi_metrics WHERE dimensions_key = ?", dimensions_key("{}")
    ):
        totals.setdefault((kpi, grain), set()).add(utc(at))
    for (kpi, grain, definition), found in ranges.items():
        if (kpi, grain, definition) not in known:
            yield Fault(kind=Kind.LEDGER, kpi=kpi, grain=grain, number=len(found), times=_starts(found))
            continue
        if sorted(found) != list(merged(found)):
            yield Fault(kind=Kind.RANGES, kpi=kpi, grain=grain, number=len(found))
        zone, kind = known[kpi, grain, definition]
        if kind in _DENSE and grain in _PLAIN_UNITS:
            missing = _missing(calendar(zone), grain, found, totals.get((kpi, grain), set()))
            if missing:
                yield Fault(kind=Kind.HOLE, kpi=kpi, grain=grain, number=len(missing), times=missing)


def _starts(ranges: Sequence[Range]) -> tuple[datetime, ...]:
    return tuple(sorted(start for start, _ in ranges))


def _missing(of: Calendar, unit: str, ranges: Sequence[Range], there: set[datetime]) -> tuple[datetime, ...]:
    """Buckets of the ranges without a value. What is before the first value is past its retention."""
    first = min(there, default=None)
    found = (at for start, stop in merged(list(ranges)) for at in of.spine(start, stop, unit))
    return tuple(at for at in found if at not in there and (first is None or at > first))


def _history(store: Keeper, session: Any) -> Iterator[Fault]:
    among = (
        "SELECT kpi_name, grain, count(*) FROM (SELECT kpi_name, grain, known_at, superseded_at, lead(known_at) OVER "
        f"(PARTITION BY {_KEY} ORDER BY known_at, superseded_at) AS then FROM kpi_metrics_history) AS h "
        "WHERE superseded_at < known_at OR then < superseded_at GROUP BY 1, 2"
    ).replace("then", "following")
    beside = (
        f"SELECT m.kpi_name, m.grain, count(*) FROM kpi_metrics AS m JOIN kpi_metrics_history AS h USING ({_KEY}) "
        "WHERE h.superseded_at > m.known_at GROUP BY 1, 2"
    ).replace("m.kpi_name, m.grain", "kpi_name, grain")
    counts: dict[tuple[str, str], int] = {}
    for text in (among, beside):
        for kpi, grain, number in ask(store, session, text):
            counts[kpi, grain] = counts.get((kpi, grain), 0) + number
    for (kpi, grain), number in counts.items():
        yield Fault(kind=Kind.HISTORY, kpi=kpi, grain=grain, number=number)


def _order_history(store: Keeper, session: Any, fault: Fault) -> None:
    """Each old value ends where the next begins, and not before it began."""
    same = " AND ".join(f"n.{name} = kpi_metrics_history.{name}" for name in _KEY.split(", "))
    following = (
        f"(SELECT min(n.known_at) FROM (SELECT {_KEY}, known_at FROM kpi_metrics UNION ALL SELECT {_KEY}, known_at FROM "
        f"kpi_metrics_history) AS n WHERE {same} AND n.known_at > kpi_metrics_history.known_at)"
    )
    text = (
        f"UPDATE kpi_metrics_history SET superseded_at = greatest(known_at, least(superseded_at, {following})) "
        "WHERE kpi_name = ? AND grain = ?"
    )
    ask(store, session, text, fault.kpi, fault.grain)


def _forget(store: Keeper, session: Any, kpi: str, grain: str, faults: Sequence[Fault]) -> None:
    """Writes the KPI's ranges anew, joined, without those buckets and without definitions that are not known."""
    mine = "WHERE kpi_name = ? AND grain = ?"
    rows = ask(store, session, f"SELECT start_time, end_time, definition, run_id FROM kpi_intervals {mine}", kpi, grain)
    zones = dict(ask(store, session, f"SELECT definition, zone FROM kpi_definitions {mine}", kpi, grain))
    times = sorted({at for each in faults if each.kind is not Kind.LEDGER for at in each.times})
    ask(store, session, f"DELETE FROM kpi_intervals {mine}", kpi, grain)
    for definition, zone in zones.items():
        own = [(utc(start), utc(stop), run) for start, stop, which, run in rows if which == definition]
        of = calendar(zone)
        gaps = [(of.floor(at, grain), of.next(at, grain)) for at in times]
        for start, stop in _without([(start, stop) for start, stop, _ in own], gaps):
            ask(
                store,
                session,
                "INSERT INTO kpi_intervals (kpi_name, grain, start_time, end_time, definition, run_id) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                *(kpi, grain, start, stop, definition, own[-1][2]),
            )


def _without(ranges: list[Range], gaps: Sequence[Range]) -> tuple[Range, ...]:
    left = list(merged(ranges))
    for low, high in gaps:
        parts = [part for start, stop in left for part in ((start, min(stop, low)), (max(start, high), stop))]
        left = [(start, stop) for start, stop in parts if start < stop]
    return tuple(left)
