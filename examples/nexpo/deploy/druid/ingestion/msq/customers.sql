-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "customers" OVERWRITE ALL
SELECT
  TIMESTAMP '1970-01-01 00:00:00' AS "__time",
  "customer_id" AS "customer_id",
  "segment" AS "segment",
  TIMESTAMP_TO_MILLIS(TIME_PARSE("first_order")) AS "first_order"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("customer_id" VARCHAR, "segment" VARCHAR, "first_order" VARCHAR)
PARTITIONED BY ALL
