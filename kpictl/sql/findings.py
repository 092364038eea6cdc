"""The findings of the SQL front door. Each class is a code; its docstring is the page that `kpictl explain` prints."""

from __future__ import annotations

from kpictl.diagnostics import Finding


class UnreadableSql(Finding):
    """The text is no SQL of the declared dialect.

    ## What it does
    Reports the first place where the text stops being SQL, and the dialect in which it would be.

    ## Why it matters
    What runs is never the author's text but what kpictl understood of it.

    ## Example
    `SELECT SUM(amount FROM orders`

    ## Use instead
    Mend the text, or set `dialect:` in `kpi_project.yml` to the one in which it is written.
    """

    code = "KPI130"


class UnsafeSql(Finding):
    """The text is more than one question.

    ## What it does
    Accepts one SELECT, and refuses everything that could write, read files, reach the network, lock or change settings.

    ## Why it matters
    A definition is read by a machine with access to data; it may ask, never act.

    ## Example
    `SELECT 1; DROP TABLE orders`

    ## Use instead
    One SELECT over declared sources.
    """

    code = "KPI131"


class UnknownFunction(Finding):
    """A function that is not in the list of known functions.

    ## What it does
    Refuses every function that kpictl does not know by meaning.

    ## Why it matters
    Only a known function means the same on every engine, and only a known one is known to be harmless.

    ## Example
    `SELECT pg_read_file('/etc/passwd')`

    ## Use instead
    A function of the manual's list; `percentile(x, 0.95)`, `date_trunc`, `coalesce`, ...
    """

    code = "KPI132"


class UnknownTable(Finding):
    """A table that is no source.

    ## What it does
    Resolves every table of a text to a source, a table of the connection, or a WITH query.

    ## Why it matters
    A text may read what is declared, and nothing else.

    ## Example
    `SELECT COUNT(*) FROM "/data/orders.csv"`

    ## Use instead
    The name of a source, or declare one under `sources:`.
    """

    code = "KPI133"


class UnknownColumn(Finding):
    """A column that none of the tables in scope has.

    ## What it does
    Resolves every column by Postgres' rules: an unquoted name is read in lower case.

    ## Why it matters
    A misspelt column fails on the engine hours later, or is found in an outer query and silently means something else.

    ## Example
    `SELECT SUM(amuont) FROM orders`

    ## Use instead
    One of the declared columns; quote a name that has capitals.
    """

    code = "KPI104"


class AmbiguousColumn(Finding):
    """A column that more than one table in scope has.

    ## What it does
    Refuses a bare name that could be read from several tables.

    ## Why it matters
    Which one is read would depend on the engine, or on a column that is added later.

    ## Example
    `SELECT SUM(amount) FROM orders JOIN refunds ON orders.id = refunds.order_id`

    ## Use instead
    `orders.amount`
    """

    code = "KPI135"


class OversizedSql(Finding):
    """A text beyond what a person would write.

    ## What it does
    Refuses texts over 200,000 characters, 150 levels of nesting, or 500 set operations, before they are parsed; and
    `repeat`, `lpad`, `rpad` and `replace` where they may make a text of more than 1,000,000 characters, or one whose
    length nothing bounds.

    ## Why it matters
    Such a text takes a parser down instead of giving a number, and no engine can be stopped while it makes one of gigabytes.

    ## Example
    A query with 20,000 nested parentheses, or `repeat('x', n)`.

    ## Use instead
    A table or view with the data, and a short query; `repeat('x', least(n, 100))`.
    """

    code = "KPI136"


class WrongType(Finding):
    """An operation on a type that has no such operation.

    ## What it does
    Types every expression from the declared columns and refuses what has no meaning.

    ## Why it matters
    One engine fails, another converts in silence: the number would depend on where it runs.

    ## Example
    `SELECT SUM(status) FROM orders`

    ## Use instead
    An explicit cast, or the column that was meant.
    """

    code = "KPI137"


class InvalidLiteral(Finding):
    """A constant that its type cannot hold.

    ## What it does
    Reads every date, time, number and interval constant when the definition is checked.

    ## Why it matters
    `'2026-02-30'` would fail only on the day on which it is read.

    ## Example
    `WHERE order_date >= '2026-02-30'`

    ## Use instead
    `DATE '2026-02-28'`, `TIMESTAMP '2026-02-28 12:00'`, `INTERVAL '7 days'`
    """

    code = "KPI138"


