"""PostgreSQL 15 and later. TimescaleDB says the same.

It differs from the contract where integers divide, where doubles round half to even, where text sorts by the database's
collation and where `date_trunc` in a zone falls behind its own row (Havana); see docs/targets/postgres.md.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.dialects import postgres_aggregates as aggregates
from kpictl.dialects import postgres_literals as literals
from kpictl.dialects import postgres_numbers as numbers
from kpictl.dialects import postgres_texts as texts
from kpictl.dialects import postgres_times as times
from kpictl.dialects.dialect import Dialect, Rendering
from kpictl.dialects.manual import pages
from kpictl.dialects.operators import COMMON
from kpictl.dialects.physical import NATIVE, Form
from kpictl.dialects.printer import Printer
from kpictl.dialects.quoting import quoter
from kpictl.dialects.standard import UPPER, aggregate, counted, literal_text, name_function
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.dialects.window_limits import no_distinct
from kpictl.model.types import Kind, Type
from kpictl.passes.targets.qualify_as_filter import qualify_as_filter
from kpictl.passes.targets.widen_recursion import widen_recursion

# PostgreSQL 15 manual, appendix C: reserved, and reserved except as function or type.
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc distinct do else end
    except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into
    is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on
    only or order outer overlaps placing primary references returning right select session_user similar some
    symmetric table tablesample then to trailing true union unique user using variadic verbose when where window
    with values interval between exists extract position row time timestamp precision overlay substring trim
    coalesce nullif greatest least grouping setof char character bit boolean dec decimal float int integer
    numeric real smallint bigint varchar nchar national none out inout
    """.split()
)


def _series(printer: Printer, bounds: tuple[Piece, Piece, Piece], type: Type, alias: str, column: str) -> str:
    start, stop, step = (p.text for p in bounds)
    if type.kind is Kind.DATE:
        # Of dates it would go through the session's zone; of naive timestamps it does not.
        start, stop = f"CAST({start} AS timestamp)", f"CAST({stop} AS timestamp)"
    return f"generate_series({start}, {stop}, {step}) AS {alias}({column})"


def _unnest(printer: Printer, array: Piece, type: Type, alias: str, column: str) -> str:
    function = "jsonb_array_elements" if type.kind is Kind.JSON else "unnest"
    return f"{function}({array.text}) AS {alias}({column})"


