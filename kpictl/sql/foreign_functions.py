"""Functions of other dialects that are no functions here: why, and what to write instead."""

from __future__ import annotations

_PART = "write `EXTRACT({} FROM x)`"
_FOREIGN = {
    **{part: ("is no function here", _PART.format(part.upper())) for part in ("year", "quarter", "month", "week")},
    **{part: ("is no function here", _PART.format(part.upper())) for part in ("day", "hour", "minute", "second")},
    "dayofweek": ("counts from other days elsewhere", "write `EXTRACT(ISODOW FROM x)`, 1 is Monday"),
    "weekday": ("counts from other days elsewhere", "write `EXTRACT(ISODOW FROM x)`, 1 is Monday"),
    **dict.fromkeys(
        ("getdate", "sysdate", "getutcdate", "current_datetime", "today"),
        ("is no function here", "use `NOW()` or `CURRENT_DATE`"),
    ),
    **dict.fromkeys(
        ("timestamp_add", "timestampadd", "adddate", "datetime_add"),
        ("is no function here", "write `x + INTERVAL '1 day'`"),
    ),
    **dict.fromkeys(
        ("timestamp_sub", "datetime_sub", "subdate"), ("is no function here", "write `x - INTERVAL '1 day'`")
    ),
    **dict.fromkeys(
        ("timestamp_diff", "timestampdiff", "datetime_diff", "unix_timestamp", "time_to_sec"),
        ("is no function here", "write `EXTRACT(EPOCH FROM a - b)`, in seconds"),
    ),
    **dict.fromkeys(
        ("strftime", "date_format", "format_date", "format_timestamp", "format_datetime"),
        ("is no function here", "write `to_char(x, 'YYYY-MM')`"),
    ),
    **dict.fromkeys(
        ("strptime", "str_to_date", "parse_date"), ("is no function here", "write `to_date(x, 'YYYY-MM-DD')`")
    ),
    "parse_timestamp": ("is no function here", "write `to_timestamp(x, 'YYYY-MM-DD HH24:MI:SS')`"),
    **dict.fromkeys(
        ("datetime_trunc", "trunc_date", "tostartofmonth"), ("is no function here", "write `date_trunc('month', x)`")
    ),
    "eomonth": ("is no function here", "use `last_day(x)`"),
    **dict.fromkeys(("nvl2", "decode"), ("is no function here", "write `CASE WHEN ... THEN ... END`")),
    "len": ("is no function here", "use `length(x)`"),
    **dict.fromkeys(("charindex", "instr", "locate"), ("is no function here", "use `strpos(x, part)`")),
    "substring_index": ("is no function here", "use `split_part(x, '/', 1)`"),
    **dict.fromkeys(
        ("group_concat", "array_join_text"), ("is no function here", "use `string_agg(x, ',' ORDER BY y)`")
    ),
    **dict.fromkeys(
        ("split", "str_split", "string_split"),
        ("is no function here", "use `split_part(x, ',', 1)` or `string_to_array(x, ',')`"),
    ),
    **dict.fromkeys(("ucase", "to_upper"), ("is no function here", "use `upper(x)`")),
    **dict.fromkeys(("lcase", "to_lower"), ("is no function here", "use `lower(x)`")),
    **dict.fromkeys(
        ("json_value", "json_query", "json_extract", "json_extract_scalar", "json_extract_string", "get_json_object"),
        ("is no function here", "write `x ->> 'key'`"),
    ),
    **dict.fromkeys(("explode", "flatten", "arrayjoin"), ("gives many rows", "use `CROSS JOIN UNNEST(xs) AS t(x)`")),
    **dict.fromkeys(
        ("quantile", "approx_quantiles", "percentile_approx"), ("is no function here", "use `percentile(x, 0.95)`")
    ),
    **dict.fromkeys(("stdev", "std", "stddevsamp"), ("is no function here", "use `stddev_samp(x)`")),
    **dict.fromkeys(("stdevp", "stddevpop"), ("is no function here", "use `stddev_pop(x)`")),
    **dict.fromkeys(("var", "varsamp"), ("is no function here", "use `var_samp(x)`")),
    "varp": ("is no function here", "use `var_pop(x)`"),
    "log2": ("is no function here", "use `log(2, x)`"),
    "truncate": ("is no function here", "use `trunc(x, n)`"),
    **dict.fromkeys(
        ("countdistinct", "count_distinct", "uniq", "uniqexact"), ("is no function here", "write `count(DISTINCT x)`")
    ),
    **dict.fromkeys(("sumif", "sum_if"), ("is no function here", "write `sum(x) FILTER (WHERE ...)`")),
    **dict.fromkeys(("avgif", "averageif"), ("is no function here", "write `avg(x) FILTER (WHERE ...)`")),
    "logical_or": ("is no function here", "use `bool_or(x)`"),
    "logical_and": ("is no function here", "use `bool_and(x)`"),
    "ratio_to_report": ("is no function here", "write `x / SUM(x) OVER ()`"),
    **dict.fromkeys(
        ("convert", "to_number", "to_varchar", "safe_cast"), ("is no function here", "write `CAST(x AS type)`")
    ),
}
"""What other dialects call otherwise: why it is not taken here, and what to write."""
_SKETCHED = "is a function of Druid's extension druid-datasketches"
_OF_EXTENSIONS = {
    **dict.fromkeys(
        ("approx_count_distinct_ds_hll", "approx_count_distinct_ds_theta", "ds_hll", "ds_theta"),
        (_SKETCHED, "use `approx_count_distinct(x)`, which needs none"),
    ),
    **dict.fromkeys(
        ("approx_quantile_ds", "ds_quantiles_sketch", "ds_get_quantile"),
        (_SKETCHED, "use `approx_percentile(x, 0.5)`, which needs none"),
    ),
    "approx_quantile_fixed_buckets": (
        "is a function of Druid's extension druid-histogram",
        "use `approx_percentile(x, 0.5)`, which needs none",
    ),
    "bloom_filter": ("is a function of Druid's extension druid-bloom-filter", "use `x IN (SELECT ..)`"),
    "bloom_filter_test": ("is a function of Druid's extension druid-bloom-filter", "use `x IN (SELECT ..)`"),
}
INSTEAD = {
    **_FOREIGN,
    **_OF_EXTENSIONS,
    "random": ("answers differently every time", "a KPI must be repeatable"),
    "rand": ("answers differently every time", "a KPI must be repeatable"),
    "clock_timestamp": ("is the clock of the engine", "use `NOW()`, the logical time of the run"),
    "timeofday": ("is the clock of the engine", "use `NOW()`, the logical time of the run"),
    "any_value": ("may answer with any of the rows", "use `MIN(x)`"),
    "jsonb_agg": ("has no portable order", "use `ARRAY_AGG(x ORDER BY y)`"),
    "json_agg": ("has no portable order", "use `ARRAY_AGG(x ORDER BY y)`"),
    "generate_series": ("gives many rows", "put it in FROM: `FROM generate_series(1, 5) AS g(n)`"),
    "unnest": ("gives many rows", "put it in FROM: `CROSS JOIN UNNEST(tags) AS t(tag)`"),
    "jsonb_array_elements": ("gives many rows", "put it in FROM"),
    "jsonb_array_elements_text": ("gives many rows", "put it in FROM"),
    "regexp_match": ("gives an array", "use `substring(x FROM 'pattern')`"),
    "regexp_split_to_table": ("gives many rows", "use `CROSS JOIN UNNEST(string_to_array(x, ' ')) AS t(word)`"),
    "regexp_split_to_array": ("splits at a pattern", "use `string_to_array(x, ' ')`"),
    "jsonb_each": ("gives many rows", "put `jsonb_object_keys(x) AS k` in FROM, and read fields by name"),
    "jsonb_each_text": ("gives rows of two columns", "use `jsonb_object_keys(x)`, and read fields by name"),
    "jsonb_object_keys": ("gives many rows", "put it in FROM: `CROSS JOIN jsonb_object_keys(x) AS k`"),
    "jsonb_object_agg": ("makes a document", "return a row for each key"),
    "jsonb_build_array": ("makes a document", "return a column for each value"),
    "to_jsonb": ("makes a document", "return the value itself"),
    "array_append": ("changes an array", "use `array_agg(x ORDER BY y)` over the rows"),
    "array_position": ("has no portable meaning", "use `x = ANY(xs)`"),
    "regr_r2": ("is not on every engine", "use `power(corr(y, x), 2)`"),
    "regr_avgx": ("is not on every engine", "use `avg(x) FILTER (WHERE y IS NOT NULL)`"),
    "regr_avgy": ("is not on every engine", "use `avg(y) FILTER (WHERE x IS NOT NULL)`"),
    "ascii": ("depends on the encoding", "compare the texts themselves"),
    "chr": ("depends on the encoding", "write the character itself"),
    "octet_length": ("depends on the encoding", "use `length(x)`"),
    "regexp_count": ("is not on every engine", "use `length(x) - length(replace(x, 'a', ''))` for one character"),
    "current_setting": ("reads a setting of the session", "use `{{ var('name') }}`"),
}
