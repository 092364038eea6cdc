"""The ledger's rows: what every store reads its state from and writes beside the values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kpictl.plan.state import Done, Range, StoreState, merged
from kpictl.stores.canonical import canonical, loads
from kpictl.stores.store import Asker, Batch, RunRecord, StoredValue

_Key = tuple[str, str, str]


def utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def state_of(
    definitions: Iterable[Sequence[Any]], intervals: Iterable[Sequence[Any]], seen: Iterable[Sequence[Any]] = ()
) -> StoreState:
    """From (kpi, grain, definition, first bucket, body, known at), (kpi, grain, definition, start, end) and
    (kpi, grain, definition, evidence)."""
    evidence = {(k, g, d): text for k, g, d, text in seen}
    known = {
        (k, g, d): Done(first_bucket=utc(first), body=body, known_at=utc(at), evidence=evidence.get((k, g, d)))
        for k, g, d, first, body, at in definitions
    }
    ranges: dict[_Key, list[Range]] = {key: [] for key in known}
    for kpi, grain, definition, start, stop in intervals:
        ranges.setdefault((kpi, grain, definition), []).append((utc(start), utc(stop)))
    return StoreState(
        done={key: replace(known.get(key, Done()), ranges=merged(found)) for key, found in ranges.items()}
    )


def interval_rows(batches: Sequence[Batch], known: Iterable[Sequence[Any]], run_id: str) -> list[tuple[Any, ...]]:
    """All rows of the batches' KPIs. Ranges of an earlier definition or grain are no longer done: they will be replaced.

    What is past the KPI's retention leaves the ledger with its values.
    """
    ranges: dict[_Key, list[Range]] = {}
    for batch in batches:
        ranges.setdefault((batch.kpi, batch.grain, batch.definition), []).extend(batch.done)
    for kpi, grain, definition, start, stop in known:
        if (kpi, grain, definition) in ranges:
            ranges[kpi, grain, definition].append((utc(start), utc(stop)))
    keep = {(b.kpi, b.grain): b.keep_from for b in batches if b.keep_from is not None}
    return [
        (k, g, max(start, keep.get((k, g), start)), stop, d, run_id)
        for (k, g, d), found in ranges.items()
        for start, stop in merged(found)
        if stop > keep.get((k, g), start)
    ]


def definition_rows(
    batches: Sequence[Batch], seen: Iterable[Sequence[Any]], known_at: datetime
) -> list[tuple[Any, ...]]:
    """Rows of definitions that the store has not seen."""
    new = {(b.kpi, b.grain, b.definition): b for b in batches}
    for key in seen:
        new.pop((key[0], key[1], key[2]), None)
    return [(b.kpi, b.definition, b.grain, b.zone, b.first_bucket, b.body, known_at) for b in new.values()]


def changed_bodies(batches: Sequence[Batch], seen: Iterable[Sequence[Any]]) -> list[tuple[str, str, str, str]]:
    """(body, kpi, grain, definition) of definitions whose words are others than those that the store has seen."""
    new = {(b.kpi, b.grain, b.definition): b.body for b in batches}
    found = []
    for kpi, grain, definition, body in seen:
        now = new.get((kpi, grain, definition))
        if now is not None and now != body and loads(now) != loads(body):
            found.append((now, kpi, grain, definition))
    return found


def audit_rows(records: Sequence[RunRecord]) -> list[tuple[Any, ...]]:
    """Who asked for each run, with what."""
    asked = {r.run_id: (r.started_at, r.asked, r.as_of) for r in records}
    return [
        (at, who.who, "run", canonical({"run_id": run_id, "version": who.version, "as_of": as_of, **who.options}))
        for run_id, (at, who, as_of) in asked.items()
        if who is not None
    ]


def runs_of(rows: Iterable[Sequence[Any]], audited: Iterable[Sequence[Any]]) -> list[RunRecord]:
    """From rows of kpi_runs and (who, details) of kpi_audit."""
    known: dict[str, Asker] = {}
    for who, details in audited:
        options = dict(loads(details))
        run_id, version = options.pop("run_id", ""), options.pop("version", "")
        options.pop("as_of", None)
        known[run_id] = Asker(who=who, version=version, options=options)
    return [
        RunRecord(
            run_id=run_id,
            kpi=kpi,
            status=status,
            as_of=utc(as_of),
            started_at=utc(started),
            seconds=seconds,
            buckets=buckets,
            written=written,
            message=message,
            asked=known.get(run_id),
        )
        for run_id, kpi, status, as_of, started, seconds, buckets, written, message in rows
    ]


LAST_RUNS = """
SELECT run_id, kpi_name, status, as_of, started_at, seconds, buckets, written, message FROM kpi_runs
WHERE run_id IN (
    SELECT run_id FROM kpi_runs GROUP BY run_id ORDER BY max(started_at) DESC, run_id LIMIT {last}
) ORDER BY started_at DESC, run_id, kpi_name
"""
"""The rows of the last runs, newest first; `audited` has who asked for them."""
AUDITED = "SELECT who, details FROM kpi_audit WHERE action = 'run' AND asked_at >= {since}"


def run_rows(records: Sequence[RunRecord]) -> list[tuple[Any, ...]]:
    return [
        (r.run_id, r.kpi, r.status, r.as_of, r.started_at, r.seconds, r.buckets, r.written, r.message) for r in records
    ]


def stored_value(row: Sequence[Any]) -> StoredValue:
    """From a row of the value columns; documents are texts."""
    at, kpi, value, dimensions, metadata, grain, bucket, _, status, definition, run_id, known_at = row
    return StoredValue(
        time=utc(at),
        bucket=bucket,
        kpi=kpi,
        value=value,
        dimensions=loads(dimensions),
        grain=grain,
        status=status,
        metadata=loads(metadata),
        definition=definition,
        run_id=run_id,
        known_at=utc(known_at),
    )


def last_buckets(values: list[StoredValue], number: int) -> list[StoredValue]:
    """The values of each KPI's last so many buckets, at each grain."""
    times: dict[tuple[str, str], set[datetime]] = {}
    for value in values:
        times.setdefault((value.kpi, value.grain), set()).add(value.time)
    since = {of: sorted(found)[-number:][0] for of, found in times.items()}
    return [value for value in values if value.time >= since[value.kpi, value.grain]]
