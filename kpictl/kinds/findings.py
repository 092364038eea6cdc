"""The findings of lowering: definitions whose words are right but that have no meaning, or no single one."""

from __future__ import annotations

from kpictl.diagnostics import Finding, Severity


class UnknownSource(Finding):
    """A measure over a source that is not declared.

    ## What it does
    Looks the source of each measure up in the project.

    ## Why it matters
    Without its columns and its time there is nothing to aggregate.

    ## Example
    `source: transactons`

    ## Use instead
    The name of a block under `sources:`.
    """

    code = "KPI170"


class UnknownDimension(Finding):
    """A dimension that the source does not have.

    ## What it does
    Resolves each dimension to one of the source's `dimensions:` or columns, or to an output of the query.

    ## Why it matters
    A dimension is a column of the stored value; one that does not exist cannot be stored.

    ## Example
    `dimensions: [contry]`

    ## Use instead
    A name under the source's `dimensions:`, or one of its columns.
    """

    code = "KPI171"


class UnclearOutputs(Finding):
    """A query whose outputs do not say which one is the value.

    ## What it does
    Gives each output a role: `time` and `value` by name or by `columns:`, declared dimensions, texts as dimensions.

    ## Why it matters
    An output without a role would be dropped without a word, or stored under the wrong name.

    ## Example
    `SELECT SUM(amount), COUNT(*) FROM orders`

    ## Use instead
    One value; name the others in `dimensions:`, or write two KPIs.
    """

    code = "KPI172"


class TakenName(Finding):
    """A dimension with the name of a column that every KPI's answer has.

    ## What it does
    Compares the names of dimensions with `time`, `value` and `denominator`.

    ## Why it matters
    Of two columns of one name nobody knows which is the number.

    ## Example
    `kpictl query --kpis orders --by value`

    ## Use instead
    Another name for it in the source: `dimensions: {price: value}`.
    """

    code = "KPI173"


class NoNumber(Finding):
    """A value that is no number.

    ## What it does
    Takes numbers and booleans as values: what a definition says is told by its types, what rows hold when they are read.

    ## Why it matters
    A text cannot be drawn, compared or rolled up.

    ## Example
    `SELECT max(status) FROM orders`

    ## Use instead
    `count(*) filter (where status = 'done')`, or another number.
    """

    code = "KPI873"


class NotYet(Finding):
    """A part of the language that this version reads but cannot compute.

    ## What it does
    Refuses the definition instead of computing something near it.

    ## Why it matters
    A number that is nearly what was asked is wrong.

    ## Example
    `over_time: last`

    ## Use instead
    What the message names.
    """

    code = "KPI179"


class NoEventTime(Finding):
    """A measure over a source that has no event time.

    ## What it does
    Asks that a measure knows when its rows happened: `time:` of the source or measure, or `history: {valid: ..}`.

    ## Why it matters
    Rows that change in place say nothing about yesterday; a series made from them is fiction.

    ## Example
    `measure: sum(amount)` over a source with `history: current` and no `time`

    ## Use instead
    `time: created_at`, `history: {valid: [started_at, ended_at]}`, or a `query`, which is a snapshot.
    """

    code = "KPI270"


class UntypedTime(Finding):
    """An event time that is no date, no instant, and no timestamp with a known zone.

    ## What it does
    Asks for the declared type of the time column, and for the source's `timezone` where it is naive.

    ## Why it matters
    Where a day begins depends on it; a guess moves rows to the neighbouring day.

    ## Example
    `time: created_at`, declared as `timestamp` without `timezone:`

    ## Use instead
    `columns: {created_at: timestamptz}`, or `timezone: Europe/Berlin` beside `time:`.
    """

    code = "KPI271"


class WindowNotWhole(Finding):
    """A window, a lag or a stock's `carry` that is no whole number of buckets.

    ## What it does
    Compares its length with the grain.

    ## Why it matters
    Half a bucket cannot be read, and rounding would change the number.

    ## Example
    `window: 10d` at `grain: week`

    ## Use instead
    `window: 14d`, or a finer grain.
    """

    code = "KPI272"


class GrainTooFine(Finding):
    """A grain finer than what the time column tells.

    ## What it does
    Refuses hours over a date.

    ## Why it matters
    Every row of the day would fall into its first hour.

    ## Example
    `grain: hour` over a column of type date

    ## Use instead
    `grain: day`, or a timestamp column.
    """

    code = "KPI273"


class OneMoreDate(Finding):
    """A condition on dates that covers one date more than it seems to.

    ## What it does
    Says how many dates `date >= CURRENT_DATE - INTERVAL '7 days'` covers: today and the seven before, so eight.

    ## Why it matters
    "The last 7 days" is usually meant to be seven dates; the average over eight differs.

    ## Example
    `WHERE date >= CURRENT_DATE - INTERVAL '7 days'`

    ## Use instead
    `date > CURRENT_DATE - INTERVAL '7 days'`, or a measure with `window: 7d`.
    """

    code = "KPI274"
    severity = Severity.HINT


