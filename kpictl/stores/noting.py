"""What every store notes beside the values, in SQL that DuckDB and PostgreSQL both read: the ledger, definitions, names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from kpictl.plan.state import StoreState
from kpictl.stores.ledger import (
    AUDITED,
    LAST_RUNS,
    audit_rows,
    changed_bodies,
    definition_rows,
    interval_rows,
    run_rows,
    runs_of,
    state_of,
    utc,
)
from kpictl.stores.store import Batch, RunRecord

_NAMED = "kpi_name IN (SELECT unnest(CAST(? AS VARCHAR[])))"
_BY_NAME = ("kpi_metrics", "kpi_metrics_history", "kpi_intervals", "kpi_definitions", "kpi_runs", "kpi_seen")


class Ask(Protocol):
    """Runs a statement whose parameters are written `?`; its rows."""

    def __call__(self, text: str, *values: object) -> list[tuple[Any, ...]]: ...


class Append(Protocol):
    """Appends rows to a table."""

    def __call__(self, table: str, rows: list[tuple[Any, ...]]) -> None: ...


def note_done(ask: Ask, append: Append, batches: Sequence[Batch], run_id: str, known_at: datetime) -> None:
    """Merges the ledger, and notes definitions that are new, have other words, or begin earlier than before.

    Ranges of an earlier definition or grain are no longer done: their values will be replaced.
    """
    names = list({batch.kpi for batch in batches})
    known = ask(f"SELECT kpi_name, grain, definition, start_time, end_time FROM kpi_intervals WHERE {_NAMED}", names)
    ask(f"DELETE FROM kpi_intervals WHERE {_NAMED}", names)
    append("kpi_intervals", interval_rows(batches, known, run_id))
    seen = ask(
        f"SELECT kpi_name, grain, definition, CAST(body AS VARCHAR), first_bucket FROM kpi_definitions WHERE {_NAMED}",
        names,
    )
    of = "kpi_name = ? AND grain = ? AND definition = ?"
    for changed in changed_bodies(batches, [row[:4] for row in seen]):
        ask(f"UPDATE kpi_definitions SET body = ? WHERE {of}", *changed)
    first = {(b.kpi, b.grain, b.definition): b.first_bucket for b in batches}
    for kpi, grain, definition, _, before in seen:
        now = first.get((kpi, grain, definition))
        if now is not None and now < utc(before):
            ask(f"UPDATE kpi_definitions SET first_bucket = ? WHERE {of}", now, kpi, grain, definition)
    append("kpi_definitions", definition_rows(batches, [row[:4] for row in seen], known_at))
    looked = {b.kpi: (b.kpi, b.grain, b.definition, b.evidence, run_id) for b in batches if b.evidence is not None}
    if looked:
        ask(f"DELETE FROM kpi_seen WHERE {_NAMED}", list(looked))
        append("kpi_seen", list(looked.values()))


def read_state(ask: Ask, text: Callable[[str], str] = str) -> StoreState:
    """The ledger, by KPI, grain and definition; `text` makes canonical JSON of what the store says of an object."""
    first = ask(
        "SELECT kpi_name, grain, definition, first_bucket, CAST(body AS VARCHAR), known_at FROM kpi_definitions"
    )
    rows = ask("SELECT kpi_name, grain, definition, start_time, end_time FROM kpi_intervals")
    return state_of([(*row[:4], text(row[4]), row[5]) for row in first], rows, seen(ask))


def read_runs(ask: Ask, last: int) -> list[RunRecord]:
    """What the last so many runs did, newest first, by KPI."""
    rows = ask(LAST_RUNS.format(last="?"), last)
    audited = ask(AUDITED.format(since="?"), min(row[4] for row in rows)) if rows else []
    return runs_of(rows, audited)


def note_runs(append: Append, records: Sequence[RunRecord]) -> None:
    """What a run did with each KPI, and who asked for it."""
    append("kpi_runs", run_rows(records))
    append("kpi_audit", audit_rows(records))


def seen(ask: Ask) -> list[tuple[Any, ...]]:
    """(kpi, grain, definition, evidence) of what was seen; nothing in a store of an earlier version."""
    there = ask(
        "SELECT count(*) FROM information_schema.tables "
        "WHERE table_name = 'kpi_seen' AND table_schema = current_schema()"
    )
    return ask("SELECT kpi_name, grain, definition, evidence FROM kpi_seen") if there[0][0] else []


def drop_expired(ask: Ask, batches: Sequence[Batch]) -> None:
    """Deletes what is past its KPI's retention."""
    for kpi, keep in {b.kpi: b.keep_from for b in batches if b.keep_from is not None}.items():
        for table in ("kpi_metrics", "kpi_metrics_history"):
            ask(f"DELETE FROM {table} WHERE kpi_name = ? AND time < ?", kpi, keep)


def rename(ask: Ask, names: Mapping[str, str]) -> None:
    """All that is kept of KPIs under their new names, by old one; nothing where the new one has values."""
    for old, new in names.items():
        if ask("SELECT 1 FROM kpi_definitions WHERE kpi_name = ? LIMIT 1", new):
            continue
        for table in _BY_NAME:
            ask(f"UPDATE {table} SET kpi_name = ? WHERE kpi_name = ?", new, old)
