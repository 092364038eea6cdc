"""DuckDB 2.0, the embedded default: how it says the canonical functions.

It differs from the contract in many places: integer products overflow, `sum` of doubles depends on threads,
`quantile_cont` keeps a decimal's scale, `1 % 0` raises, `ln(0)` is -inf, LIKE has no escape.
"""

from __future__ import annotations

from kpictl.dialects import duckdb_aggregates as aggregates
from kpictl.dialects import duckdb_documents as documents
from kpictl.dialects import duckdb_literals as literals
from kpictl.dialects import duckdb_numbers as numbers
from kpictl.dialects import duckdb_texts as texts
from kpictl.dialects import duckdb_times as times
from kpictl.dialects.dialect import Dialect, Refusal, Rendering
from kpictl.dialects.manual import pages
from kpictl.dialects.operators import COMMON
from kpictl.dialects.physical import NATIVE, Form
from kpictl.dialects.printer import Printer
from kpictl.dialects.quoting import quoter
from kpictl.dialects.standard import UPPER, aggregate, counted, finite, name_function
from kpictl.dialects.templates import PRODUCT, SUM, Piece
from kpictl.model.types import Kind, Type
from kpictl.passes.targets.widen_recursion import widen_recursion

_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc_p asymmetric both case cast check collate column constraint create
    default deferrable desc describe distinct do else end except false fetch for foreign from grant group having
    in initially intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer
    pivot_wider placing primary qualify references returning select show some summarize symmetric table then to
    trailing true union unique unpivot using variadic when where window with asc desc left right full inner join
    cross natural positional semi anti at by is like ilike between exists values interval
    """.split()
)


def _series(printer: Printer, bounds: tuple[Piece, Piece, Piece], type: Type, alias: str, column: str) -> str:
    start, stop, step = (p.text for p in bounds)
    return f"generate_series({start}, {stop}, {step}) AS {alias}({column})"


def _unnest(printer: Printer, array: Piece, type: Type, alias: str, column: str) -> str:
    if type.kind is Kind.JSON:
        return f"unnest(json_extract({array.text}, '$[*]')) AS {alias}({column})"
    return f"unnest({array.text}) AS {alias}({column})"


_FUNCTIONS: dict[str, Rendering] = {
    **COMMON,
    "add": numbers.arithmetic("+", SUM),
    "sub": numbers.arithmetic("-", SUM),
    "mul": numbers.arithmetic("*", PRODUCT),
    "coalesce": name_function("coalesce"),
    "nullif": "nullif({0}, {1})",
    "greatest": name_function("greatest"),
    "least": name_function("least"),
    "real_divide": numbers.real_divide,
    "int_divide": numbers.int_divide,
    "mod": numbers.modulo,
    "neg": numbers.negated("-"),
    "abs": numbers.negated("abs"),
    "sign": "sign({0})",
    "ceil": numbers.whole("ceil"),
    "floor": numbers.whole("floor"),
    "round": numbers.rounded,
    "trunc": numbers.truncated,
    "power": lambda p, c: finite(Piece(f"pow({', '.join(numbers.as_double(p, a) for a in c.args)})"), "DOUBLE"),
    "sqrt": lambda p, c: Piece(f"nullif(sqrt({numbers.as_double(p, c.args[0])}), CAST('NaN' AS DOUBLE))"),
    "exp": lambda p, c: Piece(f"nullif(exp({numbers.as_double(p, c.args[0])}), CAST('Infinity' AS DOUBLE))"),
    "ln": lambda p, c: Piece(f"ln(nullif(greatest({numbers.as_double(p, c.args[0])}, 0), 0))"),
    "log10": lambda p, c: Piece(f"log10(nullif(greatest({numbers.as_double(p, c.args[0])}, 0), 0))"),
    "log": lambda p, c: Piece(
        f"ln(nullif(greatest({numbers.as_double(p, c.args[1])}, 0), 0))"
        f" / nullif(ln(nullif(greatest({numbers.as_double(p, c.args[0])}, 0), 0)), 0)",
        PRODUCT,
    ),
    "width_bucket": numbers.width_bucket,
    "concat": name_function("concat"),
    "concat_ws": name_function("concat_ws"),
    "lower": "lower({0})",
    # Its capital of ß is ẞ, a letter that Unicode gives no such way to.
    "upper": UPPER,
    # DuckDB 2.0 has no initcap; a word is a run of letters and digits.
    "initcap": (
        "array_to_string(list_transform(regexp_extract_all({0}, '[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+'),"
        " lambda w: upper(w[1]) || lower(w[2:])), '')"
    ),
    "length": "length({0})",
    "substring": texts.substring,
    "left": "left({0}, CAST({1} AS BIGINT))",
    "right": "right({0}, CAST({1} AS BIGINT))",
    "trim": name_function("trim"),
    "ltrim": name_function("ltrim"),
    "rtrim": name_function("rtrim"),
    "replace": "replace({0}, {1}, {2})",
    "lpad": texts.padded("lpad"),
    "rpad": texts.padded("rpad"),
    "repeat": "repeat({0}, CAST({1} AS BIGINT))",
    # DuckDB's own reverse keeps an accent after its letter: it goes by what is seen as one character.
    "reverse": "array_to_string(list_reverse(regexp_extract_all({0}, '(?s).')), '')",
    "split_part": texts.split_part,
    "strpos": "strpos({0}, {1})",
    "starts_with": "starts_with({0}, {1})",
    "like": texts.matches("LIKE"),
    "ilike": texts.matches("ILIKE"),
    "regexp_like": texts.regexp_like,
    "regexp_extract": texts.regexp_extract,
    "regexp_replace": texts.regexp_replace,
    "md5": "md5({0})",
    "format_time": times.format_time,
    "format_number": Refusal("numeric templates have no equal", "leave formatting to `format:`"),
    "parse_date": times.parse_time("date"),
    "parse_timestamp": times.parse_time("timestamp"),
    "time_floor": times.time_floor,
    "bucket_start": times.bucket_start,
    "to_local": "timezone({1}, {0})",
    "to_instant": "timezone({1}, {0})",
    "local_date": "CAST(timezone({1}, {0}) AS DATE)",
    "bucket_date": times.bucket_date,
    "calendar_date": times.calendar_date,
    "date_of": "CAST({0} AS DATE)",
    "add_interval": times.add_interval,
    "add_interval_in": times.add_interval_in,
    "date_diff": lambda p, c: Piece(f"{p.scalar(c.args[0]).within(SUM)} - {p.scalar(c.args[1]).within(PRODUCT)}", SUM),
    "seconds_between": times.seconds_between,
    "interval_between": times.interval_between,
    "age": "age(CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP))",
    "make_interval": times.make_interval,
    "interval_add": "{0} + {1}",
    "interval_scale": "{0} * CAST({1} AS DOUBLE)",
    "interval_seconds": "epoch({0})",
    "part": times.part,
    "second": "date_part('microseconds', {0}) / 1e6",
    "interval_part": times.part,
    "epoch": lambda p, c: Piece(f"{times.micros(p, c.args[0])} / 1e6", PRODUCT),
    "from_epoch": "to_timestamp({0})",
    "make_date": "make_date(CAST({0} AS BIGINT), CAST({1} AS BIGINT), CAST({2} AS BIGINT))",
    "make_timestamp": (
        "make_timestamp(CAST({0} AS BIGINT), CAST({1} AS BIGINT), CAST({2} AS BIGINT), CAST({3} AS BIGINT), CAST({4} AS BIGINT),"
        " {5})"
    ),
    "last_day": "last_day({0})",
    "months_between": (
        "date_part('year', age(CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP))) * 12"
        " + date_part('month', age(CAST({0} AS TIMESTAMP), CAST({1} AS TIMESTAMP)))"
    ),
    "json_get": documents.json_at("json_extract"),
    "json_text": documents.json_at("json_extract_string"),
    "json_has": documents.json_at("json_exists"),
    "json_contains": documents.json_contains,
    "json_object": documents.json_object,
    "json_array_length": "json_array_length({0})",
    "json_typeof": (
        "CASE json_type({0}) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string'"
        " WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE"
        " CASE WHEN json_type({0}) IS NOT NULL THEN 'number' END END"
    ),
    "json_keys": "CASE WHEN json_type({0}) = 'OBJECT' THEN json_keys({0}) END",
    "array_get": documents.element,
    "array_join": "CASE WHEN {0} IS NOT NULL THEN coalesce(array_to_string({0}, {1}), '') END",
    "split": "CASE WHEN {0} = '' THEN CAST([] AS VARCHAR[]) ELSE string_split({0}, {1}) END",
    "array": lambda p, c: Piece("[" + ", ".join(p.text(a) for a in c.args) + "]"),
    "array_contains": documents.array_contains,
    "array_length": "nullif(len({0}), 0)",
    "count_rows": "count(*)",
    "count": counted("row"),
    "sum": aggregates.total,
    "avg": aggregates.mean,
    "min": aggregate("min"),
    "max": aggregate("max"),
    "bool_and": aggregate("bool_and"),
    "bool_or": aggregate("bool_or"),
    "stddev_samp": aggregates.doubles("stddev_samp"),
    "stddev_pop": aggregates.doubles("stddev_pop"),
    "var_samp": aggregates.doubles("var_samp"),
    "var_pop": aggregates.doubles("var_pop"),
    "corr": aggregates.doubles("corr", finite_only=True),
    "covar_samp": aggregates.doubles("covar_samp"),
    "covar_pop": aggregates.doubles("covar_pop"),
    "regr_slope": aggregates.doubles("regr_slope", finite_only=True),
    "regr_intercept": aggregates.doubles("regr_intercept", finite_only=True),
    "percentile_cont": aggregates.percentile_cont,
    "percentile_disc": "quantile_disc({0}, {1})",
    "mode": aggregates.most_frequent,
    "string_agg": aggregates.string_agg,
    "array_agg": aggregate("array_agg"),
    "first_by": aggregate("first"),
    "last_by": aggregate("last"),
    "approx_count_distinct": "approx_count_distinct({0})",
    "approx_percentile": lambda p, c: Piece(f"approx_quantile({numbers.as_double(p, c.args[0])}, {p.text(c.args[1])})"),
    "grouping": aggregate("grouping"),
    "row_number": "row_number()",
    "rank": "rank()",
    "dense_rank": "dense_rank()",
    "percent_rank": "percent_rank()",
    "cume_dist": "cume_dist()",
    "ntile": "ntile({0})",
    "lag": name_function("lag"),
    "lead": name_function("lead"),
    "first_value": "first_value({0})",
    "last_value": "last_value({0})",
    "nth_value": "nth_value({0}, {1})",
}

_ELEMENTS = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.DOUBLE: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.TIMESTAMPTZ: "TIMESTAMPTZ",
    Kind.DECIMAL: "DECIMAL(38, 10)",
    Kind.JSON: "JSON",
}

_SECONDS, _MILLIS = "a whole number of seconds since 1970, UTC", "a whole number of milliseconds since 1970, UTC"

_TEXT = "text in a strptime pattern: `text %d.%m.%Y`"

_ZONELESS = "(?!.*%[zZ]).*"
"""A pattern without an offset: with one, strptime makes an instant."""

_STORED = {
    Kind.BOOLEAN: (NATIVE, Form("number", "{0} <> 0", "0 or 1")),
    Kind.DATE: (
        NATIVE,
        Form("text", "CAST(strptime({0}, {1}) AS DATE)", _TEXT, _ZONELESS),
        Form("seconds", "CAST(make_timestamp({0} * 1000000) AS DATE)", _SECONDS),
        Form("millis", "CAST(make_timestamp({0} * 1000) AS DATE)", _MILLIS),
    ),
    Kind.TIMESTAMP: (
        NATIVE,
        Form("text", "strptime({0}, {1})", _TEXT, _ZONELESS),
        Form("seconds", "make_timestamp({0} * 1000000)", _SECONDS),
        Form("millis", "make_timestamp({0} * 1000)", _MILLIS),
    ),
    Kind.TIMESTAMPTZ: (
        NATIVE,
        Form("text", "timezone('UTC', strptime({0}, {1}))", _TEXT + ", in UTC", _ZONELESS),
        Form("text", "strptime({0}, {1})", "text in a strptime pattern with `%z`, its offset", ".*%z.*"),
        Form("seconds", "timezone('UTC', make_timestamp({0} * 1000000))", _SECONDS),
        Form("millis", "timezone('UTC', make_timestamp({0} * 1000))", _MILLIS),
    ),
}

_WIDE, _EXACT = Type(Kind.INTEGER, 38), Type(Kind.DECIMAL, 38, 10)
"""What a recursive WITH counts in: its columns have the types of its first term."""

DUCKDB = Dialect(
    name="duckdb",
    stored=_STORED,
    functions=_FUNCTIONS,
    types={
        Kind.BOOLEAN: "BOOLEAN",
        Kind.INTEGER: lambda t: "BIGINT" if t.precision is None else "HUGEINT",
        Kind.DECIMAL: literals.decimal,
        Kind.DOUBLE: "DOUBLE",
        Kind.TEXT: "VARCHAR",
        Kind.DATE: "DATE",
        Kind.TIME: "TIME",
        Kind.TIMESTAMP: "TIMESTAMP",
        Kind.TIMESTAMPTZ: "TIMESTAMPTZ",
        Kind.INTERVAL: "INTERVAL",
        Kind.JSON: "JSON",
        Kind.ARRAY: lambda t: f"{_ELEMENTS[t.element.kind] if t.element else 'VARCHAR'}[]",
    },
    literal=literals.literal,
    quote=quoter('"', _RESERVED),
    parameter=lambda name, type: Piece(
        f"CAST(${name} AS {'TIMESTAMPTZ' if type.kind is Kind.TIMESTAMPTZ else 'VARCHAR'})"
    ),
    cast=literals.cast,
    # The session may say otherwise (default_null_order), so the place of NULLs is always spelt out.
    default_nulls=lambda descending: None,
    frame_exclusion=True,
    passes=(lambda query: widen_recursion(query, whole=_WIDE, exact=_EXACT),),
    series=_series,
    unnest=_unnest,
    manual=pages(
        "https://duckdb.org/docs/stable/",
        {"like": "sql/functions/pattern_matching", "ilike": "sql/functions/pattern_matching"},
        comparison="sql/expressions/comparison_operators",
        logic="sql/expressions/logical_operators",
        conditional="sql/functions/utility",
        arithmetic="sql/functions/numeric",
        numbers="sql/functions/numeric",
        texts="sql/functions/text",
        patterns="sql/functions/regular_expressions",
        formats="sql/functions/dateformat",
        times="sql/functions/timestamp",
        zones="sql/functions/timestamptz",
        intervals="sql/functions/interval",
        documents="data/json/json_functions",
        arrays="sql/functions/list",
        aggregates="sql/functions/aggregates",
        statistics="sql/functions/aggregates",
        ranks="sql/functions/window_functions",
        neighbours="sql/functions/window_functions",
    ),
    # Of a session only these can change an answer; they cost nothing where they are the usual ones.
    settings={
        "Calendar": "gregorian",
        "default_collation": "",
        "default_order": "ASC",
        "ieee_floating_point_ops": "true",
    },
)
