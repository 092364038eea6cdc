-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "order_lines" OVERWRITE WHERE "__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00'
SELECT * FROM (
SELECT
  TIME_PARSE("order_date") AS "__time",
  "line_id" AS "line_id",
  "order_id" AS "order_id",
  "customer_id" AS "customer_id",
  "product_id" AS "product_id",
  "category" AS "category",
  "sub_category" AS "sub_category",
  "segment" AS "segment",
  "region" AS "region",
  TIMESTAMP_TO_MILLIS(TIME_PARSE("ship_date")) AS "ship_date",
  "ship_mode" AS "ship_mode",
  "quantity" AS "quantity",
  "discount" AS "discount",
  "amount" AS "amount",
  "profit" AS "profit"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("order_date" VARCHAR, "line_id" BIGINT, "order_id" VARCHAR, "customer_id" VARCHAR, "product_id" VARCHAR, "category" VARCHAR, "sub_category" VARCHAR, "segment" VARCHAR, "region" VARCHAR, "ship_date" VARCHAR, "ship_mode" VARCHAR, "quantity" BIGINT, "discount" DOUBLE, "amount" DOUBLE, "profit" DOUBLE)
) AS "read"
WHERE ("__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00') OR "__time" IS NULL
PARTITIONED BY DAY