_FUNCTIONS: dict[str, Rendering] = {
    **COMMON,
    "lt": texts.ordering("<"),
    "le": texts.ordering("<="),
    "gt": texts.ordering(">"),
    "ge": texts.ordering(">="),
    "add": numbers.arithmetic("+", SUM),
    "sub": numbers.arithmetic("-", SUM),
    "mul": numbers.arithmetic("*", PRODUCT),
    "coalesce": name_function("coalesce"),
    "nullif": "nullif({0}, {1})",
    "greatest": lambda p, c: Piece(f"greatest({', '.join(texts.collated(p, a) for a in c.args)})"),
    "least": lambda p, c: Piece(f"least({', '.join(texts.collated(p, a) for a in c.args)})"),
    "real_divide": numbers.real_divide,
    "int_divide": numbers.int_divide,
    "mod": numbers.modulo,
    "neg": numbers.negated("-"),
    "abs": numbers.negated("abs"),
    "sign": "CAST(sign({0}) AS integer)",
    "ceil": numbers.whole("ceil"),
    "floor": numbers.whole("floor"),
    "round": numbers.rounding("round"),
    "trunc": numbers.rounding("trunc"),
    "power": numbers.power,
    "sqrt": numbers.guarded("sqrt", "{0} >= 0"),
    "exp": numbers.exp,
    "ln": numbers.guarded("ln", "{0} > 0"),
    "log10": numbers.guarded("log", "{0} > 0"),
    "log": numbers.log,
    "width_bucket": "width_bucket(CAST({0} AS numeric), CAST({1} AS numeric), CAST({2} AS numeric), CAST({3} AS integer))",
    "concat": name_function("concat"),
    "concat_ws": name_function("concat_ws"),
    # ICU's collations map words, not letters: ΟΔΟΣ to οδος, İ to two characters, ß to SS; the library of musl makes ẞ of ß.
    "lower": "lower(replace(replace({0}, 'Σ', 'σ'), 'İ', 'i'))",
    "upper": UPPER,
    # initcap itself takes the words of the database's collation: of ICU's O'Neill is one, of others two.
    "initcap": (
        "CASE WHEN {0} IS NOT NULL THEN coalesce((SELECT string_agg(upper(left(w[1], 1)) || lower(substr(w[1], 2)), ''"
        " ORDER BY n) FROM regexp_matches({0}, '[[:alnum:]]+|[^[:alnum:]]+', 'g') WITH ORDINALITY AS words(w, n)), '') END"
    ),
    "length": "length({0})",
    "substring": numbers.integers("substr", 1),
    "left": "left({0}, CAST({1} AS integer))",
    "right": "right({0}, CAST({1} AS integer))",
    "trim": name_function("btrim"),
    "ltrim": name_function("ltrim"),
    "rtrim": name_function("rtrim"),
    "replace": "replace({0}, {1}, {2})",
    "lpad": numbers.integers("lpad", 1),
    "rpad": numbers.integers("rpad", 1),
    "repeat": "repeat({0}, CAST({1} AS integer))",
    "reverse": "reverse({0})",
    "split_part": "split_part({0}, {1}, CAST({2} AS integer))",
    "strpos": "strpos({0}, {1})",
    "starts_with": "starts_with({0}, {1})",
    "like": texts.matches("LIKE"),
    "ilike": texts.matches("ILIKE"),
    "regexp_like": texts.regexp_like,
    "regexp_extract": name_function("substring"),
    "regexp_replace": name_function("regexp_replace"),
    "md5": "md5({0})",
    "format_time": lambda p, c: Piece(
        f"to_char(CAST({p.text(c.args[0])} AS timestamp), {literals.quoted(literal_text(c.args[1]))})"
    ),
    "format_number": times.templated("to_char"),
    "parse_date": times.templated("to_date"),
    "parse_timestamp": lambda p, c: Piece(
        f"timezone('UTC', to_timestamp({p.text(c.args[0])} || ' +00', {literals.quoted(literal_text(c.args[1]) + ' TZH')}))"
    ),
    "time_floor": times.time_floor,
    "bucket_start": times.bucket_start,
    "to_local": "timezone({1}, {0})",
    "to_instant": "timezone({1}, {0})",
    "bucket_date": times.bucket_date,
    "local_date": "CAST(timezone({1}, {0}) AS date)",
    "date_of": "CAST({0} AS date)",
    "add_interval": times.add_interval,
    "add_interval_in": times.add_interval_in,
    "date_diff": lambda p, c: Piece(f"{p.scalar(c.args[0]).within(SUM)} - {p.scalar(c.args[1]).within(PRODUCT)}", SUM),
    "seconds_between": times.seconds_between,
    "interval_between": times.interval_between,
    "age": "age(CAST({0} AS timestamp), CAST({1} AS timestamp))",
    "make_interval": times.make_interval,
    "interval_add": "{0} + {1}",
    "interval_scale": "{0} * CAST({1} AS double precision)",
    "interval_seconds": "CAST(extract(epoch FROM {0}) AS double precision)",
    "part": times.part,
    "second": "CAST(extract(second FROM {0}) AS double precision)",
    "interval_part": times.part,
    "epoch": lambda p, c: Piece(f"CAST({times.micro_epoch(p, c.args[0])} AS double precision)"),
    "from_epoch": "to_timestamp(CAST({0} AS double precision))",
    "make_date": "make_date(CAST({0} AS integer), CAST({1} AS integer), CAST({2} AS integer))",
    "make_timestamp": (
        "make_timestamp(CAST({0} AS integer), CAST({1} AS integer), CAST({2} AS integer),"
        " CAST({3} AS integer), CAST({4} AS integer), CAST({5} AS double precision))"
    ),
    "last_day": "CAST(date_trunc('month', CAST({0} AS timestamp)) + INTERVAL '1 month' - INTERVAL '1 day' AS date)",
    "months_between": (
        "CAST(extract(year FROM age(CAST({0} AS timestamp), CAST({1} AS timestamp))) * 12"
        " + extract(month FROM age(CAST({0} AS timestamp), CAST({1} AS timestamp))) AS integer)"
    ),
    "json_get": texts.json_path("jsonb_extract_path"),
    "json_text": texts.json_path("jsonb_extract_path_text"),
    "json_has": "jsonb_exists({0}, {1})",
    "json_contains": texts.json_contains,
    "json_object": name_function("jsonb_build_object"),
    "json_array_length": "jsonb_array_length({0})",
    "json_typeof": "jsonb_typeof({0})",
    "json_keys": "CASE WHEN jsonb_typeof({0}) = 'object' THEN ARRAY(SELECT jsonb_object_keys({0})) END",
    "array_get": "({0})[CAST({1} AS integer)]",
    "array_join": "array_to_string({0}, {1})",
    "split": "string_to_array({0}, {1})",
    "array": lambda p, c: Piece("ARRAY[" + ", ".join(p.text(a) for a in c.args) + "]"),
    "array_contains": "{1} = ANY ({0})",
    "array_length": "array_length({0}, 1)",
    "count_rows": "count(*)",
    "count": counted("ROW"),
    "sum": aggregate("sum"),
    "avg": aggregates.mean,
    "min": aggregates.extreme("min"),
    "max": aggregates.extreme("max"),
    "bool_and": aggregate("bool_and"),
    "bool_or": aggregate("bool_or"),
    "stddev_samp": aggregates.doubles("stddev_samp"),
    "stddev_pop": aggregates.doubles("stddev_pop"),
    "var_samp": aggregates.doubles("var_samp"),
    "var_pop": aggregates.doubles("var_pop"),
    "corr": aggregates.doubles("corr"),
    "covar_samp": aggregates.doubles("covar_samp"),
    "covar_pop": aggregates.doubles("covar_pop"),
    "regr_slope": aggregates.doubles("regr_slope"),
    "regr_intercept": aggregates.doubles("regr_intercept"),
    "percentile_cont": aggregates.within_group("percentile_cont", double=True),
    "percentile_disc": aggregates.within_group("percentile_disc", double=False),
    "mode": aggregates.within_group("mode", double=False),
    "string_agg": aggregates.string_agg,
    "array_agg": aggregates.array_agg,
    "first_by": aggregates.edge("first"),
    "last_by": aggregates.edge("last"),
    # Both are exact here: PostgreSQL has no sketches of its own.
    "approx_count_distinct": "count(DISTINCT {0})",
    "approx_percentile": aggregates.within_group("percentile_cont", double=True),
    "grouping": aggregate("GROUPING"),
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
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.DOUBLE: "double precision",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamp",
    Kind.TIMESTAMPTZ: "timestamptz",
    Kind.DECIMAL: "numeric",
    Kind.JSON: "jsonb",
    Kind.INTERVAL: "interval",
}

