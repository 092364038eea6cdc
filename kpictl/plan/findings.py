"""What can be wrong with a plan: a time that has no answer, a step that cannot be made."""

from __future__ import annotations

from kpictl.diagnostics import Finding


class BackDatedSnapshot(Finding):
    """A snapshot of rows that change in place, asked for a time that is over.

    ## What it does
    Refuses `--as-of` and `--backfill` for a snapshot that reads a source without history.

    ## Why it matters
    The rows say how things stand now. Storing that under an earlier date would invent a past.

    ## Example
    `SELECT sum(amount) FROM subscriptions WHERE status = 'active'` with `--as-of 2023-01-01`.

    ## Use instead
    A source with `time:` (`history: append`) or `history: {valid: [from, to]}`; else let the snapshot collect its own history.
    """

    code = "KPI280"


class WatermarkQuery(Finding):
    """A `complete:` query, which this version does not run yet.

    ## What it does
    Refuses to run a KPI whose source names its watermark by a query.

    ## Why it matters
    Without the watermark, buckets that are still loading would pass for final.

    ## Example
    `complete: SELECT max(loaded_at) FROM loads`

    ## Use instead
    `complete: now`, or no `complete:` at all (final up to the last row).
    """

    code = "KPI281"
