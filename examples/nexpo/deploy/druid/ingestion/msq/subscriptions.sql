-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "subscriptions" OVERWRITE ALL
SELECT
  TIME_PARSE("started_at") AS "__time",
  "customer_id" AS "customer_id",
  "status" AS "status",
  "amount" AS "amount",
  "contract" AS "contract",
  "internet_service" AS "internet_service",
  "payment_method" AS "payment_method",
  TIMESTAMP_TO_MILLIS(TIME_PARSE("started_at")) AS "started_at",
  TIMESTAMP_TO_MILLIS(TIME_PARSE("ended_at")) AS "ended_at"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("started_at" VARCHAR, "customer_id" BIGINT, "status" VARCHAR, "amount" DOUBLE, "contract" VARCHAR, "internet_service" VARCHAR, "payment_method" VARCHAR, "ended_at" VARCHAR)
PARTITIONED BY ALL
