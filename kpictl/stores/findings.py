"""What can go wrong with a store. The file is never reset or replaced: each message says the way back."""

from __future__ import annotations

from kpictl.diagnostics import Finding


class StoreLocked(Finding):
    """A store that another process holds for too long.

    ## What it does
    Waits for the store's lock up to a deadline, then says who holds it.

    ## Why it matters
    A DuckDB file admits one process. kpictl holds it for moments, a shell may hold it for hours.

    ## Example
    `duckdb kpis.duckdb` open in another terminal while `kpictl run` starts.

    ## Use instead
    End the other process, or open a copy of the file in it.
    """

    code = "KPI910"


class StoreUnreadable(Finding):
    """A store whose file is damaged, or is no store.

    ## What it does
    Refuses to go on, and leaves the file as it is.

    ## Why it matters
    Values of the past may exist nowhere else: a silent new start would lose them.

    ## Example
    A file that was cut short when a disk was full.

    ## Use instead
    `kpictl store restore FOLDER` puts a backup in its place and keeps the damaged file beside it; or move it away, and
    `kpictl run --full-refresh` computes what the sources still hold.
    """

    code = "KPI911"


class StoreFromTheFuture(Finding):
    """A store that a newer kpictl wrote.

    ## What it does
    Compares the version of the store's tables with the one that this program knows.

    ## Why it matters
    Writing in an old form into new tables would damage them.

    ## Example
    A laptop with last year's kpictl on the team's store.

    ## Use instead
    The newer kpictl.
    """

    code = "KPI912"


class StoreOfAnotherProject(Finding):
    """A store that belongs to another project.

    ## What it does
    Compares the project's name with the one that made the store.

    ## Why it matters
    Two projects with a KPI `revenue` each would overwrite one another.

    ## Example
    A profile copied from another project with its `store:`.

    ## Use instead
    A path of its own for each project.
    """

    code = "KPI913"


class StoreWriteFailed(Finding):
    """A write that the store could not finish; nothing of it was kept.

    ## What it does
    Rolls the whole batch back and quotes the store.

    ## Why it matters
    A full disk must not leave half a month behind.

    ## Example
    `No space left on device`

    ## Use instead
    Make room, then run again: what is missing is still due.
    """

    code = "KPI914"


class NoStore(Finding):
    """A store of a type that kpictl cannot write yet.

    ## What it does
    Looks up the store's `type`.

    ## Why it matters
    Values need a place to go.

    ## Example
    `store: {type: druid}`

    ## Use instead
    `store: {type: duckdb, path: kpis.duckdb}`, or `postgres` or `timescale` with the keys of a connection.
    """

    code = "KPI915"


class StoreElsewhere(Finding):
    """A store whose path leads through a symbolic link out of the project.

    ## What it does
    Compares where a path below the project is written with where it ends.

    ## Why it matters
    A link in a repository could let a run write over any file that its user may write.

    ## Example
    `target` or `target/kpis.duckdb` as a link to `/var/lib/other.duckdb`.

    ## Use instead
    The place itself: `store: {type: duckdb, path: /var/lib/kpis.duckdb}`.
    """

    code = "KPI916"


class StoreUnreachable(Finding):
    """A store whose server cannot be reached, or was lost in the middle.

    ## What it does
    Connects once more where nothing was under way; where a batch was, the server takes back all of it.

    ## Why it matters
    Values that could not be written are still due, so nothing is lost with the connection.

    ## Example
    A server that restarts during `kpictl run`.

    ## Use instead
    `kpictl debug` until the store answers, then `kpictl run`.
    """

    code = "KPI917"


class StoreOutdated(Finding):
    """A store whose tables are older than this program writes.

    ## What it does
    Reads it as it is, and refuses to write until its tables are brought up to date.

    ## Why it matters
    Tables that change under a team without a word stop those who still run the older kpictl.

    ## Example
    The first `kpictl run` after an upgrade.

    ## Use instead
    `kpictl store migrate --dry-run` shows what is missing, `kpictl store migrate` does it in one transaction.
    """

    code = "KPI918"


class BackupUnusable(Finding):
    """A backup that cannot be written there, or cannot be restored here.

    ## What it does
    Compares a backup's files with its manifest, and its project and version with the store's.

    ## Why it matters
    Half a backup would be restored as if it were the whole.

    ## Example
    `kpictl store restore backups/monday`, where a file was cut short.

    ## Use instead
    Another folder: an empty one to write into, a whole one to read from.
    """

    code = "KPI919"


class StoreInconsistent(Finding):
    """Rows of a store that contradict each other.

    ## What it does
    `kpictl store check` looks for values without a definition, keys that do not belong to their dimensions, values twice,
    ranges that overlap, buckets that are noted as done and have no value, and histories out of order.

    ## Why it matters
    Such rows come from hands other than kpictl's, and every later number rests on them.

    ## Example
    `DELETE FROM kpi_metrics` by hand: the ledger still says that those buckets are done.

    ## Use instead
    `kpictl store check --fix` forgets what is wrong, and the next run computes it again from the source.
    """

    code = "KPI920"


class ValuesRefused(Finding):
    """Values that the store cannot keep.

    ## What it does
    Leaves this KPI's values out and writes those of all others.

    ## Why it matters
    One text that a database cannot hold must not cost the night's other numbers.

    ## Example
    A dimension value with the character NUL, in a store on PostgreSQL.

    ## Use instead
    A cleaned value where it is read: `replace(country, chr(0), '')`.
    """

    code = "KPI921"
