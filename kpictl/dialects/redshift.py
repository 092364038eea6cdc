"""Amazon Redshift, which began as PostgreSQL 8 and keeps to it where this file is silent.

It differs from the contract where integers are averaged, where text is compared (trailing blanks are disregarded) and where
doubles are rounded; it has no FILTER, DISTINCT ON, LATERAL, generate_series on data, nor RANGE frames, which are said by rows
and joins. No engine of it can be had for tests: what is written here is checked against its manual
(docs.aws.amazon.com/redshift/latest/dg/), not executed.
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
from kpictl.dialects.operators import COMMON, negation
from kpictl.dialects.printer import Printer
from kpictl.dialects.quoting import quoter
from kpictl.dialects.recursion import Limit, recursion
from kpictl.dialects.series_limits import no_uneven_series
from kpictl.dialects.standard import WINDOW_FUNCTIONS, aggregate, literal_text, name_function, seconds_text
from kpictl.dialects.templates import ATOM, COMPARISON, PRODUCT, SUM, Piece
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
    same,
    split_part,
    substring,
    unsure_path,
    whole,
)
from kpictl.dialects.window_limits import no_distinct
from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Call, Cast, Col, Lit, Over, Scalar
from kpictl.model.types import DOUBLE, Kind, Type
from kpictl.passes.targets.exact_text import MARK, exact_text
from kpictl.passes.targets.flat_queries import with_at_top
from kpictl.passes.targets.pairs_as_text import pairs_as_text
from kpictl.passes.targets.peers_by_rows import peers_by_rows
from kpictl.passes.targets.ranges_as_join import ranges_as_join
from kpictl.passes.targets.rows_frames import rows_frames
from kpictl.passes.targets.series_as_digits import series_as_digits
from kpictl.passes.targets.series_by_number import series_by_number
from kpictl.passes.targets.typed_recursion import typed_recursion
from kpictl.passes.targets.values_as_union import values_as_union

# "Reserved words", docs.aws.amazon.com/redshift/latest/dg/r_pg_keywords.html
_RESERVED = frozenset(
    """
    aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary blanksasnull
    both bytedict bzip2 case cast check collate column connect constraint create credentials cross current_date current_time
    current_timestamp current_user current_user_id default deferrable deflate defrag delta delta32k desc disable distinct do
    else emptyasnull enable encode encrypt encryption end except explicit false for foreign freeze from full globaldict256
    globaldict64k grant group gzip having identity ignore ilike in initially inner intersect interval into is isnull join
    language leading left like limit localtime localtimestamp lun luns lzo lzop minus mostly16 mostly32 mostly8 natural new not
    notnull null nulls off offline offset oid old on only open or order outer overlaps parallel partition percent permissions
    pivot placing primary raw readratio recover references rejectlog resort respect restore right select session_user similar
    snapshot some sysdate system table tag tdes text255 text32k then timestamp to top trailing true truncatecolumns union unique
    unnest unpivot user using verbose wallet when where with without value values date time month year day hour minute second
    """.split()
)


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _text(value: str) -> str:
    """A text constant; a backslash in one is its own escape, and the mark of exact comparison is CHR(1)."""
    if value.endswith(MARK):
        before = value[: -len(MARK)]
        return f"{_text(before)} || CHR(1)" if before else "CHR(1)"
    quoted = _percent(value).replace("\\", "\\\\").replace("'", "''").replace("\n", NEWLINE_MARK)
    return f"'{quoted}'"


def _constant_text(value: str) -> Piece:
    text = _text(value)
    return Piece(text, SUM if "||" in text else ATOM)


def _instant(value: datetime) -> Piece:
    return Piece(f"{'TIMESTAMP' if value.tzinfo is None else 'TIMESTAMPTZ'} '{seconds_text(value)}'", COMPARISON)


_LITERAL = Constants(
    text=_constant_text,
    instant=_instant,
    day=lambda value: Piece(f"DATE '{value.isoformat()}'", COMPARISON),
    double="DOUBLE PRECISION",
)


_SMALL = frozenset(
    "length strpos date_diff part interval_part count count_rows row_number rank dense_rank ntile".split()
)
"""Functions whose results are far from the end of BIGINT."""


def _arithmetic(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """Integers are computed as decimals of 38 digits, since INT8 + INT8 overflows where the contract does not."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        a, b = call.args
        left, right = printer.scalar(a), printer.scalar(b)
        if isinstance(a, Lit) and isinstance(b, Lit) and a.type.kind is b.type.kind is Kind.INTEGER:
            left = _as_decimal(left)
        elif a.type.kind is b.type.kind is Kind.INTEGER and not (_is_small(a) and _is_small(b)):
            left = _widened(a, left)
            right = right if not isinstance(a, Lit) else _widened(b, right)
        return Piece(f"{left.within(binds)} {symbol} {right.within(binds + 1)}", binds)

    return rendering


