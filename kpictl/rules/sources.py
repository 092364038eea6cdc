"""Rules about sources: their time, their columns, and what they promise about their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpictl.diagnostics import Diagnostic, Label, Place, Refused, Severity, did_you_mean
from kpictl.kinds.watermark import watermark_query
from kpictl.model.kpis import MeasureSpec
from kpictl.model.sources import HistoryKind, Source
from kpictl.model.types import Kind
from kpictl.rules.facts import Fact
from kpictl.rules.rule import Checked, Rule, WholeRule

_QUERY = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)


class UnknownSourceColumn(Rule):
    """A source or measure names a column that the source does not declare.

    ## What it does
    Looks up `time`, `key`, `history.valid`, `updated_at` and `ingest.cursor` of every source that declares its columns,
    and the `entity` of every measure.

    ## Why it matters
    A key or a time that does not exist is found by the engine only, in the middle of a run.

    ## Example
    ```yaml
    sources:
      orders: {time: createdat, columns: {id: bigint, created_at: timestamptz}}
    ```

    ## Use instead
    One of the declared columns, or declare the one that is missing.
    """

    code = "KPI157"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source in project.project.sources.values():
            if source.columns:
                for name, place in _named_columns(source):
                    yield from self._unknown(name, place, source, source.name)
        for kpi in project.kpis:
            spec = kpi.spec
            if type(spec) is MeasureSpec and spec.entity is not None:
                read = project.project.sources.get(spec.source)
                if read is not None and read.columns:
                    yield from self._unknown(spec.entity, kpi.place.child("entity"), read, kpi.name)

    def _unknown(self, name: str, place: Place, source: Source, node: str) -> Iterator[Diagnostic]:
        if source.column(name) is None:
            near = did_you_mean(name, [column.name for column in source.columns])
            yield self.at(
                place,
                f"`{source.name}` has no column `{name}`",
                label="not declared",
                others=[Label(place=source.place.child("columns").key(), text="its columns")],
                help=[f"did you mean `{near[0]}`?"] if near else [f"declare it under `columns:` of `{source.name}`"],
                node=node,
            )


class UpdatedAtNotTemporal(Rule):
    """The column that proves what changed is no time.

    ## What it does
    Checks the declared types of `updated_at` and of `ingest.cursor`: a time, and for the cursor also a number.

    ## Why it matters
    Rows are compared with the time of the last run; a text would be compared letter by letter.

    ## Example
    ```yaml
    sources:
      orders: {updated_at: status, columns: {status: text}}
    ```

    ## Use instead
    A date or timestamp column that every change of a row moves forward.
    """

    code = "KPI255"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source in project.project.sources.values():
            cursor = source.ingest.cursor if source.ingest is not None else None
            for name, keys, numbers in (
                (source.updated_at, ("updated_at",), False),
                (cursor, ("ingest", "cursor"), True),
            ):
                column = source.column(name) if name is not None else None
                if column is None or column.type.is_temporal or column.type.kind is Kind.UNKNOWN:
                    continue
                if not (numbers and column.type.is_numeric):
                    yield self.at(
                        source.place.child(*keys),
                        f"`{column.name}` is {column.type}, which does not tell when",
                        label="no date or timestamp",
                        others=[Label(place=column.place, text="declared here")],
                        node=source.name,
                    )


class UselessZone(Rule):
    """A source's `timezone:` has nothing to act on.

    ## What it does
    Reports `timezone:` on a source all of whose declared columns are instants, dates or no times at all.

    ## Why it matters
    The zone is for naive timestamps only. On others it changes nothing, though it reads as if it did.

    ## Example
    ```yaml
    sources:
      orders: {time: at, timezone: Asia/Tokyo, columns: {at: timestamptz}}
    ```

    ## Use instead
    Nothing; the zone in which days are cut is the project's.
    """

    code = "KPI257"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source in project.project.sources.values():
            if source.timezone is None or not source.columns:
                continue
            if not any(column.type.kind in (Kind.TIMESTAMP, Kind.UNKNOWN, Kind.JSON) for column in source.columns):
                yield self.at(
                    source.place.child("timezone"),
                    f"`timezone:` of `{source.name}` changes nothing: it has no naive timestamp",
                    label="no effect",
                    help=["the zone in which days are cut is `timezone:` of kpi_project.yml"],
                    node=source.name,
                )


class AppendWithoutTime(Rule):
    """A source keeps its rows, but not when they happened.

    ## What it does
    Reports `history: append` without `time:`.

    ## Why it matters
    Rows that stay can only be told by their event time; without it every value is a count of everything so far.

    ## Example
    ```yaml
    sources:
      orders: {history: append, columns: {id: bigint, created_at: timestamptz}}
    ```

    ## Use instead
    Name the `time:`, or say `history: current` when rows change in place.
    """

    code = "KPI258"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source in project.project.sources.values():
            if source.history.kind is HistoryKind.APPEND and source.time is None:
                times = [column.name for column in source.columns if column.type.is_temporal]
                yield self.at(
                    source.place.child("history"),
                    f"`{source.name}` appends rows, but has no `time:`",
                    label="by which time?",
                    help=[f"add `time: {times[0]}`"] if times else ["add `time:`, or say `history: current`"],
                    node=source.name,
                )


class LatenessBeyondRetention(Rule):
    """Rows may arrive after the source has been purged.

    ## What it does
    Compares a source's `lateness:` with its `retention:`.

    ## Why it matters
    Intervals within the lateness are computed again each run, from rows that are gone by then.

    ## Example
    ```yaml
    sources:
      events: {time: at, lateness: 30d, retention: 7d}
    ```

    ## Use instead
    A lateness below the retention.
    """

    code = "KPI260"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source in project.project.sources.values():
            late, kept = source.lateness, source.retention
            if late is not None and kept is not None and late.days_at_most >= kept.days_at_most:
                yield self.at(
                    source.place.child("lateness"),
                    f"`{source.name}` may be {late} late, but keeps its rows only {kept}",
                    label="not less than the retention",
                    others=[Label(place=source.place.child("retention"), text="purged after this")],
                    node=source.name,
                )


class FreshnessOrder(Rule):
    """Freshness is an error before it is a warning.

    ## What it does
    Compares `warn_after` with `error_after`.

    ## Why it matters
    The warning would never be given.

    ## Example
    ```yaml
    freshness: {warn_after: 12h, error_after: 6h}
    ```

    ## Use instead
    ```yaml
    freshness: {warn_after: 6h, error_after: 12h}
    ```
    """

    code = "KPI261"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source in project.project.sources.values():
            fresh = source.freshness
            if fresh is None or fresh.warn_after is None or fresh.error_after is None:
                continue
            warn, error = ((d.seconds or (d.months or 0) * 2_629_746) for d in (fresh.warn_after, fresh.error_after))
            if warn >= error:
                place = source.place.child("freshness")
                yield self.at(
                    place.child("warn_after"),
                    f"a warning after {fresh.warn_after} never comes: it is an error after {fresh.error_after}",
                    label="too late",
                    others=[Label(place=place.child("error_after"), text="comes first")],
                    node=source.name,
                )


class UnknownComplete(Rule):
    """`complete:` is neither `now` nor a query.

    ## What it does
    Reads `complete:` as the word `now` or as a SELECT that names the watermark: buckets that end after it are partial.

    ## Why it matters
    It decides whether an empty day is a zero or not known yet.

    ## Example
    ```yaml
    complete: always
    ```

    ## Use instead
    `complete: now` when loads are never behind; without the key a source is complete up to its last row.
    """

    code = "KPI262"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source in project.project.sources.values():
            text = source.complete
            if text is None or text == "now":
                continue
            if _QUERY.match(text) is not None:
                try:
                    watermark_query(project.project, source)
                except Refused as refused:
                    yield from refused.diagnostics
            else:
                yield self.at(
                    source.place.child("complete"),
                    f"`complete:` of `{source.name}` is neither `now` nor a query",
                    label="neither",
                    help=[
                        "leave it out: complete up to the last row",
                        "`complete: now`: an empty bucket is a real zero",
                        "`complete: SELECT max(loaded_at) FROM loads`: what ends later is partial",
                    ],
                    node=source.name,
                )


class UnusedSource(WholeRule):
    """A source that no KPI, join or analysis reads.

    ## What it does
    Reports declared sources that nothing names.

    ## Why it matters
    Nothing is wrong; a block that nobody reads is often a KPI that was forgotten, or left behind by one.

    ## Example
    A block `sources: {old_orders: ..}` after the last KPI over it has gone.

    ## Use instead
    Delete it, or write the KPI.
    """

    code = "KPI158"
    severity = Severity.HINT

    def compare(self, facts: Sequence[Fact]) -> Iterator[Diagnostic]:
        used = {node for fact in facts if fact.kind != "test" for node in fact.reads}
        for fact in facts:
            if fact.kind == "source" and fact.id not in used:
                yield self.at(fact.place.key(), f"nothing reads `{fact.name}`", label="not used", node=fact.name)


def _named_columns(source: Source) -> Iterator[tuple[str, Place]]:
    """Every column that a source's own block names, with its place."""
    place = source.place
    if source.time is not None:
        yield source.time, place.child("time")
    for n, name in enumerate(source.key):
        yield name, place.child("key", n)
    for n, valid in enumerate((source.history.valid_from, source.history.valid_to)):
        if valid is not None:
            yield valid, place.child("history", "valid", n)
    if source.updated_at is not None:
        yield source.updated_at, place.child("updated_at")
    if source.ingest is not None and source.ingest.cursor is not None:
        yield source.ingest.cursor, place.child("ingest", "cursor")