_SECONDS, _MILLIS = "a number of seconds since 1970, UTC", "a number of milliseconds since 1970, UTC"

_TEXT = "text in a template of to_char: `text DD.MM.YYYY`"

_EPOCH = "to_timestamp(CAST({0} AS double precision))", "to_timestamp(CAST({0} AS double precision) / 1000)"

_WALL = "timezone('UTC', to_timestamp({0} || ' +00', {1} || ' TZH'))"


def _texts(read: str, goal: str, meaning: str) -> tuple[Form, ...]:
    """Texts in a template, without and with fractions of seconds; a text that is not written as the template writes it fails.

    to_timestamp leaves out what stands behind the template's end, and takes a shorter text: to_char tells. (manual:
    functions-formatting, "Usage notes for date/time formatting".)
    """

    def strict(written: str, found: str) -> str:
        failing = f"CAST('not in ' || {{1}} || ': ' || {{0}} AS {goal})"
        return f"CASE WHEN {{0}} IS NULL OR {written} = {found} THEN {read} ELSE {failing} END"

    written = f"lower(to_char({read}, {{1}}))"
    return (
        Form("text", strict(written, "lower({0})"), meaning, "(?i)(?!.*(TZ|OF|US|MS|FF[1-6])).*"),
        Form(
            "text",
            strict(f"rtrim({written}, '0')", "rtrim(lower({0}), '0')"),
            meaning + " with fractions (`US`)",
            "(?i)(?!.*(TZ|OF)).*(US|MS|FF[1-6])",
        ),
    )


