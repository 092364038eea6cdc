"""What can be wrong with a plan: a time that has no answer, a step that cannot be made."""

from __future__ import annotations

from kpictl.diagnostics import Finding, Severity


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


class OverBudget(Finding):
    """A plan that reads more than the project's `limits:` allow.

    ## What it does
    Estimates, before anything runs, how many rows or bytes the statements of a plan read, and stops where that is too much.

    ## Why it matters
    A first backfill of ten years over a warehouse that bills by the byte is a bill; nobody wants to learn of it there.

    ## Example
    `limits: {rows: 1000000}` over a table of 2 million rows

    ## Use instead
    Fewer KPIs (`kpictl run revenue`), a shorter range (`--backfill`, or a later `start:`), or a higher limit.
    """

    code = "KPI601"


class UnknownSize(Finding):
    """A limit that cannot be kept, as the engine does not tell how much it would read.

    ## What it does
    Warns where `limits:` name rows or bytes that no engine of the plan estimates.

    ## Why it matters
    A limit that is not looked at protects nobody.

    ## Example
    `limits: {bytes: 100GB}` over tables of a DuckDB file, which does not tell their sizes

    ## Use instead
    `limits: {rows: ...}`.
    """

    code = "KPI602"
    severity = Severity.WARNING


class PlanMoved(Finding):
    """A saved plan that is no longer what would be done.

    ## What it does
    Refuses `kpictl run plan.json` where a definition, the store or kpictl itself is another than when it was made.

    ## Why it matters
    What somebody has read and agreed to would not be what happens.

    ## Example
    `kpictl plan`, then somebody else's `kpictl run`, then `kpictl run target/plan.json`

    ## Use instead
    `kpictl plan` again, and run that.
    """

    code = "KPI610"
