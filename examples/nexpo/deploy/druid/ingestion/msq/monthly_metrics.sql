-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "monthly_metrics" OVERWRITE WHERE "__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00'
SELECT * FROM (
SELECT
  TIME_PARSE("month") AS "__time",
  "marketing_spend" AS "marketing_spend",
  "new_customers" AS "new_customers"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("month" VARCHAR, "marketing_spend" DOUBLE, "new_customers" BIGINT)
) AS "read"
WHERE ("__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00') OR "__time" IS NULL
PARTITIONED BY DAY
