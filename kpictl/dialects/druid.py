"""Apache Druid 33, by its SQL over HTTP.

It has no decimals, dates or truth values in its tables: see "Stored forms" in docs/targets/druid.md. The query context is
part of every statement: exact distinct counts, UTC, no approximate top lists. The pages are those of the Druid manual.
"""

from __future__ import annotations

from kpictl.dialects import druid_aggregates as aggregates
from kpictl.dialects import druid_arrays as arrays
from kpictl.dialects import druid_casts as casts
from kpictl.dialects import druid_json as json
from kpictl.dialects import druid_literals as literals
from kpictl.dialects import druid_numbers as numbers
from kpictl.dialects import druid_orders as orders
from kpictl.dialects import druid_texts as texts
from kpictl.dialects import druid_times as times
from kpictl.dialects.buckets import width_bucket
from kpictl.dialects.dialect import Dialect, Refusal, Rendering
from kpictl.dialects.druid_extensions import FUNCTIONS, LOADED
from kpictl.dialects.druid_gate import unsayable
from kpictl.dialects.manual import pages
from kpictl.dialects.operators import COMMON
from kpictl.dialects.physical import NATIVE, Form
from kpictl.dialects.standard import WINDOW_FUNCTIONS, name_function
from kpictl.dialects.templates import Piece
from kpictl.model.types import Kind
from kpictl.passes.targets.constants_folded import constants_folded
from kpictl.passes.targets.distinct_on_as_window import distinct_on_as_window
from kpictl.passes.targets.druid_shapes import (
    bounded_windows,
    constants_apart,
    dates_out,
    full_join_as_union,
    given_arrays,
    keys_that_vary,
    left_for_right,
    outer_conditions_inside,
    rows_before_order,
    shielded_ctes,
    subqueries_after_joins,
    tables_first,
    times_of_values,
    unsigned_zeros,
    windows_apart,
)
from kpictl.passes.targets.groups_below import groups_below_subqueries
from kpictl.passes.targets.lateral_as_join import lateral_as_join
from kpictl.passes.targets.left_join_by_equality import left_join_by_equalities
from kpictl.passes.targets.moments_as_window import moments_as_window
from kpictl.passes.targets.ordered_as_window import ordered_and_texts_as_window
from kpictl.passes.targets.percentile_as_window import all_percentiles_as_window
from kpictl.passes.targets.qualify_as_filter import qualify_as_number
from kpictl.passes.targets.series_by_number import uneven_series_by_number
from kpictl.passes.targets.set_operations_as_join import set_operations_as_join
from kpictl.passes.targets.sets_of_distinct import distinct_beside_texts_as_window, distinct_sets_as_window
from kpictl.passes.targets.subqueries import exists_as_in, quantified_as_extremes
from kpictl.passes.targets.values_apart import values_apart
from kpictl.passes.targets.window_arguments import window_default_as_case, window_filter_as_case, window_texts_as_first
from kpictl.passes.targets.windows_sorted import windows_sorted


def _quoted(name: str) -> str:
    """Always: words as `date`, `value`, `count` are reserved, and names are case-sensitive."""
    return '"' + name.replace('"', '""') + '"'


_STATISTICS = Refusal("only one grouping set can have it", "ask for each grouping in a query of its own")
_MONTHS = Refusal("it keeps elapsed times in seconds", "use date_diff in days, or extract the parts of both dates")

