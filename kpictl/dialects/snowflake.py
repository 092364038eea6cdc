"""Snowflake. Instants are read as TIMESTAMP_LTZ in a session whose TIMEZONE is UTC, which the compiled job sets.

It differs from the contract where week numbers depend on the session, where GREATEST is NULL with a NULL, where frames of
FIRST_VALUE are the whole partition, and where LISTAGG of nothing is empty. No engine of it can be had for tests: what is written
here is checked against its manual (docs.snowflake.com/en/sql-reference/), not executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from kpictl.dialects import elapsed, posix_texts
from kpictl.dialects.buckets import width_bucket
from kpictl.dialects.constants import Constants, refuse_cast
from kpictl.dialects.dateadd import Clock
from kpictl.dialects.dialect import Dialect, Refusal, Rendering
from kpictl.dialects.manual import pages
from kpictl.dialects.marks import NEWLINE_MARK, OVER_MARK
from kpictl.dialects.operators import COMMON, infix, negation
from kpictl.dialects.physical import Form
from kpictl.dialects.printer import Printer
from kpictl.dialects.quoting import quoter
from kpictl.dialects.recursion import Limit, recursion
from kpictl.dialects.series_limits import no_uneven_series
from kpictl.dialects.standard import WINDOW_FUNCTIONS, aggregate, literal_text, name_function, seconds_text
from kpictl.dialects.templates import COMPARISON, PRODUCT, SUM, Piece
from kpictl.dialects.warehouse import (
    ARRAY_FUNCTIONS,
    PASSES,
    SAID_BY_PASSES,
    TEXT_OF_JSON_ONLY,
    average,
    concat,
    concat_ws,
    count,
    exponential,
    guarded,
    kept_tie,
    part_of,
    power,
    real_divide,
    rounding,
    split_part,
    substring,
    unsure_path,
    whole,
)
from kpictl.dialects.window_limits import no_ordered_distinct
from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Call, Cast, Col, Lit
from kpictl.model.types import DOUBLE, Kind, Type
from kpictl.passes.targets.explicit_frames import explicit_frames
from kpictl.passes.targets.pairs_as_text import pairs_as_text
from kpictl.passes.targets.ranges_as_join import ranges_as_join
from kpictl.passes.targets.series_as_digits import series_as_digits
from kpictl.passes.targets.series_by_number import series_by_number
from kpictl.passes.targets.typed_recursion import typed_recursion
from kpictl.passes.targets.values_as_union import values_as_union

# "Reserved & limited keywords", docs.snowflake.com/en/sql-reference/reserved-keywords, and the names of types and parts.
_RESERVED = frozenset(
    """
    account all alter and any as asof between by case cast check column connect connection constraint create cross current
    current_date current_time current_timestamp current_user database delete distinct drop else exists false following for from
    full grant group gscluster having ilike in increment inner insert intersect into is issue join lateral left like localtime
    localtimestamp match_condition minus natural not null of on or order organization qualify regexp revoke right rlike row rows
    sample schema select set some start table tablesample then to trigger true try_cast union unique update using values view when
    whenever where with date time timestamp year month day hour minute second number
    """.split()
)


_plain = quoter('"', frozenset())


def _quote(name: str) -> str:
    """A plain name is left bare and means its capitals there; a reserved one is quoted in capitals, so that it means the same."""
    return f'"{name.upper()}"' if name in _RESERVED else _plain(name)


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _text(value: str) -> str:
    """A text constant; a backslash in one is an escape."""
    return "'" + _percent(value).replace("\\", "\\\\").replace("'", "''").replace("\n", NEWLINE_MARK) + "'"


def _instant(value: datetime) -> Piece:
    word = "TIMESTAMP_NTZ" if value.tzinfo is None else "TIMESTAMP_LTZ"
    return Piece(f"CAST('{seconds_text(value).removesuffix('+00')}' AS {word})")


_LITERAL = Constants(
    text=lambda value: Piece(_text(value)),
    instant=_instant,
    day=lambda value: Piece(f"CAST('{value.isoformat()}' AS DATE)"),
    double="DOUBLE",
)


def _int_divide(printer: Printer, call: Call | Agg) -> Piece:
    """The quotient of NUMBERs has six decimals and is rounded, so the remainder is taken off first."""
    a, b = call.args
    if Kind.DOUBLE in (a.type.kind, b.type.kind):
        return printer.refuse_function(call, Refusal("whole quotients of doubles", "divide, then TRUNC"))
    left, right = printer.scalar(a), printer.scalar(b)
    divisor = right.text if isinstance(b, Lit) and b.value not in (None, 0) else f"NULLIF({right.text}, 0)"
    exact = f"({left.within(SUM)} - MOD({left.text}, {divisor})) / {divisor}"
    return Piece(f"CAST({exact} AS NUMBER(38, 0))")


def _mod(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if Kind.DOUBLE in (a.type.kind, b.type.kind):
        return printer.refuse_function(call, Refusal("MOD of doubles is inexact", "cast both sides to NUMERIC"))
    return Piece(f"MOD({printer.text(a)}, NULLIF({printer.text(b)}, 0))")


def _cast(printer: Printer, cast: Cast) -> Piece:
    source, goal = cast.arg.type.kind, cast.type.kind
    text = printer.text(cast.arg)

    if cast.safe:
        return refuse_cast(
            printer, cast, "which texts TRY_CAST takes is not the contract's list", "test the text first"
        )
    if goal is Kind.INTEGER and source in (Kind.DOUBLE, Kind.DECIMAL):
        rounded = rounding("ROUND")(printer, Call("round", (cast.arg,)))
        return Piece(f"CAST({rounded.text} AS NUMBER(38, 0))")
    if goal is Kind.INTEGER and source is Kind.TEXT:
        # A number with decimals would be rounded; here it is no integer.
        x = printer.scalar(cast.arg).within(SUM)
        rounds = f"{x} LIKE '%.%' OR {x} ILIKE '%e%'".replace("%", "%%")
        return Piece(f"CAST(CASE WHEN {rounds} THEN '?' ELSE {x} END AS NUMBER(38, 0))")
    if goal is Kind.JSON and source is Kind.TEXT:
        # A cast would make one string of it (sql-reference/functions/parse_json).
        return Piece(f"PARSE_JSON({text})")
    if goal is Kind.TEXT and source is Kind.DATE:
        return Piece(f"TO_CHAR({text}, 'YYYY-MM-DD')")
    if goal is Kind.TEXT and source in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.DOUBLE, Kind.DECIMAL, Kind.JSON):
        return refuse_cast(
            printer, cast, f"the text of {source.value} is another one there", "use to_char with a template"
        )
    if goal is Kind.DECIMAL and source is Kind.DOUBLE and cast.type.precision is not None:
        tied = kept_tie(printer.scalar(cast.arg).within(PRODUCT), cast.type.scale or 0, printer.type_name(DOUBLE))
        return Piece(f"CAST({tied} AS {printer.type_name(cast.type, cast.place)})")
    if goal is Kind.DECIMAL and cast.type.precision is None:
        scale = {Kind.INTEGER: 0, Kind.DOUBLE: 12, Kind.TEXT: 12}.get(source)
        return printer.scalar(cast.arg) if scale is None else Piece(f"CAST({text} AS NUMBER(38, {scale}))")
    return Piece(f"CAST({text} AS {printer.type_name(cast.type, cast.place)})")


def _listagg(printer: Printer, call: Call | Agg) -> Piece:
    """Of nothing it is the empty text; the contract says NULL."""
    assert isinstance(call, Agg)
    x, separator = (printer.text(a) for a in call.args)
    if call.distinct:
        order = f"{x} DESC" if call.order_by and call.order_by[0].descending else x
    elif call.order_by:
        order = ", ".join(printer.sort_key(k) for k in call.order_by)
    else:
        return printer.refuse_function(call, Refusal("its order would be by chance", "give string_agg an ORDER BY"))
    listed = (
        f"LISTAGG({'DISTINCT ' if call.distinct else ''}{x}, {separator}) WITHIN GROUP (ORDER BY {order}){OVER_MARK}"
    )
    return Piece(f"CASE WHEN COUNT({x}){OVER_MARK} > 0 THEN {listed} END")


def _like(printer: Printer, call: Call | Agg) -> Piece:
    """There is no escape unless it is said."""
    x, pattern, escape = call.args
    word = "ILIKE" if isinstance(call, Call) and call.fn == "ilike" else "LIKE"
    mark = literal_text(escape)
    text = f"{printer.scalar(x).within(SUM)} {word} {printer.scalar(pattern).within(SUM)}"
    return Piece(text if not mark else f"{text} ESCAPE {_text(mark)}", COMPARISON)


def _tested(value: str) -> Callable[[Printer, Call | Agg], Piece]:
    """`x IS TRUE` and `x IS FALSE`, which it does not have."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        piece = printer.scalar(call.args[0])
        inner = piece.text if value == "true" else f"NOT {piece.within(COMPARISON)}"
        return Piece(f"COALESCE({inner}, FALSE)")

    return rendering


