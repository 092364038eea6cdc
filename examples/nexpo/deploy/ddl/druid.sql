-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit ddl --target prod --out examples/nexpo/deploy/ddl
-- It may be run again: what is there stays.

INSERT INTO "kpi_metrics"
SELECT
    MILLIS_TO_TIMESTAMP("time") AS "__time",
    "kpi_name",
    "kpi_value",
    "dimensions",
    "metadata",
    "grain",
    "bucket",
    "dimensions_key",
    "status",
    "definition",
    "run_id",
    "known_at"
FROM TABLE(
    EXTERN(
        '{"type": "inline", "data": "{}"}',
        '{"type": "json"}'
    )
) EXTEND ("time" BIGINT, "kpi_name" VARCHAR, "kpi_value" DOUBLE, "dimensions" VARCHAR, "metadata" VARCHAR, "grain" VARCHAR, "bucket" VARCHAR, "dimensions_key" VARCHAR, "status" VARCHAR, "definition" VARCHAR, "run_id" VARCHAR, "known_at" BIGINT)
WHERE "time" IS NOT NULL
PARTITIONED BY DAY
CLUSTERED BY "kpi_name", "grain";
