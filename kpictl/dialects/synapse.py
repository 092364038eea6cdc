"""Azure Synapse, in the T-SQL that both its pools speak: what one of them lacks is said in a way that both know.

The dedicated pool has no OFFSET, GREATEST or DATETRUNC, the serverless one no GROUPING SETS; neither has a boolean type, LIMIT,
FILTER, DISTINCT ON, intervals, arrays or regular expressions. So a job runs on either, whatever `pool:` of its connection says.
Statements rest on ANSI settings, which the job sets, and on no session's DATEFIRST, LANGUAGE or collation. No engine of it can be
had for tests: what is printed is parsed and bound by Microsoft's own parser and checked against the manual, not executed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from kpictl.dialects import elapsed
from kpictl.dialects import synapse_numbers as numbers
from kpictl.dialects import synapse_texts as texts
from kpictl.dialects import synapse_times as times
from kpictl.dialects.buckets import width_bucket
from kpictl.dialects.constants import Constants, refuse_cast
from kpictl.dialects.dialect import Dialect, Refusal, Rendering
from kpictl.dialects.manual import pages
from kpictl.dialects.operators import COMMON
from kpictl.dialects.physical import Form
from kpictl.dialects.printer import Printer
from kpictl.dialects.standard import WINDOW_FUNCTIONS, name_function, seconds_text
from kpictl.dialects.synapse_limits import limits
from kpictl.dialects.synapse_times import COLLATION, STAMP
from kpictl.dialects.templates import ATOM, PRODUCT, SUM, Piece
from kpictl.dialects.warehouse import (
    ARRAY_FUNCTIONS,
    PASSES,
    SAID_BY_PASSES,
    TEXT_OF_JSON_ONLY,
    average,
    exponential,
    guarded,
    kept_tie,
    power,
    real_divide,
    whole,
)
from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Call, Cast, Scalar
from kpictl.model.types import Kind
from kpictl.passes.targets.booleans_as_bits import booleans_as_bits
from kpictl.passes.targets.distinct_listed import distinct_listed
from kpictl.passes.targets.exact_text import exact_text
from kpictl.passes.targets.flat_queries import offset_as_number, order_at_top, with_at_top
from kpictl.passes.targets.groups_below import windows_over_sets
from kpictl.passes.targets.keys_below import keys_below
from kpictl.passes.targets.nth_by_number import nth_by_number
from kpictl.passes.targets.pairs_as_text import pairs_as_text
from kpictl.passes.targets.qualify_as_filter import qualify_as_filter
from kpictl.passes.targets.queries_apart import queries_below_aggregates, rows_in_as_exists
from kpictl.passes.targets.ranges_as_join import ranges_as_join
from kpictl.passes.targets.series_as_digits import series_as_digits
from kpictl.passes.targets.series_by_number import series_by_number
from kpictl.passes.targets.set_all_as_copies import set_all_as_copies
from kpictl.passes.targets.sets_as_union import sets_as_union
from kpictl.passes.targets.values_as_union import values_as_union


def _quote(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def _stamp(value: datetime) -> str:
    return f"CAST('{seconds_text(value).removesuffix('+00').replace(' ', 'T')}' AS {STAMP})"


def _with_point(value: Decimal) -> str:
    text = f"{value:f}"
    return text if "." in text else f"{text}."


_LITERAL = Constants(
    text=texts.literal,
    instant=lambda value: Piece(_stamp(value)),
    day=lambda value: Piece(f"CAST('{value.isoformat()}' AS DATE)"),
    double="FLOAT",
    booleans=("0", "1"),
    decimal=_with_point,
)


_DIGIT = "N'%[0-9]%'"
_DAY_FORM = times.FORMS["YYYY-MM-DD"]
_NOT_FINITE = "N'nan', N'inf', N'-inf', N'infinity', N'-infinity'"
_YES = "N'true', N't', N'yes', N'y', N'on', N'1'"
_NO = "N'false', N'f', N'no', N'n', N'off', N'0'"


_WHOLE = frozenset(("trunc", "floor", "ceil", "round"))
"""What they return has no decimals, so that a cast need not round it again."""


def _cast(printer: Printer, cast: Cast) -> Piece:
    source, goal = cast.arg.type.kind, cast.type.kind
    text = printer.text(cast.arg)

    if cast.safe:
        return refuse_cast(
            printer, cast, "which texts TRY_CAST takes is not the contract's list", "test the text with LIKE first"
        )
    if source is Kind.TEXT:
        found = _of_text(printer, cast)
        return (
            found
            if found is not None
            else refuse_cast(printer, cast, f"how {goal.value} is read is the session's", "CAST text in ISO form")
        )
    if goal is Kind.INTEGER and source in (Kind.DOUBLE, Kind.DECIMAL):
        if isinstance(cast.arg, Call) and cast.arg.fn in _WHOLE and len(cast.arg.args) == 1:
            return Piece(f"CAST({text} AS BIGINT)")
        return Piece(f"CAST({numbers.round_to(printer, Call('round', (cast.arg,))).text} AS BIGINT)")
    if goal is Kind.TEXT:
        way = "use to_char" if cast.arg.type.is_temporal else "format the number where it is shown"
        return _to_text(printer, cast) or refuse_cast(
            printer, cast, f"the text of {source.value} is another one there", way
        )
    if goal is Kind.DECIMAL and cast.type.precision is None:
        if source is Kind.DECIMAL:
            return printer.scalar(cast.arg)
        return Piece(f"CAST({text} AS {'DECIMAL(38, 0)' if source is Kind.INTEGER else 'DECIMAL(38, 12)'})")
    if goal is Kind.DECIMAL and source is Kind.DOUBLE:
        tied = kept_tie(printer.scalar(cast.arg).within(PRODUCT), cast.type.scale or 0, "FLOAT")
        return Piece(f"CAST({tied} AS {numbers.decimal_name(cast.type)})")
    if goal is Kind.TIMESTAMP and source is Kind.TIMESTAMPTZ:
        return printer.scalar(cast.arg)
    return Piece(f"CAST({text} AS {printer.type_name(cast.type, cast.place)})")


def _of_text(printer: Printer, cast: Cast) -> Piece | None:
    """A text as what it says; an empty one would be 0, and dates are read by the session unless they are in ISO form."""
    x, goal = printer.scalar(cast.arg).within(SUM), cast.type.kind
    match goal:
        case Kind.TEXT | Kind.JSON:
            return printer.scalar(cast.arg)
        case Kind.DOUBLE:
            word = f"LOWER(LTRIM(RTRIM({x})))"
            given = f"CASE WHEN {word} IN ({_NOT_FINITE}) THEN NULL WHEN {x} NOT LIKE {_DIGIT} THEN N'?' ELSE {x} END"
            return Piece(f"CAST({given} AS FLOAT)")
        case Kind.INTEGER:
            return Piece(
                f"CAST(CASE WHEN {x} NOT LIKE {_DIGIT} THEN N'?' ELSE {x} END AS {printer.type_name(cast.type)})"
            )
        case Kind.DECIMAL:
            return Piece(f"CAST({x} AS {numbers.decimal_name(cast.type)})")
        case Kind.BOOLEAN:
            word = f"LOWER(LTRIM(RTRIM({x})))"
            return Piece(
                f"CASE WHEN {word} IN ({_YES}) THEN 1 WHEN {word} IN ({_NO}) THEN 0 ELSE CAST(N'?' + {x} AS BIT) END"
            )
        case Kind.DATE:
            return Piece(f"CAST(CASE WHEN {x} NOT LIKE N'{_DAY_FORM}' THEN N'?' ELSE {x} END AS DATE)")
        case Kind.TIMESTAMP:
            forms = f"{x} LIKE N'{_DAY_FORM}' OR {x} LIKE N'{_DAY_FORM}[ T][0-9][0-9]:[0-9][0-9]%'"
            return Piece(f"CAST(CASE WHEN NOT ({forms}) THEN N'?' ELSE {x} END AS {STAMP})")
    return None


def _to_text(printer: Printer, cast: Cast) -> Piece | None:
    source, text = cast.arg.type.kind, printer.text(cast.arg)
    if source in (Kind.TEXT, Kind.JSON):
        return printer.scalar(cast.arg)
    if source in (Kind.INTEGER, Kind.NULL):
        return Piece(f"CAST({text} AS NVARCHAR(40)) COLLATE {COLLATION}")
    if source is Kind.DATE:
        return Piece(f"CONVERT(NVARCHAR(10), {text}, 23) COLLATE {COLLATION}")
    if source is Kind.BOOLEAN:
        return Piece(f"CASE {text} WHEN 1 THEN N'true' WHEN 0 THEN N'false' END COLLATE {COLLATION}")
    return None


def _count(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    if len(call.args) != 1:
        why = Refusal(
            "it counts several values as texts, and one of these has no exact text",
            "count the rows of a sub-query that is DISTINCT",
        )
        return printer.refuse_function(call, why)
    return Piece(f"COUNT_BIG({printer.aggregate_arguments(call)[0].text})")


def _extreme(name: str) -> Rendering:
    """MIN and MAX, which take no BIT."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        x = call.args[0]
        text = printer.text(x)
        return Piece(f"{name}(CAST({text} AS INT))" if x.type.kind is Kind.BOOLEAN else f"{name}({text})")

    return rendering


