-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "ad_spend" OVERWRITE WHERE "__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00'
SELECT * FROM (
SELECT
  TIME_PARSE("month") AS "__time",
  "channel" AS "channel",
  "spend" AS "spend",
  "origin" AS "origin"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("month" VARCHAR, "channel" VARCHAR, "spend" DOUBLE, "origin" VARCHAR)
) AS "read"
WHERE ("__time" >= TIMESTAMP '${FROM} 00:00:00' AND "__time" < TIMESTAMP '${TO} 00:00:00') OR "__time" IS NULL
PARTITIONED BY DAY
