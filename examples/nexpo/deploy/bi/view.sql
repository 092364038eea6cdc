-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit bi --target prod --out examples/nexpo/deploy/bi
-- Final values of the store, one row a bucket and combination. `cut` names the dimensions, divided by commas.
BEGIN;

DROP VIEW IF EXISTS kpi_values;

CREATE VIEW kpi_values AS
SELECT
    "time",
    kpi_name,
    grain,
    bucket,
    (SELECT coalesce(string_agg(each, ', ' ORDER BY each COLLATE "C"), '') FROM jsonb_object_keys(dimensions) AS each) AS cut,
    kpi_value,
    dimensions->>'buyer_segment' AS dim_buyer_segment,
    dimensions->>'category' AS dim_category,
    dimensions->>'channel' AS dim_channel,
    dimensions->>'contract' AS dim_contract,
    dimensions->>'platform' AS dim_platform,
    dimensions->>'region' AS dim_region,
    dimensions->>'segment' AS dim_segment,
    dimensions->>'ship_mode' AS dim_ship_mode
FROM kpi_metrics
WHERE status <> 'partial';

COMMIT;