_NO_ARRAYS = Refusal("it has no arrays", "join the rows instead")
_OVER_ONLY = Refusal(
    "it has no NTH_VALUE, and this frame begins elsewhere", "number the rows, and take the one of that number"
)

_FUNCTIONS: dict[str, Rendering] = {
    **COMMON,
    **times.FUNCTIONS,
    **texts.FUNCTIONS,
    # `booleans_as_bits` says these so, with what stands in them as a condition.
    "same": "CASE WHEN {0} = {1} OR {0} IS NULL AND {1} IS NULL THEN 1 ELSE 0 END = 1",
    "is_true": "CASE WHEN {0} THEN 1 ELSE 0 END = 1",
    "is_false": "CASE WHEN NOT {0} THEN 1 ELSE 0 END = 1",
    "add": numbers.arithmetic("+", SUM),
    "sub": numbers.arithmetic("-", SUM),
    "mul": numbers.arithmetic("*", PRODUCT),
    "neg": numbers.neg,
    "coalesce": name_function("COALESCE"),
    "nullif": "NULLIF({0}, {1})",
    "greatest": numbers.extreme(">="),
    "least": numbers.extreme("<="),
    "real_divide": real_divide,
    "int_divide": numbers.int_divide,
    "mod": numbers.mod,
    "abs": numbers.absolute,
    "sign": "CASE WHEN {0} > 0 THEN 1 WHEN {0} < 0 THEN -1 WHEN {0} = 0 THEN 0 END",
    "ceil": whole("CEILING"),
    "floor": whole("FLOOR"),
    "round": numbers.round_to,
    "trunc": numbers.truncate,
    "power": power("LOG"),
    "sqrt": lambda p, c: guarded(p, c, "SQRT({0})", "{0} >= 0"),
    "exp": exponential,
    "ln": lambda p, c: guarded(p, c, "LOG({0})", "{0} > 0"),
    "log10": lambda p, c: guarded(p, c, "LOG10({0})", "{0} > 0"),
    "log": numbers.logarithm,
    "width_bucket": width_bucket,
    "count_rows": "COUNT_BIG(*)",
    "count": _count,
    "sum": numbers.sum_of,
    "avg": average,
    "min": _extreme("MIN"),
    "max": _extreme("MAX"),
    "bool_and": "MIN(CAST({0} AS INT))",
    "bool_or": "MAX(CAST({0} AS INT))",
    **SAID_BY_PASSES,
    **TEXT_OF_JSON_ONLY,
    "json_text": texts.json_text,
    **dict.fromkeys(ARRAY_FUNCTIONS, _NO_ARRAYS),
    "approx_count_distinct": "COUNT_BIG(DISTINCT {0})",
    "grouping": Refusal("a pass should have said it by UNION ALL"),
    **WINDOW_FUNCTIONS,
    "nth_value": _OVER_ONLY,
}