_STORED = {
    Kind.BOOLEAN: (NATIVE, Form("number", "{0} <> 0", "0 or 1")),
    Kind.DATE: (
        NATIVE,
        *_texts("to_date({0}, {1})", "date", _TEXT),
        Form("seconds", f"CAST(timezone('UTC', {_EPOCH[0]}) AS date)", _SECONDS),
        Form("millis", f"CAST(timezone('UTC', {_EPOCH[1]}) AS date)", _MILLIS),
    ),
    Kind.TIMESTAMP: (
        NATIVE,
        *_texts(_WALL, "timestamp", _TEXT),
        Form("seconds", f"timezone('UTC', {_EPOCH[0]})", _SECONDS),
        Form("millis", f"timezone('UTC', {_EPOCH[1]})", _MILLIS),
    ),
    Kind.TIMESTAMPTZ: (
        NATIVE,
        *(
            replace(form, read=f"timezone('UTC', {form.read})", meaning=form.meaning + ", in UTC")
            for form in _texts(_WALL, "timestamp", _TEXT)
        ),
        Form("seconds", _EPOCH[0], _SECONDS),
        Form("millis", _EPOCH[1], _MILLIS),
    ),
}

POSTGRES = Dialect(
    name="postgres",
    stored=_STORED,
    functions=_FUNCTIONS,
    types={
        Kind.BOOLEAN: "boolean",
        Kind.INTEGER: "bigint",
        Kind.DECIMAL: literals.numeric,
        Kind.DOUBLE: "double precision",
        Kind.TEXT: "text",
        Kind.DATE: "date",
        Kind.TIME: "time",
        Kind.TIMESTAMP: "timestamp",
        Kind.TIMESTAMPTZ: "timestamptz",
        Kind.INTERVAL: "interval",
        Kind.JSON: "jsonb",
        Kind.ARRAY: lambda t: f"{_ELEMENTS[t.element.kind] if t.element else 'text'}[]",
    },
    literal=literals.literal,
    quote=quoter('"', _RESERVED),
    escape_text=literals.percent,
    parameter=lambda name, type: Piece(
        f"CAST(%({name})s AS {'timestamptz' if type.kind is Kind.TIMESTAMPTZ else 'text'})"
    ),
    cast=literals.cast,
    default_nulls=lambda descending: not descending,
    order_value=lambda piece, by, query: (
        Piece(f'{piece.within(ATOM)} COLLATE "C"') if by.type.kind is Kind.TEXT else piece
    ),
    frame_exclusion=True,
    passes=(qualify_as_filter, widen_recursion),
    limits=no_distinct,
    series=_series,
    unnest=_unnest,
    manual=pages(
        "https://www.postgresql.org/docs/current/",
        {},
        comparison="functions-comparison.html",
        logic="functions-logical.html",
        conditional="functions-conditional.html",
        arithmetic="functions-math.html",
        numbers="functions-math.html",
        texts="functions-string.html",
        patterns="functions-matching.html",
        formats="functions-formatting.html",
        times="functions-datetime.html",
        zones="functions-datetime.html",
        intervals="functions-datetime.html",
        documents="functions-json.html",
        arrays="functions-array.html",
        aggregates="functions-aggregate.html",
        statistics="functions-aggregate.html",
        ranks="functions-window.html",
        neighbours="functions-window.html",
    ),
    # Doubles must print in their shortest form for rounding to be exact.
    settings={"extra_float_digits": "1"},
)