class LooksAhead(Finding):
    """A series whose text can read later rows.

    ## What it does
    Points at LEAD, FOLLOWING frames and ungrouped sub-queries in a query that returns a series.

    ## Why it matters
    The value of a past bucket then changes when later rows arrive.

    ## Example
    `revenue / SUM(revenue) OVER ()`

    ## Use instead
    Windows that end at the current row, or accept that the past is restated.
    """

    code = "KPI275"
    severity = Severity.HINT


class CumulativeFrame(Finding):
    """A cumulative KPI that does not say how far back it reads, or says it twice.

    ## What it does
    Asks for either `window` or `to_date`.

    ## Why it matters
    "Month to date" and "the last 28 days" are different numbers, and nothing says which of them is meant.

    ## Example
    `cumulative: {of: revenue}`

    ## Use instead
    `cumulative: {of: revenue, to_date: month}`, or `{of: revenue, window: 28d}`.
    """

    code = "KPI276"


class WatermarkShape(Finding):
    """A `complete:` query that names no watermark.

    ## What it does
    Asks for one column, a date or a timestamp, from sources on the same connection as the source whose rows it speaks of.

    ## Why it matters
    It decides which buckets are final. Of two columns, or of a text, nobody can tell what it means.

    ## Example
    `complete: SELECT job, max(loaded_at) FROM loads GROUP BY job`

    ## Use instead
    `complete: SELECT max(loaded_at) FROM loads WHERE job = 'orders'`
    """

    code = "KPI277"


class NoCommonGrain(Finding):
    """KPIs that are put together at different grains, without one that fits all.

    ## What it does
    Looks for the finest grain into which the buckets of all operands nest.

    ## Why it matters
    Weeks do not nest in months; a ratio of the two compares different days.

    ## Example
    A ratio of a weekly and a monthly KPI

    ## Use instead
    The same `grain:` for both, or a day grain, which can be put together to either.
    """

    code = "KPI370"


class NotInCommon(Finding):
    """A dimension that not every operand has.

    ## What it does
    Asks that each dimension of a ratio or expr is one of each of its operands.

    ## Why it matters
    Revenue by country over all visitors is no rate by country.

    ## Example
    `ratio:` with `dimensions: [country]`, of which one KPI has no country

    ## Use instead
    The dimensions that all operands have.
    """

    code = "KPI371"


class NotAdditive(Finding):
    """A number that cannot be put together from the buckets or parts it was computed for.

    ## What it does
    Refuses to roll finished numbers up to a coarser grain.

    ## Why it matters
    An average of averages, or a sum of distinct counts, is another number.

    ## Example
    A monthly ratio over a series that is only known by day

    ## Use instead
    A measure, which is recomputed from its rows at each grain.
    """

    code = "KPI372"


class StockOfWhom(Finding):
    """A stock whose closing value is not determined.

    ## What it does
    Asks whose stock it is (`entity`, else the source's key without its time), and which row is the last one (the key).

    ## Why it matters
    Accounts report on different days: the balance of a month is the sum of each account's last row, and of two rows of
    one time one has to be the later one.

    ## Example
    `over_time: last` over a source without `key:`

    ## Use instead
    `key: [account_id, day]` in the source; `entity: account_id` where a row has a key of its own.
    """

    code = "KPI374"


class UnknownOperand(Finding):
    """A KPI that an expression names and that does not exist, or that cannot be computed.

    ## What it does
    Resolves each name of a ratio or an expr to a KPI.

    ## Why it matters
    A derived number is as right as what it is made of.

    ## Example
    `expr: revenu / mau`

    ## Use instead
    The name of a KPI of the project.
    """

    code = "KPI373"


class AmbiguousJoin(Finding):
    """A joined table that is reached by more than one way.

    ## What it does
    Looks for all chains of declared joins that lead to a role.

    ## Why it matters
    The billing country and the shipping country are different numbers.

    ## Example
    `country.name`, reached over both `billing` and `shipping`

    ## Use instead
    The way by its name, `billing_country.name`, or a join of its own name for each way.
    """

    code = "KPI470"


class ManyRows(Finding):
    """A join that would repeat the rows of the measure.

    ## What it does
    Allows a measure to read over many_to_one and one_to_one joins only.

    ## Why it matters
    Each order would be counted once a line.

    ## Example
    `sum(amount)` over orders, filtered by a column of a one_to_many join

    ## Use instead
    A measure over the other source.
    """

    code = "KPI471"


class SeveralConnections(Finding):
    """A definition that needs data of more than one connection.

    ## What it does
    Finds the connection of each source that a definition reads.

    ## Why it matters
    One statement runs on one engine.

    ## Example
    A ratio of a KPI on `payments` by one on `app`

    ## Use instead
    Sources of one connection, or a source that copies the other's rows.
    """

    code = "KPI472"