def _order_value(piece: Piece, scalar: Scalar, query: Query | None) -> Piece:
    """Texts by their code points, blanks at their ends included."""
    return Piece(f"CAST({piece.text} AS NVARCHAR(MAX)) + NCHAR(1)", SUM) if scalar.type.kind is Kind.TEXT else piece


_OFFSET = f"CAST(SWITCHOFFSET({{0}}, '+00:00') AS {STAMP})"

SYNAPSE = Dialect(
    name="synapse",
    functions=_FUNCTIONS,
    types={
        Kind.BOOLEAN: "BIT",
        Kind.INTEGER: "BIGINT",
        Kind.DECIMAL: numbers.decimal_name,
        Kind.DOUBLE: "FLOAT",
        Kind.TEXT: "NVARCHAR(MAX)",
        Kind.DATE: "DATE",
        Kind.TIME: "TIME",
        Kind.TIMESTAMP: STAMP,
        Kind.TIMESTAMPTZ: STAMP,
        Kind.INTERVAL: "FLOAT",
        Kind.JSON: "NVARCHAR(MAX)",
        Kind.ARRAY: _NO_ARRAYS,
    },
    literal=_LITERAL,
    quote=_quote,
    parameter=lambda name, type: Piece(
        f"CAST(@{name} AS {STAMP})" if type.kind is Kind.TIMESTAMPTZ else f"CAST(@{name} AS NVARCHAR(4000))", ATOM
    ),
    cast=_cast,
    top=True,
    reads_texts=True,
    order_names=False,
    default_nulls=lambda descending: descending,
    nulls_clause=False,
    order_value=_order_value,
    stored={
        **elapsed.STORED,
        Kind.BOOLEAN: (
            Form("native", "{0}", "BIT"),
            Form("number", "CASE WHEN {0} <> 0 THEN 1 WHEN {0} = 0 THEN 0 END", "a number, 0 or 1"),
        ),
        Kind.TEXT: (Form("native", texts.COLLATED, "NVARCHAR or VARCHAR of any collation"),),
        Kind.JSON: (Form("native", texts.COLLATED, "NVARCHAR that holds a document"),),
        Kind.TIMESTAMPTZ: (
            Form("native", "{0}", "DATETIME2 that holds UTC"),
            Form("offset", _OFFSET, "DATETIMEOFFSET"),
        ),
    },
    refused_features={
        "frame_groups": Refusal("GROUPS frames are not known", "frame by ROWS"),
        "frame_range_offset": Refusal("RANGE frames take no distance", "frame by ROWS over one row a day"),
        "series": Refusal("it has no GENERATE_SERIES", "give constant steps, or join a table of dates"),
        "unnest": Refusal("it has no arrays", "keep the elements in a table of their own"),
        "lateral": Refusal("which sub-queries APPLY takes differs by pool", "join, and number the rows of each group"),
        "recursive": Refusal(
            "the dedicated pool has no recursion", "generate_series for dates; store a tree with the path of each node"
        ),
        "grouping_sets": Refusal("windows over grouping sets cannot be taken apart", "aggregate in a sub-query first"),
    },
    limits=limits,
    manual=pages(
        "https://learn.microsoft.com/sql/t-sql/",
        {
            "coalesce": "language-elements/coalesce-transact-sql",
            "nullif": "language-elements/nullif-transact-sql",
            "last_day": "functions/eomonth-transact-sql",
            "date_diff": "functions/datediff-transact-sql",
            "count_rows": "functions/count-big-transact-sql",
            "count": "functions/count-big-transact-sql",
            "approx_count_distinct": "functions/count-big-transact-sql",
            "string_agg": "functions/string-agg-transact-sql",
        },
        comparison="language-elements/comparison-operators-transact-sql",
        logic="language-elements/logical-operators-transact-sql",
        conditional="language-elements/case-transact-sql",
        arithmetic="language-elements/arithmetic-operators-transact-sql",
        numbers="functions/mathematical-functions-transact-sql",
        texts="functions/string-functions-transact-sql",
        patterns="language-elements/like-transact-sql",
        formats="functions/cast-and-convert-transact-sql",
        times="functions/date-and-time-data-types-and-functions-transact-sql",
        zones="queries/at-time-zone-transact-sql",
        intervals="functions/date-and-time-data-types-and-functions-transact-sql",
        documents="functions/json-functions-transact-sql",
        aggregates="functions/aggregate-functions-transact-sql",
        statistics="functions/aggregate-functions-transact-sql",
        ranks="functions/ranking-functions-transact-sql",
        neighbours="functions/analytic-functions-transact-sql",
    ),
    passes=(
        *PASSES,
        pairs_as_text,
        qualify_as_filter,
        series_by_number,
        series_as_digits,
        nth_by_number,
        ranges_as_join,
        windows_over_sets,
        sets_as_union,
        set_all_as_copies,
        distinct_listed,
        values_as_union,
        keys_below,
        queries_below_aggregates,
        rows_in_as_exists,
        offset_as_number,
        with_at_top,
        order_at_top,
        exact_text,
        booleans_as_bits,
        numbers.sized_numbers,
    ),
    notes=(
        elapsed.NOTE,
        "The same SQL runs on the dedicated and on the serverless pool.",
        "Checked by Microsoft's own parser and binder and against the manual; nothing was executed on Synapse.",
        "It is for these pools alone. SQL Server and Fabric speak T-SQL, too, but with other types (Fabric has no NVARCHAR"
        " columns, SQL Server before 2019 no UTF-8 collation), and none of this was held against their manuals:"
        " they are no targets.",
        "Zones go by Windows' names (`AT TIME ZONE`, learn.microsoft.com/sql/t-sql/queries/at-time-zone-transact-sql), of which"
        " only those are used that have had the rules of the IANA zone since 2008. Windows has no full history: buckets of local"
        " time before 2008-01-01 can be an hour off. Keep such data in UTC, or take `time_zone: UTC`.",
    ),
    # learn.microsoft.com/sql/t-sql/statements/set-ansi-nulls-transact-sql and its neighbours.
    settings={
        "ANSI_NULLS": "ON",
        "ANSI_WARNINGS": "ON",
        "ARITHABORT": "ON",
        "CONCAT_NULL_YIELDS_NULL": "ON",
        "QUOTED_IDENTIFIER": "ON",
        "DATEFORMAT": "mdy",
        "ROWCOUNT": "0",
    },
)
