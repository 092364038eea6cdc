-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "user_sessions" OVERWRITE WHERE "__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00'
SELECT * FROM (
SELECT
  TIME_PARSE("date") AS "__time",
  "session_id" AS "session_id",
  "user_id" AS "user_id",
  TIMESTAMP_TO_MILLIS(TIME_PARSE("started_at")) AS "started_at",
  TIMESTAMP_TO_MILLIS(TIME_PARSE("ended_at")) AS "ended_at",
  "session_length" AS "session_length",
  "platform" AS "platform",
  "channel" AS "channel",
  "events" AS "events",
  "carts" AS "carts",
  "checkouts" AS "checkouts",
  "payment_errors" AS "payment_errors",
  "support_chats" AS "support_chats",
  "purchases" AS "purchases"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("date" VARCHAR, "session_id" VARCHAR, "user_id" VARCHAR, "started_at" VARCHAR, "ended_at" VARCHAR, "session_length" BIGINT, "platform" VARCHAR, "channel" VARCHAR, "events" BIGINT, "carts" BIGINT, "checkouts" BIGINT, "payment_errors" BIGINT, "support_chats" BIGINT, "purchases" BIGINT)
) AS "read"
WHERE ("__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00') OR "__time" IS NULL
PARTITIONED BY DAY