def _is_small(x: Scalar) -> bool:
    if isinstance(x, Lit):
        return isinstance(x.value, int) and abs(x.value) < 2**31
    inner = x.call if isinstance(x, Over) else x
    return isinstance(inner, Call | Agg) and inner.fn in _SMALL


def _widened(x: Scalar, piece: Piece) -> Piece:
    is_wide = isinstance(x, Lit) or (isinstance(x, Call) and x.fn in ("add", "sub", "mul"))
    return piece if is_wide else _as_decimal(piece)


def _as_decimal(piece: Piece) -> Piece:
    return Piece(f"CAST({piece.text} AS DECIMAL(38, 0))")


def _neg(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = call.args
    piece = printer.scalar(x)
    return Piece(f"-{(_widened(x, piece) if x.type.kind is Kind.INTEGER else piece).within(ATOM)}", PRODUCT)


def _abs(printer: Printer, call: Call | Agg) -> Piece:
    (x,) = call.args
    piece = printer.scalar(x)
    return Piece(f"ABS({_widened(x, piece).text if x.type.kind is Kind.INTEGER else piece.text})")


def _int_divide(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if a.type.kind is Kind.INTEGER and b.type.kind is Kind.INTEGER:
        # INT8 by INT8 is a whole number; a wider sum is a decimal, whose quotient is not.
        left, right = (
            p.text if isinstance(x, Lit) else f"CAST({p.text} AS BIGINT)"
            for x, p in ((x, printer.scalar(x)) for x in (a, b))
        )
        divisor = right if isinstance(b, Lit) and b.value not in (None, 0) else f"NULLIF({right}, 0)"
        return Piece(f"{left} / {divisor}", PRODUCT)
    return printer.refuse_function(call, Refusal("whole quotients of other than integers", "divide, then TRUNC"))


def _mod(printer: Printer, call: Call | Agg) -> Piece:
    a, b = call.args
    if Kind.DOUBLE in (a.type.kind, b.type.kind):
        return printer.refuse_function(call, Refusal("MOD takes integers and decimals", "cast both sides to NUMERIC"))
    return Piece(f"MOD({printer.text(a)}, NULLIF({printer.text(b)}, 0))")


def _cast(printer: Printer, cast: Cast) -> Piece:
    source, goal = cast.arg.type.kind, cast.type.kind
    text = printer.text(cast.arg)

    if cast.safe:
        return refuse_cast(
            printer, cast, "a failed cast is an error there", "test the text with a regular expression first"
        )
    if goal is Kind.INTEGER and source in (Kind.DOUBLE, Kind.DECIMAL):
        rounded = rounding("ROUND")(printer, Call("round", (cast.arg,)))
        return Piece(f"CAST({rounded.text} AS BIGINT)")
    if goal is Kind.JSON and source is Kind.TEXT:
        # A cast would make one string of it, and only columns are navigated (dg/navigate-super, dg/JSON_PARSE).
        return refuse_cast(
            printer, cast, "only a SUPER column can be navigated", "keep JSON_PARSE of the text in a SUPER"
        )
    if goal is Kind.TEXT and source is Kind.DATE:
        return Piece(f"TO_CHAR({text}, 'YYYY-MM-DD')")
    if goal is Kind.TEXT and source in (Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.DOUBLE, Kind.DECIMAL, Kind.JSON):
        return refuse_cast(
            printer, cast, f"the text of {source.value} is another one there", "use to_char with a template"
        )
    if goal is Kind.TEXT and source is Kind.BOOLEAN:
        return Piece(
            f"CASE WHEN {text} THEN 'true' WHEN NOT {printer.scalar(cast.arg).within(COMPARISON)} THEN 'false' END"
        )
    if goal is Kind.DECIMAL and source is Kind.DOUBLE and cast.type.precision is not None:
        tied = kept_tie(printer.scalar(cast.arg).within(PRODUCT), cast.type.scale or 0, printer.type_name(DOUBLE))
        return Piece(f"CAST({tied} AS {printer.type_name(cast.type, cast.place)})")
    if goal is Kind.DECIMAL and source is Kind.DECIMAL and _loses_digits(cast.arg.type, cast.type):
        # r_enable_numeric_rounding.html: off by default, so that a cast by itself cuts digits off.
        return Piece(f"CAST(ROUND({text}, {cast.type.scale or 0}) AS {printer.type_name(cast.type, cast.place)})")
    if goal is Kind.DECIMAL and cast.type.precision is None and source is Kind.TEXT:
        return Piece(f"CAST({text} AS DECIMAL(38, 12))")
    if goal is Kind.DECIMAL and cast.type.precision is None:
        scale = {Kind.INTEGER: 0, Kind.DOUBLE: 12}.get(source)
        return printer.scalar(cast.arg) if scale is None else Piece(f"CAST({text} AS DECIMAL(38, {scale}))")
    return Piece(f"CAST({text} AS {printer.type_name(cast.type, cast.place)})")


def _loses_digits(source: Type, goal: Type) -> bool:
    """Whether a decimal of one type can have more decimals than the other type holds."""
    return goal.precision is not None and (source.precision is None or (source.scale or 0) > (goal.scale or 0))


def _listagg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    x, separator = (printer.text(a) for a in call.args)
    if call.distinct:
        # What is distinct and what it is ordered by is one expression; marks keep trailing blanks apart.
        x = f"{printer.scalar(call.args[0]).within(SUM)} || CHR(1)"
        way = " DESC" if call.order_by and call.order_by[0].descending else ""
        return Piece(f"REPLACE(LISTAGG(DISTINCT {x}, {separator}) WITHIN GROUP (ORDER BY {x}{way}), CHR(1), '')")
    if not call.order_by:
        return printer.refuse_function(call, Refusal("its order would be by chance", "give string_agg an ORDER BY"))
    order = ", ".join(printer.sort_key(k) for k in call.order_by)
    return Piece(f"LISTAGG({x}, {separator}) WITHIN GROUP (ORDER BY {order}){OVER_MARK}")


def _like(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Call)
    x, pattern, escape = call.args
    word = "ILIKE" if call.fn == "ilike" else "LIKE"
    mark = literal_text(escape)
    text = f"{printer.scalar(x).within(SUM)} {word} {printer.scalar(pattern).within(SUM)}"
    if not mark:
        return printer.refuse_function(call, Refusal("LIKE has an escape always", "leave the backslash as its escape"))
    return Piece(f"{text} ESCAPE {_text(mark)}", COMPARISON)


def _not(printer: Printer, call: Call | Agg) -> Piece:
    (inner,) = call.args
    if isinstance(inner, Call) and inner.fn == "same":
        return Piece(f"NOT {same(printer, inner).text}", COMPARISON)
    return negation(printer, call)


def _json_text(printer: Printer, call: Call | Agg) -> Piece:
    """A SUPER value is walked with dots and brackets; a missing key is NULL in the lax mode, which is the default."""
    x, *path = call.args
    if not isinstance(x, Col) or not all(isinstance(step, Lit) for step in path):
        return printer.refuse_function(call, Refusal("only a column can be walked", "name the keys as constants"))
    why = unsure_path(path)
    if why is not None:
        return printer.refuse_function(call, why)
    return Piece(f"CAST({_walked(printer, x, path)} AS VARCHAR)")


def _walked(printer: Printer, x: Scalar, path: list[Scalar]) -> str:
    out = printer.text(x)
    for step in path:
        value = step.value if isinstance(step, Lit) else None
        out += f"[{value}]" if isinstance(value, int) else f'."{value!s}"'
    return out


def _part(unit: str, t: str) -> str:
    """DATE_PART: weeks are ISO's, the days of a week run from Sunday, 0, to Saturday."""
    if unit == "isodow":
        return f"MOD(CAST(DATE_PART(dow, {t}) AS INTEGER) + 6, 7) + 1"
    if unit == "isoyear":  # that of the week's Thursday
        return f"DATE_PART(year, DATEADD(day, 3, DATE_TRUNC('week', {t})))"
    return f"DATE_PART({unit}, {t})"


_PATTERNS = {word: word for word in "YYYY YY IYYY IW DDD DD MM Mon HH24 HH12 MI SS MS US AM PM".split()}
# r_DATE_TRUNC.html (weeks begin on Monday), r_DATEADD_function.html, r_DATEDIFF_function.html, r_TIMEZONE.html,
# r_DATE_PART_function.html, r_LAST_DAY.html, r_TO_CHAR.html
_CLOCK = Clock(
    to_local=lambda instant, zone: f"TIMEZONE({zone}, {instant})",
    to_instant=lambda local, zone: f"TIMEZONE({zone}, {local})",
    part=_part,
    patterns=_PATTERNS,
)
_NO_ARRAYS = Refusal("it has no arrays of a type", "join the rows instead")

_FUNCTIONS: dict[str, Rendering] = {
    **COMMON,
    **_CLOCK.functions(),
    "same": same,
    "not": _not,
    "add": _arithmetic("+", SUM),
    "sub": _arithmetic("-", SUM),
    "mul": _arithmetic("*", PRODUCT),
    "neg": _neg,
    "coalesce": name_function("COALESCE"),
    "nullif": "NULLIF({0}, {1})",
    "greatest": name_function("GREATEST"),
    "least": name_function("LEAST"),
    "real_divide": real_divide,
    "int_divide": _int_divide,
    "mod": _mod,
    "abs": _abs,
    "sign": "SIGN({0})",
    "ceil": whole("CEILING"),
    "floor": whole("FLOOR"),
    "round": rounding("ROUND"),
    "trunc": rounding("TRUNC"),
    "power": power("LN"),
    "sqrt": lambda p, c: guarded(p, c, "SQRT({0})", "{0} >= 0"),
    "exp": exponential,
    "ln": lambda p, c: guarded(p, c, "LN({0})", "{0} > 0"),
    "log10": lambda p, c: guarded(p, c, "LN({0}) / LN(CAST(10 AS DOUBLE PRECISION))", "{0} > 0"),
    "log": lambda p, c: guarded(p, c, "LN({1}) / LN({0})", "{0} > 0 AND {0} <> 1 AND {1} > 0"),
    "width_bucket": width_bucket,
    "concat": concat,
    "concat_ws": concat_ws,
    "lower": "LOWER({0})",
    "upper": "UPPER({0})",
    "initcap": Refusal(
        "its words end at a list of punctuation, not at whatever is no letter", "store the label as it is shown"
    ),
    "length": "LEN({0})",
    "substring": substring,
    "left": lambda p, c: part_of(p, c, "LEFT"),
    "right": lambda p, c: part_of(p, c, "RIGHT"),
    "trim": name_function("BTRIM"),
    "ltrim": name_function("LTRIM"),
    "rtrim": name_function("RTRIM"),
    "replace": "REPLACE({0}, {1}, {2})",
    "lpad": name_function("LPAD"),
    "rpad": name_function("RPAD"),
    "repeat": "REPEAT({0}, CAST({1} AS INTEGER))",
    "reverse": "REVERSE({0})",
    "split_part": split_part,
    "strpos": "STRPOS({0}, {1})",
    "starts_with": "STRPOS({0}, {1}) = 1",
    "like": _like,
    "ilike": _like,
    **posix_texts.REDSHIFT,
    "md5": "MD5({0})",
    "format_number": Refusal("its templates of numbers pad and round otherwise", "format the number where it is shown"),
    "json_text": _json_text,
    "count_rows": "COUNT(*)",
    "count": count,
    "sum": aggregate("SUM"),
    "avg": average,
    "min": aggregate("MIN"),
    "max": aggregate("MAX"),
    "bool_and": aggregate("BOOL_AND"),
    "bool_or": aggregate("BOOL_OR"),
    **SAID_BY_PASSES,
    **TEXT_OF_JSON_ONLY,
    **dict.fromkeys(ARRAY_FUNCTIONS, _NO_ARRAYS),
    "string_agg": _listagg,
    "approx_count_distinct": "COUNT(DISTINCT {0})",
    "grouping": aggregate("GROUPING"),
    **WINDOW_FUNCTIONS,
}


def _decimal(type: Type) -> str:
    return f"DECIMAL({type.precision}, {type.scale or 0})" if type.precision is not None else "DECIMAL(38, 12)"


_ROWS_ONLY = Refusal("window frames are ROWS only", "frame by ROWS over an order that tells the rows apart")


def _limits(query: Query) -> Iterator[Limit]:
    """What has no exact form there: some recursion and series, and DISTINCT in windows."""
    yield from recursion(query)
    yield from no_uneven_series(query)
    yield from no_distinct(query)


REDSHIFT = Dialect(
    name="redshift",
    functions=_FUNCTIONS,
    types={
        Kind.BOOLEAN: "BOOLEAN",
        Kind.INTEGER: "BIGINT",
        Kind.DECIMAL: _decimal,
        Kind.DOUBLE: "DOUBLE PRECISION",
        Kind.TEXT: "VARCHAR(65535)",
        Kind.DATE: "DATE",
        Kind.TIME: "TIME",
        Kind.TIMESTAMP: "TIMESTAMP",
        Kind.TIMESTAMPTZ: "TIMESTAMPTZ",
        Kind.INTERVAL: "DOUBLE PRECISION",
        Kind.JSON: "SUPER",
        Kind.ARRAY: _NO_ARRAYS,
    },
    literal=_LITERAL,
    quote=quoter('"', _RESERVED),
    escape_text=_percent,
    parameter=lambda name, type: Piece(
        f"CAST(%({name})s AS {'TIMESTAMPTZ' if type.kind is Kind.TIMESTAMPTZ else 'VARCHAR'})"
    ),
    cast=_cast,
    default_nulls=lambda descending: not descending,
    order_value=lambda piece, by, query: (
        Piece(f"{piece.within(SUM)} || CHR(1)", SUM) if by.type.kind is Kind.TEXT else piece
    ),
    refused_features={
        "frame_range": _ROWS_ONLY,
        "frame_groups": _ROWS_ONLY,
        "series": Refusal(
            "generate_series runs on the leader node alone, apart from data",
            "give constant steps, or join a table of dates",
        ),
        "unnest": Refusal("arrays are SUPER values there", "keep the elements in a table of their own"),
        "lateral": Refusal("LATERAL is not known", "join, and number the rows of each group"),
    },
    passes=(
        *PASSES,
        pairs_as_text,
        series_by_number,
        series_as_digits,
        ranges_as_join,
        rows_frames,
        peers_by_rows,
        values_as_union,
        typed_recursion,
        with_at_top,
        exact_text,
    ),
    stored=elapsed.STORED,
    limits=_limits,
    recursive_columns=True,
    reads_texts=True,
    manual=pages(
        "https://docs.aws.amazon.com/redshift/latest/dg/",
        {"string_agg": "r_LISTAGG.html", "to_local": "CONVERT_TIMEZONE.html", "avg": "r_AVG.html"},
        comparison="r_comparison_condition.html",
        logic="r_logical_condition.html",
        conditional="c_conditional_expressions.html",
        arithmetic="r_OPERATOR_SYMBOLS.html",
        numbers="Math_functions.html",
        texts="String_functions_header.html",
        patterns="pattern-matching-conditions.html",
        formats="r_Data_type_formatting.html",
        times="Date_functions_header.html",
        zones="r_AT_TIME_ZONE.html",
        intervals="r_interval_data_types.html",
        documents="json-functions.html",
        arrays="r_SUPER_type.html",
        aggregates="c_Aggregate_Functions.html",
        statistics="c_Aggregate_Functions.html",
        ranks="c_Window_functions.html",
        neighbours="c_Window_functions.html",
    ),
    # The manual's defaults, said so that a session's cannot differ.
    notes=(
        "Checked against the manual, and by PostgreSQL for what both say alike; nothing was executed on Redshift.",
        elapsed.NOTE,
    ),
    # cm_chap_ConfigurationRef.html, super-configurations.html: without case a key with capitals is not found, in the strict mode
    # a missing key is an error.
    settings={
        "timezone": "UTC",
        "datestyle": "ISO, MDY",
        "enable_case_sensitive_super_attribute": "true",
        "navigate_super_null_on_error": "on",
        "cast_super_null_on_error": "on",
        "describe_field_name_in_uppercase": "off",
    },
)
