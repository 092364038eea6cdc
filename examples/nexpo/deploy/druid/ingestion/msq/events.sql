-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "events" OVERWRITE WHERE "__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00'
SELECT * FROM (
SELECT
  TIME_PARSE("created_at") AS "__time",
  "user_id" AS "user_id",
  "session_id" AS "session_id",
  "name" AS "name",
  "platform" AS "platform",
  "channel" AS "channel",
  "lifecycle" AS "lifecycle"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("created_at" VARCHAR, "user_id" VARCHAR, "session_id" VARCHAR, "name" VARCHAR, "platform" VARCHAR, "channel" VARCHAR, "lifecycle" VARCHAR)
) AS "read"
WHERE ("__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00') OR "__time" IS NULL
PARTITIONED BY DAY
