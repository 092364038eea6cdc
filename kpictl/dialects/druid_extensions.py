"""Functions of Druid that an extension brings: each with the page that names it. Nothing that is compiled calls one.

A roll-up that is emitted keeps sketches, and its queries read them (`kpictl.emit.druid_rollups`).
"""

from __future__ import annotations

_SKETCHES = (
    "approx_count_distinct_ds_hll approx_count_distinct_ds_theta approx_quantile_ds ds_hll ds_theta ds_tuple_doubles"
    " ds_quantiles_sketch ds_get_quantile ds_get_quantiles ds_histogram ds_cdf ds_rank ds_quantile_summary"
    " hll_sketch_estimate hll_sketch_estimate_with_error_bounds hll_sketch_union hll_sketch_to_string"
    " theta_sketch_estimate theta_sketch_estimate_with_error_bounds theta_sketch_union theta_sketch_intersect"
    " theta_sketch_not"
)
FUNCTIONS: dict[str, str] = {
    # development/extensions-core/datasketches-extension, querying/sql-aggregations#sketch-functions
    **dict.fromkeys(_SKETCHES.split(), "druid-datasketches"),
    # development/extensions-core/stats
    **dict.fromkeys("var_pop var_samp variance stddev_pop stddev_samp stddev".split(), "druid-stats"),
    # development/extensions-core/approximate-histograms
    **dict.fromkeys(("approx_quantile", "approx_quantile_fixed_buckets"), "druid-histogram"),
    # development/extensions-core/bloom-filter
    **dict.fromkeys(("bloom_filter", "bloom_filter_test"), "druid-bloom-filter"),
    # development/extensions-contrib/tdigestsketch-quantiles
    **dict.fromkeys(("tdigest_quantile", "tdigest_generate_sketch"), "druid-tdigestsketch"),
}
LOADED = (
    "druid-datasketches",
    "druid-kafka-indexing-service",
    "druid-kinesis-indexing-service",
    "druid-multi-stage-query",
    "postgresql-metadata-storage",
)
"""What a cluster has whose connection has no `extensions:`: the list of the cluster that `emit druid` writes."""
