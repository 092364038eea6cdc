"""What is found in the data while a KPI runs: answers that cannot be stored as they are."""

from __future__ import annotations

from kpictl.diagnostics import Finding, Severity


class SeveralRows(Finding):
    """A query without a time that returned several rows.

    ## What it does
    Stores one value a bucket; a snapshot's query must return one row (or one for each combination of dimensions).

    ## Why it matters
    Which of the rows is the value, and of which day, only the author knows.

    ## Example
    `SELECT marketing_spend / new_customers FROM monthly_metrics`

    ## Use instead
    Name the time: `SELECT month AS time, ... AS value`, or `columns: {time: month, value: cost}`; or give the source
    `time: month` and `key: [month]`, so that each row is the value of its bucket.
    """

    code = "KPI870"


class NotAsked(Finding):
    """An ad hoc question that a KPI cannot answer, or that has no meaning.

    ## What it does
    Asks that each KPI of a `query` has a number for what is asked: for a whole range, by a grain, with a condition.

    ## Why it matters
    A closing value belongs to a bucket, a snapshot to now, and a finished number cannot be filtered any more.

    ## Example
    `kpictl query --kpis balance` without a time grain

    ## Use instead
    What the message names, such as `--by month`.
    """

    code = "KPI474"


class PersonalColumn(Finding):
    """An ad hoc question for personal data.

    ## What it does
    Refuses a dimension or condition that reads a column marked `pii`, and KPIs whose `access:` hides rows or small groups.

    ## Why it matters
    What never leaves through a definition must not leave through a question.

    ## Example
    `kpictl query --kpis orders --by email`

    ## Use instead
    A dimension that generalises it, such as the domain or the country.
    """

    code = "KPI475"


class TooManyCombinations(Finding):
    """More combinations of dimensions than a store should hold.

    ## What it does
    Stops a KPI whose dimensions have more than a million combinations in one bucket range.

    ## Why it matters
    A dimension such as a user's id turns one KPI into the whole table, day after day.

    ## Example
    `dimensions: [user_id]`

    ## Use instead
    A dimension of few members: a country, a plan, a segment.
    """

    code = "KPI871"


class RowsWithoutTime(Finding):
    """Rows of a source that are in no bucket, as their time is missing or absurd.

    ## What it does
    Counts rows whose time is NULL, before the year 1900, or more than a year after now.

    ## Why it matters
    They are in no value; the total of all buckets is smaller than the table's.

    ## Example
    `created_at` of 1899-12-30, the zero of a spreadsheet.

    ## Use instead
    Mend the rows at their source, or filter them where they come in.
    """

    code = "KPI872"
    severity = Severity.WARNING


class SameRowTwice(Finding):
    """Two rows for one bucket and one combination of dimensions.

    ## What it does
    Refuses an answer that gives a bucket two values.

    ## Why it matters
    Keeping one of them would be a guess.

    ## Example
    A query that returns a row for each order, with the order's time as `time`.

    ## Use instead
    Aggregate to the grain: `SELECT date_trunc('day', created_at) AS time, sum(amount) AS value ... GROUP BY 1`.
    """

    code = "KPI874"


class UpstreamFailed(Finding):
    """A KPI that was skipped as one that it reads has failed.

    ## What it does
    Leaves the last values of everything below a failure as they are.

    ## Why it matters
    A ratio of a fresh and a stale number is neither.

    ## Example
    `arpu` when `revenue` failed.

    ## Use instead
    Mend the KPI that failed, then `kpictl retry`.
    """

    code = "KPI875"


class SeveralConnections(Finding):
    """A KPI whose operands stand on several connections, which this version does not join yet.

    ## What it does
    Runs each KPI on one connection.

    ## Why it matters
    Numbers of two engines are joined only after each has been reduced where it lives.

    ## Example
    A ratio of orders in Postgres and visits in Druid.

    ## Use instead
    Both sources on one connection.
    """

    code = "KPI876"


