"""Which page of an engine's manual says what a canonical function's rendering, or its refusal, rests on.

Manuals have a page a family of functions; a target names them by family, and what has a page of its own by name.
"""

from __future__ import annotations

from collections.abc import Mapping

_FAMILIES = {
    "comparison": "eq ne lt le gt ge same is_null is_true is_false in_list in_rows",
    "logic": "and or not",
    "conditional": "coalesce nullif greatest least",
    "arithmetic": "add sub mul neg real_divide int_divide mod",
    "numbers": "abs sign ceil floor round trunc power sqrt exp ln log10 log width_bucket",
    "texts": "concat_op concat concat_ws lower upper initcap length substring left right trim ltrim rtrim replace lpad rpad"
    " repeat reverse split_part strpos starts_with md5",
    "patterns": "like ilike regexp_like regexp_extract regexp_replace",
    "formats": "format_time format_number parse_date parse_timestamp",
    "times": "time_floor bucket_start bucket_date calendar_date date_of add_interval add_interval_in date_diff seconds_between"
    " part second epoch from_epoch make_date make_timestamp last_day months_between age",
    "zones": "to_local to_instant local_date",
    "intervals": "interval_between make_interval interval_add interval_scale interval_seconds interval_part",
    "documents": "json_get json_text json_has json_contains json_object json_typeof json_keys json_array_length",
    "arrays": "array array_contains array_get array_join array_length split",
    "aggregates": "count_rows count sum avg min max bool_and bool_or string_agg array_agg first_by last_by"
    " approx_count_distinct approx_percentile grouping",
    "statistics": "stddev_samp stddev_pop var_samp var_pop corr covar_samp covar_pop regr_slope regr_intercept"
    " percentile_cont percentile_disc mode",
    "ranks": "row_number rank dense_rank percent_rank cume_dist ntile",
    "neighbours": "lag lead first_value last_value nth_value",
}
FAMILIES = tuple(_FAMILIES)


def pages(base: str, own: Mapping[str, str], **by_family: str) -> Mapping[str, str]:
    """Function to address; raises TypeError for a family that there is not. `own` names pages of single functions."""
    unknown = by_family.keys() - _FAMILIES.keys()
    if unknown:
        raise TypeError(f"no families of functions: {sorted(unknown)}")
    found = {name: page for family, page in by_family.items() for name in _FAMILIES[family].split()}
    return {name: base + page for name, page in {**found, **own}.items()}