class WrongArguments(Finding):
    """A function with the wrong number or kind of arguments.

    ## What it does
    Compares each call with the function's shape in the manual.

    ## Why it matters
    Engines fill in missing arguments differently.

    ## Example
    `SELECT percentile(duration_ms)`

    ## Use instead
    `SELECT percentile(duration_ms, 0.95)`
    """

    code = "KPI139"


class UnsupportedSql(Finding):
    """A construct of SQL for which kpictl has no portable meaning.

    ## What it does
    Refuses what it does not understand completely.

    ## Why it matters
    What is passed through unread means what the engine of the day takes it to mean.

    ## Example
    `SELECT * FROM orders TABLESAMPLE SYSTEM (10)`

    ## Use instead
    The form that the message names.
    """

    code = "KPI140"


class UndeclaredColumns(Finding):
    """A construct that needs to know a table's columns, over a table whose columns are not declared.

    ## What it does
    Refuses `*`, NATURAL joins and bare names between several undeclared tables.

    ## Why it matters
    What `*` returns would change with the table, without a change of the definition.

    ## Example
    `SELECT * FROM undeclared_table`

    ## Use instead
    Name the columns, or declare them under `columns:` (`kpictl sources import` writes them).
    """

    code = "KPI141"


class InsertShape(Finding):
    """An INSERT that is not the one into `kpi_metrics`.

    ## What it does
    Takes `INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions) SELECT ...` as its SELECT, and nothing else.

    ## Why it matters
    kpictl writes the store, in its own transaction; a definition only says what.

    ## Example
    `INSERT INTO orders SELECT ...`

    ## Use instead
    The SELECT alone, with `time` and `value` as its columns.
    """

    code = "KPI142"


class UnknownZone(Finding):
    """A time zone that does not exist.

    ## What it does
    Looks every zone up in the IANA time zone database.

    ## Why it matters
    Druid reads an unknown zone as UTC without a word; other engines fail.

    ## Example
    `created_at AT TIME ZONE 'Europe/Berln'`

    ## Use instead
    An IANA name: `Europe/Berlin`, `America/New_York`, `UTC`.
    """

    code = "KPI230"


class WrongTimeUnit(Finding):
    """A unit of time that does not exist, or that the value does not have.

    ## What it does
    Checks the units of `date_trunc`, `EXTRACT` and intervals against the type they are applied to.

    ## Why it matters
    The hour of a date is always midnight, so the number says less than it seems to.

    ## Example
    `DATE_TRUNC('hour', order_date)` where order_date is a date

    ## Use instead
    A day or longer, or a timestamp column.
    """

    code = "KPI231"


class MisplacedAggregate(Finding):
    """An aggregate or window function where there can be none.

    ## What it does
    Refuses aggregates in WHERE, in GROUP BY, in ON and inside other aggregates, and the lack of one in a measure.

    ## Why it matters
    An average of averages is not an average.

    ## Example
    `SELECT AVG(SUM(amount)) FROM orders`

    ## Use instead
    HAVING for a condition on an aggregate; a sub-query for an aggregate of aggregates.
    """

    code = "KPI330"


class UngroupedColumn(Finding):
    """A column beside an aggregate that is not grouped by.

    ## What it does
    Refuses a column outside of an aggregate that is not part of GROUP BY.

    ## Why it matters
    There are many values of it in a group, and engines pick any.

    ## Example
    `SELECT country, city, SUM(amount) FROM orders GROUP BY country`

    ## Use instead
    `GROUP BY country, city`, or `MIN(city)`.
    """

    code = "KPI331"


class SumOfBoolean(Finding):
    """A sum of true and false.

    ## What it does
    Refuses sum and avg of a boolean.

    ## Why it matters
    Half of the engines fail, and NULLs are easily lost.

    ## Example
    `SUM(amount > 100)`

    ## Use instead
    `COUNT(*) FILTER (WHERE amount > 100)`
    """

    code = "KPI332"


class PercentileRange(Finding):
    """A percentile outside of 0 to 1.

    ## What it does
    Checks that the share is a constant between 0 and 1.

    ## Why it matters
    95 for 0.95 fails at run time on one engine and clamps on another.

    ## Example
    `percentile(duration_ms, 95)`

    ## Use instead
    `percentile(duration_ms, 0.95)`
    """

    code = "KPI333"