class KeyTwice(Finding):
    """A joined table that holds its key twice.

    ## What it does
    Looks, once a run, for two visible rows of a joined table with the same key, and refuses the KPIs that join it.

    ## Why it matters
    Each row of the measure that meets both would count twice: a wrong number that looks like a good month.

    ## Example
    `users` with two rows for user 7, joined by `orders.user_id = users.id`

    ## Use instead
    Make the key unique where the table is made, or join on all columns of its key.
    """

    code = "KPI473"


class SourceAging(Finding):
    """A source whose last row is older than its `freshness:` warns of.

    ## What it does
    Compares the last row's time with now, where a KPI that reads it is due. The KPI is computed, and the run says so.

    ## Why it matters
    Buckets after the last row have no value yet; somebody should look why no rows arrive.

    ## Example
    `freshness: {warn_after: 6h}` and a last order of yesterday.

    ## Use instead
    Mend what loads the source, or a longer `warn_after:`.
    """

    code = "KPI877"
    severity = Severity.WARNING


class SourceStale(Finding):
    """A source whose last row is older than its `freshness:` allows.

    ## What it does
    Compares the last row's time with now, and computes no KPI that reads it; what is stored stays.

    ## Why it matters
    A load that stopped days ago looks like a business that did.

    ## Example
    `freshness: {error_after: 12h}` and a last order of two days ago.

    ## Use instead
    Mend what loads the source, then `kpictl retry`; or `warn_after:` alone.
    """

    code = "KPI878"


class LateRows(Finding):
    """Rows that came later than a source's `lateness:`, or changed after their buckets were done.

    ## What it does
    `kpictl run --audit` computes all done buckets again, compares them with what is stored, and changes nothing.

    ## Why it matters
    Reported numbers stay what was reported; somebody should decide whether these are to be restated.

    ## Example
    An order of January that the shop entered in March, with `lateness: 2d`.

    ## Use instead
    `kpictl run KPI --backfill FROM..TO`, or a longer `lateness:`.
    """

    code = "KPI879"
    severity = Severity.WARNING


class NotFinite(Finding):
    """Values that are NaN or infinite.

    ## What it does
    Counts the values of a run or a query that are NaN or an infinity. They have no number; a run stores them as `no_data`.

    ## Why it matters
    One row with NaN is enough for its bucket to have no value, whatever the other rows say.

    ## Example
    `sum(amount)` over a column of doubles, into which a load wrote `NaN`.

    ## Use instead
    Mend the rows at their source, or leave them out: `where: amount between -1e300 and 1e300`.
    """

    code = "KPI880"
    severity = Severity.WARNING


class NoWatermark(Finding):
    """A `complete:` query whose answer is no watermark.

    ## What it does
    Takes one row with a date or a timestamp. No row, or NULL, means that nothing is complete yet.

    ## Why it matters
    Taking any of several rows, or guessing what a text means, could call buckets final that are still loading.

    ## Example
    `complete: SELECT loaded_at FROM loads`, where `loads` has a row for each job

    ## Use instead
    `complete: SELECT min(loaded_at) FROM loads`, where all jobs must be through.
    """

    code = "KPI881"


class NotComplete(Finding):
    """A number that reads beyond the watermark of its source.

    ## What it does
    Says so where `query` gives one number for a range that ends after what `complete:` says of a source.

    ## Why it matters
    It is still growing, and nothing else in the number tells.

    ## Example
    `kpictl query --kpis revenue --from 2024-03-01`, with loads up to the day before yesterday

    ## Use instead
    `--to` a time that is complete.
    """

    code = "KPI882"
    severity = Severity.WARNING


class LeftBehind(Finding):
    """KPIs that read values which a run has changed, in buckets that the run was not asked for.

    ## What it does
    After a `--backfill` or `--full-refresh` that changed values, names KPIs whose other buckets read them (through a window, a
    lag or since the start of a period), and those that read them and were not selected.

    ## Why it matters
    A run computes what it is asked for: until these are computed, too, they tell the old story beside the new one.

    ## Example
    `kpictl run revenue --backfill 2024-03-01..2024-03-02`, with a `revenue_mtd` that is done up to the end of March.

    ## Use instead
    `kpictl run KPI --audit`, which says in which buckets they differ, and which backfill takes them in.
    """

    code = "KPI883"
    severity = Severity.WARNING
