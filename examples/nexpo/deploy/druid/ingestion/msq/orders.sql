-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "orders" OVERWRITE WHERE "__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00'
SELECT * FROM (
SELECT
  TIME_PARSE("order_date") AS "__time",
  "order_id" AS "order_id",
  "customer_id" AS "customer_id",
  "segment" AS "segment",
  "region" AS "region",
  "ship_mode" AS "ship_mode",
  TIMESTAMP_TO_MILLIS(TIME_PARSE("ship_date")) AS "ship_date",
  "days_to_ship" AS "days_to_ship",
  "order_number" AS "order_number",
  "amount" AS "amount",
  "profit" AS "profit",
  "quantity" AS "quantity"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("order_date" VARCHAR, "order_id" VARCHAR, "customer_id" VARCHAR, "segment" VARCHAR, "region" VARCHAR, "ship_mode" VARCHAR, "ship_date" VARCHAR, "days_to_ship" BIGINT, "order_number" BIGINT, "amount" DOUBLE, "profit" DOUBLE, "quantity" BIGINT)
) AS "read"
WHERE ("__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00') OR "__time" IS NULL
PARTITIONED BY DAY