def _not(printer: Printer, call: Call | Agg) -> Piece:
    (inner,) = call.args
    if isinstance(inner, Call) and inner.fn in ("is_true", "is_false"):
        return Piece(f"NOT {printer.text(inner)}", COMPARISON)
    return negation(printer, call)


def _json_text(printer: Printer, call: Call | Agg) -> Piece:
    """GET_PATH; a missing key is NULL, and so is a JSON null as VARCHAR."""
    x, *path = call.args
    keys = [step.value for step in path if isinstance(step, Lit)]
    if not isinstance(x, Col) or len(keys) != len(path):
        return printer.refuse_function(call, Refusal("only a column can be walked", "name the keys as constants"))
    if (why := unsure_path(path)) is not None:
        return printer.refuse_function(call, why)
    walked = "".join(f"[{key}]" if isinstance(key, int) else f'["{key}"]' for key in keys)
    return Piece(f"CAST(GET_PATH({printer.text(x)}, {_text(walked)}) AS VARCHAR)")


def _part(unit: str, t: str) -> str:
    """Parts that no session parameter changes; 0 is Sunday, as the contract counts."""
    words = {
        "week": f"WEEKISO({t})",
        "isoyear": f"YEAROFWEEKISO({t})",
        "dow": f"MOD(DAYOFWEEKISO({t}), 7)",
        "isodow": f"DAYOFWEEKISO({t})",
        "doy": f"DAYOFYEAR({t})",
    }
    return words.get(unit, f"{unit.upper()}({t})")


