"""The canonical functions: every construct whose meaning could depend on an engine has one name and one meaning here.

A target declares each of them as rendered or refused, with a reason; one it does not mention fails at import. The plain
Python implementations, which are the reference for every engine, stand in `kpictl.ir.reference`.
`params` are words for people and for arity: `x` one argument, `x?` optional, `xs*` any number. An argument written
in CAPITALS is a constant (a `Lit`), never a column.
`result` names the type of the answer: a type's name, `arg` (the type of the first argument), `common` (the common type of all
arguments), `numeric` (integer stays integer, decimal stays decimal, double wins), or `json`, `array`.
"""

from __future__ import annotations

from enum import Enum

from kpictl.records import dataclass


class Role(Enum):
    SCALAR = "scalar"
    AGGREGATE = "aggregate"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Function:
    """One canonical function: its name, shape and sentence of meaning."""

    name: str
    params: str
    result: str
    meaning: str
    role: Role = Role.SCALAR
    ordered: bool = False
    """An aggregate whose answer depends on `Agg.order_by`."""
    approximate: bool = False


_S, _A, _W = Role.SCALAR, Role.AGGREGATE, Role.WINDOW

_TABLE: tuple[Function, ...] = (
    # -- comparison and logic (three-valued)
    Function("eq", "a b", "boolean", "a equals b; text by code point and case; NULL when either is NULL."),
    Function("ne", "a b", "boolean", "a differs from b; NULL when either is NULL."),
    Function("lt", "a b", "boolean", "a is less than b; text by code point."),
    Function("le", "a b", "boolean", "a is at most b."),
    Function("gt", "a b", "boolean", "a is greater than b."),
    Function("ge", "a b", "boolean", "a is at least b."),
    Function("same", "a b", "boolean", "IS NOT DISTINCT FROM: equality where NULL equals NULL; never NULL."),
    Function("and", "xs*", "boolean", "True when all are, false when one is false, else NULL."),
    Function("or", "xs*", "boolean", "True when one is, false when all are false, else NULL."),
    Function("not", "x", "boolean", "The opposite; NULL of NULL."),
    Function("is_null", "x", "boolean", "Whether x is NULL."),
    Function("is_true", "x", "boolean", "x is true (a NULL is not)."),
    Function("is_false", "x", "boolean", "x is false (a NULL is not)."),
    Function("in_list", "x xs*", "boolean", "x equals one of the others, by SQL's three-valued rule."),
    Function(
        "in_rows", "ARITY xs*", "boolean", "The first ARITY values equal one of the rows of ARITY values that follow."
    ),
    Function("coalesce", "xs*", "common", "The first that is not NULL."),
    Function("nullif", "a b", "arg", "NULL when a equals b, else a."),
    Function("greatest", "xs*", "common", "The largest; NULLs are ignored, NULL when all are."),
    Function("least", "xs*", "common", "The smallest; NULLs are ignored, NULL when all are."),
    # -- numbers
    Function("add", "a b", "numeric", "Sum; exact for integers and decimals."),
    Function("sub", "a b", "numeric", "Difference; exact for integers and decimals."),
    Function("mul", "a b", "numeric", "Product; exact for integers and decimals."),
    Function("neg", "x", "arg", "The opposite number."),
    Function(
        "real_divide", "a b", "double", "Real division whatever the types, both sides as double; NULL when b is 0."
    ),
    Function("int_divide", "a b", "integer", "Whole quotient, truncated towards zero; NULL when b is 0."),
    Function("mod", "a b", "numeric", "Remainder with the sign of a; NULL when b is 0."),
    Function("abs", "x", "arg", "Absolute value."),
    Function("sign", "x", "integer", "-1, 0 or 1."),
    Function("ceil", "x", "arg", "Least whole number not below x."),
    Function("floor", "x", "arg", "Greatest whole number not above x."),
    Function(
        "round", "x DIGITS?", "arg", "Half away from zero on the shortest decimal form, to DIGITS (may be negative)."
    ),
    Function("trunc", "x DIGITS?", "arg", "Cut towards zero after DIGITS decimals."),
    Function("power", "a b", "double", "a to the power b; NULL where it is no finite real."),
    Function("sqrt", "x", "double", "Square root; NULL of a negative."),
    Function("exp", "x", "double", "e to the power x; NULL when not finite."),
    Function("ln", "x", "double", "Natural logarithm; NULL of zero or less."),
    Function("log10", "x", "double", "Logarithm to base 10; NULL of zero or less."),
    Function("log", "base x", "double", "Logarithm of x to a base; NULL where undefined."),
    Function(
        "width_bucket",
        "x lo hi n",
        "integer",
        "Which of n equal buckets of [lo, hi) holds x: 0 below, n + 1 at or above.",
    ),
    # -- text
    Function("concat_op", "a b", "text", "a followed by b; NULL when either is NULL."),
    Function("concat", "xs*", "text", "All as text in a row; a NULL counts as empty."),
    Function("concat_ws", "SEPARATOR xs*", "text", "Those that are not NULL, with the separator between."),
    Function("lower", "x", "text", "Lower case, letter by letter: `Σ` is `σ` wherever it stands, `İ` is `i`."),
    Function("upper", "x", "text", "Upper case, letter by letter: `ß`, which has no capital of one letter, stays."),
    Function("initcap", "x", "text", "First letter of each word upper case, the rest lower."),
    Function("length", "x", "integer", "Number of characters, trailing blanks included."),
    Function(
        "substring", "x start length?", "text", "Characters from a 1-based position; positions before 1 use up length."
    ),
    Function("left", "x n", "text", "First n characters; a negative n drops as many from the end."),
    Function("right", "x n", "text", "Last n characters; a negative n drops as many from the start."),
    Function("trim", "x CHARS?", "text", "Without these characters (blank) at both ends."),
    Function("ltrim", "x CHARS?", "text", "Without these characters (blank) at the start."),
    Function("rtrim", "x CHARS?", "text", "Without these characters (blank) at the end."),
    Function("replace", "x from to", "text", "Every occurrence of a text replaced."),
    Function("lpad", "x n FILL?", "text", "Padded on the left to n characters, cut on the right when longer."),
    Function("rpad", "x n FILL?", "text", "Padded on the right to n characters, cut when longer."),
    Function("repeat", "x n", "text", "x n times; empty when n is not positive."),
    Function("reverse", "x", "text", "Characters in reverse."),
    Function(
        "split_part", "x separator n", "text", "n-th field (from 1, negative from the end); empty when there is none."
    ),
    Function("strpos", "x part", "integer", "1-based position of the first occurrence, 0 when none."),
    Function("starts_with", "x part", "boolean", "Whether x begins with part."),
    Function(
        "like",
        "x pattern ESCAPE",
        "boolean",
        "Match of the whole text by `%` and `_`, with case; ESCAPE is one character or empty.",
    ),
    Function("ilike", "x pattern ESCAPE", "boolean", "As like, without case."),
    Function(
        "regexp_like", "x PATTERN FLAGS?", "boolean", "Whether a POSIX-style regular expression is found; FLAGS `i`."
    ),
    Function("regexp_extract", "x PATTERN", "text", "First match (its first group when it has one); NULL when none."),
    Function("regexp_replace", "x PATTERN TO FLAGS?", "text", "First match replaced; every one with FLAGS `g`."),
    Function("md5", "x", "text", "Hexadecimal MD5 of the UTF-8 text."),
    Function(
        "format_time", "t FORMAT", "text", "A date or naive timestamp by Postgres' template patterns, English names."
    ),
    Function("format_number", "x FORMAT", "text", "A number by Postgres' template patterns."),
    Function("parse_date", "x FORMAT", "date", "A date from text by Postgres' template patterns."),
    Function("parse_timestamp", "x FORMAT", "timestamp", "A naive timestamp from text by Postgres' template patterns."),
    # -- time
    Function(
        "time_floor",
        "t UNIT ZONE WEEK_START",
        "arg",
        "Start of the unit that holds t, in a zone for instants (first instant of the local unit).",
    ),
    Function(
        "bucket_start",
        "t UNIT ZONE WEEK_START",
        "timestamptz",
        "Start, as an instant, of the reporting bucket that holds t (instant or date).",
    ),
    Function("to_local", "t ZONE", "timestamp", "Wall clock time of an instant in a zone."),
    Function(
        "to_instant",
        "t ZONE",
        "timestamptz",
        "Instant of a wall clock time; a repeated one is the later, a skipped one moves forward.",
    ),
    Function("local_date", "t ZONE", "date", "Calendar date of an instant in a zone."),
    Function(
        "bucket_date", "t ZONE", "date", "`local_date` of an instant in the asked range of buckets, so a finite one."
    ),
    Function(
        "calendar_date",
        "t ZONE first dates",
        "date",
        "`bucket_date` of an instant not before `first`; `dates` has that of each hour from there on, NULL for one of two.",
    ),
    Function("date_of", "t", "date", "Date of a naive timestamp."),
    Function(
        "add_interval",
        "t months days micros",
        "arg",
        "Calendar addition: months first, clamped to the month's end, then days, then time. A date stays a date.",
    ),
    Function(
        "add_interval_in",
        "t months days micros ZONE",
        "timestamptz",
        "As add_interval on an instant, on the wall clock of a zone.",
    ),
    Function("date_diff", "a b", "integer", "Whole days from date b to date a (a - b)."),
    Function("seconds_between", "a b", "double", "Seconds from b to a, with fractions (a - b)."),
    Function("interval_between", "a b", "interval", "a - b of timestamps, as elapsed time (no months)."),
    Function("age", "a b", "interval", "a - b in years, months, days and time, as Postgres counts them."),
    Function("make_interval", "months days micros", "interval", "An interval from its three parts."),
    Function("interval_add", "a b", "interval", "Sum of intervals, part by part."),
    Function("interval_scale", "a n", "interval", "An interval n times."),
    Function(
        "interval_seconds",
        "x",
        "double",
        "Seconds of an interval; a month counts 30 days, a year 365.25 (Postgres' EPOCH).",
    ),
    Function(
        "part",
        "t UNIT",
        "integer",
        "year quarter month week isoyear day dow(Sun 0) isodow(Mon 1) doy hour minute of a date or naive timestamp.",
    ),
    Function("second", "t", "double", "Seconds of the minute with fractions."),
    Function("interval_part", "x UNIT", "integer", "years, months, days, hours, minutes of an interval."),
    Function("epoch", "t", "double", "Seconds since 1970-01-01T00:00Z, with fractions."),
    Function("from_epoch", "x", "timestamptz", "Instant of seconds since 1970."),
    Function("make_date", "y m d", "date", "The date; out of range is an error."),
    Function("make_timestamp", "y mo d h mi s", "timestamp", "The naive timestamp."),
    Function("last_day", "t", "date", "Last date of the month."),
    Function("months_between", "a b", "integer", "Complete calendar months from b to a."),
    # -- JSON and arrays
    Function("json_get", "x PATH*", "json", "Value under keys (text) and positions (integer); NULL when absent."),
    Function(
        "json_text",
        "x PATH*",
        "text",
        "The same as text; a JSON null is NULL. Blanks inside an object or array are the engine's.",
    ),
    Function("json_has", "x KEY", "boolean", "Whether an object has a key."),
    Function("json_contains", "x PART", "boolean", "Whether x holds the JSON PART (Postgres' @>)."),
    Function("json_object", "KEY value ...*", "json", "An object of keys and values."),
    Function("json_typeof", "x", "text", "object, array, string, number, boolean or null (a JSON null)."),
    Function("json_keys", "x", "array", "The keys of an object as texts, in no order; NULL of anything else."),
    Function("json_array_length", "x", "integer", "Number of elements."),
    Function("array", "xs*", "array", "An array of these."),
    Function("array_contains", "xs x", "boolean", "x = ANY(xs), by the three-valued rule; NULL for a NULL array."),
    Function("array_get", "xs n", "arg", "The n-th element, from 1; NULL where there is none."),
    Function("array_join", "xs SEPARATOR", "text", "Texts of an array in a row with a separator; NULLs left out."),
    Function("split", "x SEPARATOR", "array", "The texts between separators; of an empty text none."),
    Function("array_length", "xs", "integer", "Number of elements; NULL of empty or NULL (Postgres)."),
    # -- aggregates: NULLs are skipped
    Function("count_rows", "", "integer", "Number of rows.", _A),
    Function("count", "x", "integer", "Number of rows where x is not NULL; exact when distinct.", _A),
    Function("sum", "x", "numeric", "Sum; NULL of nothing; exact for integers (38 digits) and decimals.", _A),
    Function("avg", "x", "double", "Arithmetic mean as double; NULL of nothing.", _A),
    Function("min", "x", "arg", "Smallest; NULL of nothing.", _A),
    Function("max", "x", "arg", "Largest; NULL of nothing.", _A),
    Function("bool_and", "x", "boolean", "Whether all are true; NULL of nothing.", _A),
    Function("bool_or", "x", "boolean", "Whether one is true; NULL of nothing.", _A),
    Function("stddev_samp", "x", "double", "Sample standard deviation; NULL below two values.", _A),
    Function("stddev_pop", "x", "double", "Population standard deviation.", _A),
    Function("var_samp", "x", "double", "Sample variance; NULL below two values.", _A),
    Function("var_pop", "x", "double", "Population variance.", _A),
    Function("corr", "y x", "double", "Pearson correlation; NULL when undefined.", _A),
    Function("covar_samp", "y x", "double", "Sample covariance.", _A),
    Function("covar_pop", "y x", "double", "Population covariance.", _A),
    Function("regr_slope", "y x", "double", "Slope of the least squares line; NULL when undefined.", _A),
    Function("regr_intercept", "y x", "double", "Intercept of the least squares line.", _A),
    Function("percentile_cont", "x P", "double", "Exact percentile, linear between neighbours, as double.", _A),
    Function("percentile_disc", "x P", "arg", "First value whose cumulative share reaches P.", _A),
    Function("mode", "x", "arg", "Most frequent value; the smallest of equals.", _A),
    Function("string_agg", "x SEPARATOR", "text", "Texts in a row with a separator, in `order_by`.", _A, ordered=True),
    Function("array_agg", "x", "array", "Array of all values, NULLs included, in `order_by`.", _A, ordered=True),
    Function("first_by", "x", "arg", "x of the first row in `order_by` (a NULL x counts).", _A, ordered=True),
    Function("last_by", "x", "arg", "x of the last row in `order_by` (a NULL x counts).", _A, ordered=True),
    Function(
        "approx_count_distinct",
        "x",
        "integer",
        "Distinct count by a sketch; its error is stated.",
        _A,
        approximate=True,
    ),
    Function(
        "approx_percentile", "x P", "double", "Percentile by a sketch; its error is stated.", _A, approximate=True
    ),
    Function(
        "grouping", "xs*", "integer", "Bit mask of the columns that are rolled up in this row, first is highest.", _A
    ),
    # -- windows
    Function("row_number", "", "integer", "Position of the row in its partition.", _W),
    Function("rank", "", "integer", "Rank with gaps.", _W),
    Function("dense_rank", "", "integer", "Rank without gaps.", _W),
    Function("percent_rank", "", "double", "(rank - 1) / (rows - 1), 0 for a single row.", _W),
    Function("cume_dist", "", "double", "Share of rows not after this one.", _W),
    Function("ntile", "N", "integer", "Which of N nearly equal groups holds the row.", _W),
    Function("lag", "x N default?", "arg", "x of the row N before; the default (NULL) when there is none.", _W),
    Function("lead", "x N default?", "arg", "x of the row N after; the default (NULL) when there is none.", _W),
    Function("first_value", "x", "arg", "x of the first row of the frame.", _W),
    Function("last_value", "x", "arg", "x of the last row of the frame.", _W),
    Function("nth_value", "x N", "arg", "x of the N-th row of the frame; NULL when there is none.", _W),
)

FUNCTIONS: dict[str, Function] = {f.name: f for f in _TABLE}
"""Every canonical function by name."""
