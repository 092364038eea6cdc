"""The ledger's rows: what every store reads its state from and writes beside the values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from kpictl.plan.state import Done, Range, StoreState, merged
from kpictl.stores.canonical import loads
from kpictl.stores.store import Batch, RunRecord, StoredValue

_Key = tuple[str, str, str]


def utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def state_of(definitions: Iterable[Sequence[Any]], intervals: Iterable[Sequence[Any]]) -> StoreState:
    """From (kpi, grain, definition, first bucket) and (kpi, grain, definition, start, end)."""
    begins = {(k, g, d): utc(at) for k, g, d, at in definitions}
    ranges: dict[_Key, list[Range]] = {key: [] for key in begins}
    for kpi, grain, definition, start, stop in intervals:
        ranges.setdefault((kpi, grain, definition), []).append((utc(start), utc(stop)))
    return StoreState(
        done={key: Done(ranges=merged(found), first_bucket=begins.get(key)) for key, found in ranges.items()}
    )


def interval_rows(batches: Sequence[Batch], known: Iterable[Sequence[Any]], run_id: str) -> list[tuple[Any, ...]]:
    """All rows of the batches' KPIs. Ranges of an earlier definition or grain are no longer done: they will be replaced."""
    ranges: dict[_Key, list[Range]] = {}
    for batch in batches:
        ranges.setdefault((batch.kpi, batch.grain, batch.definition), []).extend(batch.done)
    for kpi, grain, definition, start, stop in known:
        if (kpi, grain, definition) in ranges:
            ranges[kpi, grain, definition].append((utc(start), utc(stop)))
    return [(k, g, start, stop, d, run_id) for (k, g, d), found in ranges.items() for start, stop in merged(found)]


def definition_rows(
    batches: Sequence[Batch], seen: Iterable[Sequence[Any]], known_at: datetime
) -> list[tuple[Any, ...]]:
    """Rows of definitions that the store has not seen."""
    new = {(b.kpi, b.grain, b.definition): b for b in batches}
    for key in seen:
        new.pop((key[0], key[1], key[2]), None)
    return [(b.kpi, b.definition, b.grain, b.zone, b.first_bucket, b.body, known_at) for b in new.values()]


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
    """The values of each KPI's last so many buckets."""
    times: dict[str, set[datetime]] = {}
    for value in values:
        times.setdefault(value.kpi, set()).add(value.time)
    since = {kpi: sorted(found)[-number:][0] for kpi, found in times.items()}
    return [value for value in values if value.time >= since[value.kpi]]
