-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "user_activity" OVERWRITE WHERE "__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00'
SELECT * FROM (
SELECT
  TIME_PARSE("date") AS "__time",
  "user_id" AS "user_id",
  "events" AS "events"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("date" VARCHAR, "user_id" VARCHAR, "events" BIGINT)
) AS "read"
WHERE ("__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00') OR "__time" IS NULL
PARTITIONED BY DAY