_FUNCTIONS: dict[str, Rendering] = {
    **COMMON,
    **{
        name: numbers.comparison(symbol)
        for name, symbol in {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items()
    },
    "not": json.negation,
    "is_null": json.is_null,
    "add": numbers.arithmetic,
    "sub": numbers.arithmetic,
    "mul": numbers.arithmetic,
    "coalesce": name_function("COALESCE"),
    "nullif": "NULLIF({0}, {1})",
    "greatest": orders.greatest("GREATEST"),
    "least": orders.greatest("LEAST"),
    "real_divide": numbers.real_divide,
    "int_divide": numbers.int_divide,
    "mod": numbers.mod,
    "neg": numbers.neg,
    "abs": numbers.absolute,
    "sign": "CASE WHEN {0} > 0 THEN 1 WHEN {0} <= -4.9E-324 THEN -1 WHEN {0} IS NOT NULL THEN 0 END",
    "ceil": numbers.whole_number("CEIL"),
    "floor": numbers.whole_number("FLOOR"),
    "round": numbers.rounding,
    "trunc": numbers.trunc,
    "power": numbers.power,
    "sqrt": numbers.guarded("SQRT", "{0} > -4.9E-324"),
    "exp": numbers.guarded("EXP", "{0} < 709.78"),
    "ln": numbers.guarded("LN", "{0} > 0"),
    "log10": numbers.guarded("LOG10", "{0} > 0"),
    "log": numbers.log,
    "width_bucket": width_bucket,
    "concat": texts.concat,
    "concat_ws": texts.concat_ws,
    # Java maps words, not letters: ΟΔΟΣ to οδος, İ to two characters, ß to SS. U+FDD0 is a character of no text.
    "lower": "LOWER(REPLACE(REPLACE({0}, U&'\\03A3', U&'\\03C3'), U&'\\0130', 'i'))",
    "upper": "REPLACE(UPPER(REPLACE({0}, U&'\\00DF', U&'\\FDD0')), U&'\\FDD0', U&'\\00DF')",
    "initcap": Refusal("it has no such function", "use lower or upper"),
    "length": texts.length,
    "substring": texts.substring,
    "left": texts.left,
    "right": texts.right,
    "trim": texts.trimming("BTRIM", "TRIM({0})"),
    "ltrim": texts.trimming("LTRIM", "TRIM(LEADING FROM {0})"),
    "rtrim": texts.trimming("RTRIM", "TRIM(TRAILING FROM {0})"),
    "replace": texts.replaced,
    "lpad": texts.padded("left"),
    "rpad": texts.padded("right"),
    "repeat": texts.repeat,
    "reverse": "REVERSE({0})",
    "split_part": texts.split_part,
    "strpos": texts.strpos,
    "starts_with": "STRPOS({0}, {1}) = 1",
    "like": texts.like(ignore_case=False),
    "ilike": texts.like(ignore_case=True),
    "regexp_like": texts.regexp_like,
    "regexp_extract": texts.regexp_extract,
    "regexp_replace": texts.regexp_replace,
    "md5": Refusal("it has no such function", "group by the text itself"),
    "format_time": times.format_time,
    "format_number": texts.format_number,
    "parse_date": casts.parse("date"),
    "parse_timestamp": casts.parse("time"),
    "time_floor": times.time_floor,
    "bucket_start": times.bucket_start,
    "to_local": times.to_local,
    "to_instant": times.to_instant,
    "local_date": times.local_date,
    "date_of": "TIME_FLOOR({0}, 'P1D')",
    "add_interval": times.add_interval,
    "add_interval_in": times.add_interval_in,
    "date_diff": times.date_diff,
    "seconds_between": times.seconds_between,
    "interval_between": times.seconds_between,
    "age": _MONTHS,
    "make_interval": numbers.make_interval,
    "interval_add": "{0} + {1}",
    "interval_scale": "{0} * {1}",
    "interval_seconds": "{0}",
    "part": times.part,
    "second": times.second,
    "interval_part": _MONTHS,
    "epoch": "TIMESTAMP_TO_MILLIS({0}) / 1000E0",
    "from_epoch": times.from_epoch,
    "make_date": casts.make_date,
    "make_timestamp": Refusal("it makes no time of numbers", "write timestamp '2024-03-31 12:00:00'"),
    "last_day": "TIME_SHIFT(TIME_SHIFT(TIME_FLOOR({0}, 'P1M'), 'P1M', 1), 'P1D', -1)",
    "months_between": times.months_between,
    "json_get": json.json_get,
    "json_text": json.json_text,
    "json_has": json.json_has,
    "json_contains": json.json_contains,
    "json_object": json.json_object,
    "json_array_length": json.json_array_length,
    "array": arrays.array,
    "array_contains": arrays.array_contains,
    "array_length": "NULLIF(ARRAY_LENGTH({0}), 0)",
    "array_get": Refusal("a multi-value column keeps its values sorted", "test for values with = ANY, or unnest"),
    "array_join": Refusal("it writes NULL elements as text", "return the elements as rows"),
    "split": arrays.split,
    "json_keys": json.json_keys,
    "json_typeof": json.json_typeof,
    "count_rows": "COUNT(*)",
    "count": aggregates.count,
    "sum": aggregates.total,
    "avg": aggregates.average,
    "min": aggregates.extreme("MIN"),
    "max": aggregates.extreme("MAX"),
    "bool_and": aggregates.truth("MIN", "and"),
    "bool_or": aggregates.truth("MAX", "or"),
    "stddev_samp": _STATISTICS,
    "stddev_pop": _STATISTICS,
    "var_samp": _STATISTICS,
    "var_pop": _STATISTICS,
    "corr": _STATISTICS,
    "covar_samp": _STATISTICS,
    "covar_pop": _STATISTICS,
    "regr_slope": _STATISTICS,
    "regr_intercept": _STATISTICS,
    "percentile_cont": _STATISTICS,
    "percentile_disc": _STATISTICS,
    "mode": _STATISTICS,
    "string_agg": Refusal("it puts texts together in no stated order", "return the rows, or count them"),
    "array_agg": Refusal("it puts values together in no stated order", "return the rows, or count them"),
    "first_by": aggregates.any_value,
    "last_by": aggregates.any_value,
    # Exact: the built-in sketch counts no empty text, and others are extensions.
    "approx_count_distinct": "COUNT(DISTINCT {0})",
    "approx_percentile": _STATISTICS,
    "grouping": lambda p, c: Piece(f"GROUPING({', '.join(p.text(a) for a in c.args)})"),
    **WINDOW_FUNCTIONS,
    "nth_value": Refusal("it has no such window function", "use first_value, last_value, or lag and lead"),
}

_MILLIS = "a BIGINT of milliseconds since 1970, UTC"
_SECONDS = "a BIGINT of seconds since 1970, UTC"
_PATTERN = "text in a Joda pattern: `text dd.MM.yyyy`"
_TIMES = (
    Form("millis", "MILLIS_TO_TIMESTAMP({0})", _MILLIS),
    Form("time", "{0}", "a TIMESTAMP, as `__time`"),
    Form("seconds", "MILLIS_TO_TIMESTAMP({0} * 1000)", _SECONDS),
    Form("text", casts.time_text("TIME_PARSE({0}, {1})"), _PATTERN),
)
_STORED = {
    Kind.BOOLEAN: (Form("number", "{0} = 1", "a BIGINT, 0 or 1"),),
    Kind.DATE: (
        *(
            Form(form.name, f"TIME_FLOOR({form.read}, 'P1D')", f"{form.meaning}, cut to its day")
            for form in _TIMES
            if form.name != "text"
        ),
        Form("text", casts.time_text("TIME_FLOOR(TIME_PARSE({0}, {1}), 'P1D')"), f"{_PATTERN}, cut to its day"),
    ),
    Kind.TIMESTAMP: _TIMES,
    Kind.TIMESTAMPTZ: _TIMES,
    Kind.ARRAY: (
        Form("multivalue", "MV_TO_ARRAY({0})", "a multi-value VARCHAR"),
        Form("array", "{0}", "an ARRAY"),
    ),
    Kind.UNKNOWN: (NATIVE, Form("time", "{0}", "a TIMESTAMP")),
}

DRUID = Dialect(
    name="druid",
    functions=_FUNCTIONS,
    types=literals.DRUID_TYPES,
    literal=literals.literal,
    quote=_quoted,
    parameter=lambda name, type: Piece(f"CAST({name} AS TIMESTAMP)"),
    positional=True,
    # Release notes 32.0.0, "Removed: legacy null handling": druid.generic.useDefaultValueForNull.
    extensions=FUNCTIONS,
    extensions_loaded=LOADED,
    oldest=(32, "NULL may count as 0 or an empty text"),
    tick=1000,
    cast=casts.cast,
    # `ORDER BY x DESC LIMIT n` becomes a topN with NULLs first, so the place of NULLs is always spelt out.
    nulls_clause=False,
    given_in_window=orders.given,
    order_value=orders.order_value,
    order_names_inside=True,
    stored=_STORED,
    time_column="__time",
    time_form="time",
    refused_features={
        "recursive": Refusal("it has no recursion", "join the levels that there are"),
        "lateral": Refusal(
            "only a sub-query that is correlated by equality can be joined", "join and group, or use a window"
        ),
        "distinct_on": Refusal("it has no DISTINCT ON", "use row_number"),
        "qualify": Refusal("it has no QUALIFY", "filter around a sub-query"),
        "quantified": Refusal("it has no ANY and ALL of a correlated query", "compare with min or max"),
        "exists": Refusal("an EXISTS must be correlated by equality", "join and count, or compare with min or max"),
        "intersect": Refusal("it has no INTERSECT ALL", "count the rows of each side by group"),
        "except": Refusal("it has no EXCEPT ALL", "count the rows of each side by group"),
    },
    passes=(
        constants_folded,
        qualify_as_number,
        distinct_on_as_window,
        lateral_as_join,
        exists_as_in,
        quantified_as_extremes,
        window_filter_as_case,
        window_default_as_case,
        window_texts_as_first,
        distinct_sets_as_window,
        all_percentiles_as_window,
        moments_as_window,
        ordered_and_texts_as_window,
        distinct_beside_texts_as_window,
        left_for_right,
        left_join_by_equalities,
        full_join_as_union,
        set_operations_as_join,
        given_arrays,
        outer_conditions_inside,
        unsigned_zeros,
        groups_below_subqueries,
        uneven_series_by_number,
        subqueries_after_joins,
        times_of_values,
        constants_apart,
        tables_first,
        shielded_ctes,
        rows_before_order,
        windows_apart,
        bounded_windows,
        keys_that_vary,
        windows_sorted,
        values_apart,
        dates_out,
    ),
    limits=unsayable,
    series=times.series,
    series_step=times.series_step,
    unnest=arrays.unnest,
    manual=pages(
        "https://druid.apache.org/docs/latest/querying/",
        {},
        comparison="sql-operators",
        logic="sql-operators",
        conditional="sql-scalar",
        arithmetic="sql-operators",
        numbers="sql-scalar",
        texts="sql-scalar",
        patterns="sql-scalar",
        formats="sql-scalar",
        times="sql-scalar",
        zones="sql-scalar",
        intervals="sql-operators",
        documents="sql-json-functions",
        arrays="sql-array-functions",
        aggregates="sql-aggregations",
        statistics="sql-aggregations",
        ranks="sql-window-functions",
        neighbours="sql-window-functions",
    ),
    notes=(
        "Druid 32 or later: before, NULL may count as 0. A connection that declares an older `version:` is refused when it is"
        " compiled for (KPI506), one that is older when it is opened (KPI901). Left out, it is 33, on which it was executed; what"
        " is compiled for 32 and for later ones is the same.",
        "Nothing that is compiled calls a function of an extension (druid-stats, druid-datasketches, ..): distinct counts are"
        " exact, variances and percentiles are counted from the rows. A statement that did would be refused where `extensions:`"
        " of its connection does not list the extension (KPI507), and so is an emitted roll-up with sketches. Left out, the"
        " list is that of the cluster that `emit druid` writes.",
        "Defaults of a cluster's brokers (`druid.query.default.context.*`) change no answer: every key that numbers need is sent"
        " with each statement. `sqlOuterLimit` and `skipEmptyBuckets` are the two that no statement can take out (rows are cut"
        " off, a total over no rows would have none): a run on a cluster that sets one of them is refused (KPI901).",
        "Texts are compared by Druid in UTF-16 units, which puts a character beyond U+FFFF (an emoji) before those from U+E000 to"
        " U+FFFF (ligatures, full-width forms). What is compiled orders and compares by code point all the same: by"
        " `REGEXP_REPLACE(..)` of the text, save where one side has no such character for certain, as most constants have none.",
        "`lower` and `upper` go letter by letter, as on every target: `ß` has no capital, `Σ` is `σ` wherever it stands, `İ` is"
        " `i`. Of other letters whose capital is two (ligatures, Greek ones with an iota below) Druid makes two.",
    ),
    settings={
        "sqlTimeZone": "UTC",
        "useApproximateCountDistinct": "false",
        "useGroupingSetForExactDistinct": "true",
        "useApproximateTopN": "false",
    },
)
