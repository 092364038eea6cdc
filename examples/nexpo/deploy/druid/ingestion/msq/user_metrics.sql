-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit druid --target prod --out examples/nexpo/deploy/druid
REPLACE INTO "user_metrics" OVERWRITE ALL
SELECT
  TIMESTAMP '1970-01-01 00:00:00' AS "__time",
  "cancelled_users" AS "cancelled_users",
  "total_users" AS "total_users"
FROM TABLE(EXTERN('{"type": "http", "uris": ["${INPUT}"]}', '{"type": "json"}'))
  EXTEND ("cancelled_users" BIGINT, "total_users" BIGINT)
PARTITIONED BY ALL
