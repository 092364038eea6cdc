"""What can go wrong between kpictl and an engine: the world's errors, which quote the engine."""

from __future__ import annotations

from kpictl.diagnostics import Finding


class CannotConnect(Finding):
    """A connection that cannot be opened.

    ## What it does
    Opens each connection that a run needs, and says which one failed and why.

    ## Why it matters
    The KPIs that read it keep their last values; others are computed all the same.

    ## Example
    `connections: {app: {type: duckdb, files: exmaples/data}}`

    ## Use instead
    A folder, file or server that exists; `kpictl debug` tries every connection.
    """

    code = "KPI901"


class QueryFailed(Finding):
    """A compiled query that the engine refused or could not finish.

    ## What it does
    Quotes the engine's own message.

    ## Why it matters
    A table that is gone or a column that changed its type must never become a zero.

    ## Example
    `Table with name orders does not exist!`

    ## Use instead
    The relation and the columns that are there; `kpictl compile` shows the query.
    """

    code = "KPI902"


class TookTooLong(Finding):
    """A query that was stopped at its limit of time or memory.

    ## What it does
    Interrupts a query after the connection's `timeout` (seconds), or when it would need more than `memory_limit`.

    ## Why it matters
    One endless join must not hold up every other KPI.

    ## Example
    A join without a condition over two large tables.

    ## Use instead
    A narrower query, or a larger `timeout:` or `memory_limit:` in the connection.
    """

    code = "KPI903"


class ViewsInACircle(Finding):
    """`.sql` files of a connection that read each other in a circle.

    ## What it does
    Orders the views of `files:` by what they read.

    ## Why it matters
    A view that needs itself has no rows to begin with.

    ## Example
    `a.sql` reads `b`, and `b.sql` reads `a`.

    ## Use instead
    Read the file's table in one of them.
    """

    code = "KPI904"


class UnfitView(Finding):
    """A `.sql` file beside the data that is no single SELECT.

    ## What it does
    Takes one SELECT from each `.sql` file of `files:` as a view.

    ## Why it matters
    Anything else could change data or settings before the first query runs.

    ## Example
    `CREATE TABLE x AS ...; SELECT 1`

    ## Use instead
    One SELECT a file.
    """

    code = "KPI905"


class NoEngine(Finding):
    """A connection of a type whose queries can be compiled but not run yet, or not even asked about.

    ## What it does
    Looks up the engine of the connection's `type`. `run` needs one that runs; `check --live` and `sources import` need one
    that can be asked, which bigquery, redshift, snowflake and synapse can, too.

    ## Why it matters
    `kpictl compile` still writes the SQL for it.

    ## Example
    `type: snowflake`

    ## Use instead
    `type: duckdb`.
    """

    code = "KPI906"


class EngineLost(Finding):
    """An engine that went away, or answered what is no answer, while it was asked.

    ## What it does
    Gives up where a connection breaks, or where what comes back cannot be understood, and quotes what there is.

    ## Why it matters
    Half an answer must not become a number. The KPIs that read the connection keep their last values; what stands on
    other connections goes on.

    ## Example
    `server closed the connection unexpectedly`

    ## Use instead
    Look after the server, then `kpictl debug`; `kpictl run` computes what is still due.
    """

    code = "KPI907"


class NotThere(Finding):
    """A table or column that a connection does not have, though a definition reads it.

    ## What it does
    With `kpictl check --live`, has each engine plan each query; where it refuses one, looks whether what is read is there.

    ## Why it matters
    The same definition may run in one environment and fail in another, where a column was renamed or not yet added.

    ## Example
    `SELECT sum(amount) FROM orders`, on a connection whose `orders` has `total` instead.

    ## Use instead
    The column that is there, or a view on that connection that has the column; `kpictl sources refresh` says what changed.
    """

    code = "KPI908"
