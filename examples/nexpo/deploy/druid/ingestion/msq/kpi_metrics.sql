-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "kpi_metrics" OVERWRITE WHERE "__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00'
SELECT * FROM (
SELECT
  TIME_PARSE("time") AS "__time",
  "kpi_name" AS "kpi_name",
  "kpi_value" AS "kpi_value",
  "dimensions" AS "dimensions",
  "metadata" AS "metadata",
  "grain" AS "grain",
  "bucket" AS "bucket",
  "dimensions_key" AS "dimensions_key",
  "status" AS "status",
  "definition" AS "definition",
  "run_id" AS "run_id",
  TIMESTAMP_TO_MILLIS(TIME_PARSE("known_at")) AS "known_at"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("time" VARCHAR, "kpi_name" VARCHAR, "kpi_value" DOUBLE, "dimensions" VARCHAR, "metadata" VARCHAR, "grain" VARCHAR, "bucket" VARCHAR, "dimensions_key" VARCHAR, "status" VARCHAR, "definition" VARCHAR, "run_id" VARCHAR, "known_at" VARCHAR)
) AS "read"
WHERE ("__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00') OR "__time" IS NULL
PARTITIONED BY DAY