_CLOCK = Clock(
    to_local=lambda instant, zone: (
        f"CAST({instant} AS TIMESTAMP_NTZ)"
        if zone == "'UTC'"
        else f"CONVERT_TIMEZONE('UTC', {zone}, CAST({instant} AS TIMESTAMP_NTZ))"
    ),
    to_instant=lambda local, zone: (
        f"CAST({local} AS TIMESTAMP_LTZ)"
        if zone == "'UTC'"
        else f"CAST(CONVERT_TIMEZONE({zone}, 'UTC', {local}) AS TIMESTAMP_LTZ)"
    ),
    part=_part,
    patterns={
        **{word: word for word in "YYYY YY MM DD HH24 HH12 MI SS AM PM".split()},
        "MS": "FF3",
        "US": "FF6",
        "Mon": "MON",
    },
    timestamp="TIMESTAMP_NTZ",
    double="DOUBLE",
    whole="NUMBER(38, 0)",
    date_literal="CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ)",
)
_NO_ARRAYS = Refusal("its arrays hold values of any type", "join the rows instead")

_FUNCTIONS: dict[str, Rendering] = {
    **COMMON,
    **_CLOCK.functions(),
    "not": _not,
    "is_true": _tested("true"),
    "is_false": _tested("false"),
    "add": infix("+", SUM),
    "sub": infix("-", SUM),
    "mul": infix("*", PRODUCT),
    "neg": "-{0}",
    "coalesce": name_function("COALESCE"),
    "nullif": "NULLIF({0}, {1})",
    "greatest": name_function("GREATEST_IGNORE_NULLS"),
    "least": name_function("LEAST_IGNORE_NULLS"),
    "real_divide": real_divide,
    "int_divide": _int_divide,
    "mod": _mod,
    "abs": "ABS({0})",
    "sign": "SIGN({0})",
    "ceil": whole("CEIL"),
    "floor": whole("FLOOR"),
    "round": rounding("ROUND"),
    "trunc": rounding("TRUNC"),
    "power": power("LN"),
    "sqrt": lambda p, c: guarded(p, c, "SQRT({0})", "{0} >= 0"),
    "exp": exponential,
    "ln": lambda p, c: guarded(p, c, "LN({0})", "{0} > 0"),
    "log10": lambda p, c: guarded(p, c, "LN({0}) / LN(CAST(10 AS DOUBLE))", "{0} > 0"),
    "log": lambda p, c: guarded(p, c, "LN({1}) / LN({0})", "{0} > 0 AND {0} <> 1 AND {1} > 0"),
    "width_bucket": width_bucket,
    "concat_op": infix("||", SUM),
    "concat": concat,
    "concat_ws": concat_ws,
    "lower": "LOWER({0})",
    "upper": "UPPER({0})",
    "initcap": Refusal("its words end at a list of characters of its own", "store the label as it is shown"),
    "length": "LENGTH({0})",
    "substring": substring,
    "left": lambda p, c: part_of(p, c, "LEFT"),
    "right": lambda p, c: part_of(p, c, "RIGHT"),
    "trim": name_function("TRIM"),
    "ltrim": name_function("LTRIM"),
    "rtrim": name_function("RTRIM"),
    "replace": "REPLACE({0}, {1}, {2})",
    "lpad": name_function("LPAD"),
    "rpad": name_function("RPAD"),
    "repeat": "REPEAT({0}, GREATEST(CAST({1} AS INTEGER), 0))",
    "reverse": "REVERSE({0})",
    "split_part": split_part,
    "strpos": "CHARINDEX({1}, {0})",
    "starts_with": "STARTSWITH({0}, {1})",
    "like": _like,
    "ilike": _like,
    **posix_texts.SNOWFLAKE,
    "md5": "MD5({0})",
    "format_number": Refusal("its templates of numbers pad and round otherwise", "format the number where it is shown"),
    "json_text": _json_text,
    "count_rows": "COUNT(*)",
    "count": count,
    "sum": aggregate("SUM"),
    "avg": average,
    "min": aggregate("MIN"),
    "max": aggregate("MAX"),
    "bool_and": aggregate("BOOLAND_AGG"),
    "bool_or": aggregate("BOOLOR_AGG"),
    **SAID_BY_PASSES,
    **TEXT_OF_JSON_ONLY,
    **dict.fromkeys(ARRAY_FUNCTIONS, _NO_ARRAYS),
    "string_agg": _listagg,
    "approx_count_distinct": "COUNT(DISTINCT {0})",
    "grouping": aggregate("GROUPING"),
    **WINDOW_FUNCTIONS,
}


def _number(type: Type) -> str:
    return f"NUMBER({type.precision}, {type.scale or 0})" if type.precision is not None else "NUMBER(38, 12)"


def _limits(query: Query) -> Iterator[Limit]:
    """What has no exact form there: some recursion and series, and DISTINCT in windows."""
    yield from recursion(query)
    yield from no_uneven_series(query)
    yield from no_ordered_distinct(query)


SNOWFLAKE = Dialect(
    name="snowflake",
    functions=_FUNCTIONS,
    types={
        Kind.BOOLEAN: "BOOLEAN",
        Kind.INTEGER: "NUMBER(38, 0)",
        Kind.DECIMAL: _number,
        Kind.DOUBLE: "DOUBLE",
        Kind.TEXT: "VARCHAR",
        Kind.DATE: "DATE",
        Kind.TIME: "TIME",
        Kind.TIMESTAMP: "TIMESTAMP_NTZ",
        Kind.TIMESTAMPTZ: "TIMESTAMP_LTZ",
        Kind.INTERVAL: "DOUBLE",
        Kind.JSON: "VARIANT",
        Kind.ARRAY: _NO_ARRAYS,
    },
    literal=_LITERAL,
    quote=_quote,
    escape_text=_percent,
    parameter=lambda name, type: Piece(
        f"CAST(%({name})s AS {'TIMESTAMP_LTZ' if type.kind is Kind.TIMESTAMPTZ else 'VARCHAR'})"
    ),
    cast=_cast,
    stored={
        **elapsed.STORED,
        Kind.TIMESTAMPTZ: (
            Form("native", "CAST({0} AS TIMESTAMP_LTZ)", "TIMESTAMP_LTZ or TIMESTAMP_TZ"),
            Form("ntz", "CAST({0} AS TIMESTAMP_LTZ)", "TIMESTAMP_NTZ that holds UTC"),
        ),
    },
    default_nulls=lambda descending: not descending,
    refused_features={
        "frame_groups": Refusal("GROUPS frames are not known", "frame by ROWS or RANGE"),
        "frame_range_offset": Refusal("what RANGE by a distance does with NULL is not documented", "frame by ROWS"),
        "series": Refusal(
            "its generator takes a constant number of rows", "give constant steps, or join a table of dates"
        ),
        "unnest": Refusal("its arrays are VARIANT values", "keep the elements in a table of their own"),
        "lateral": Refusal(
            "which sub-queries LATERAL takes is not documented", "join, and number the rows of each group"
        ),
    },
    passes=(
        *PASSES,
        pairs_as_text,
        series_by_number,
        series_as_digits,
        ranges_as_join,
        values_as_union,
        typed_recursion,
        explicit_frames,
    ),
    limits=_limits,
    recursive_columns=True,
    manual=pages(
        "https://docs.snowflake.com/en/sql-reference/",
        {"grouping": "functions/grouping", "string_agg": "functions/listagg"},
        comparison="operators-comparison",
        logic="operators-logical",
        conditional="expressions-conditional",
        arithmetic="operators-arithmetic",
        numbers="functions-numeric",
        texts="functions-string",
        patterns="functions-string",
        formats="functions/to_char",
        times="functions-date-time",
        zones="functions/convert_timezone",
        intervals="data-types-datetime",
        documents="functions-semistructured",
        arrays="functions-semistructured",
        aggregates="functions-aggregation",
        statistics="functions-aggregation",
        ranks="functions-window",
        neighbours="functions-window",
    ),
    # sql-reference/parameters: each changes what a statement means.
    notes=("Checked against the manual; nothing was executed on Snowflake.", elapsed.NOTE),
    settings={
        "TIMEZONE": "UTC",
        "WEEK_START": "1",
        "WEEK_OF_YEAR_POLICY": "0",
        "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
        # What constants and casts of texts are read by (sql-reference/parameters).
        "DATE_INPUT_FORMAT": "AUTO",
        "TIME_INPUT_FORMAT": "AUTO",
        "TIMESTAMP_INPUT_FORMAT": "AUTO",
        # A session may cut every result to its first rows.
        "ROWS_PER_RESULTSET": "0",
        "DEFAULT_NULL_ORDERING": "LAST",
        "QUOTED_IDENTIFIERS_IGNORE_CASE": "FALSE",
    },
)
