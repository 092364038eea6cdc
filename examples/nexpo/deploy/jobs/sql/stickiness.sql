-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: stickiness
-- label: "Stickiness"
-- description: "Daily by monthly active users, the share of the month's users who came on the day."
-- owner: "product@nexpo.example"
-- parameters: ["from", "to", "from", "to", "from", "from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
WITH "daily_active_users" AS (
  SELECT TIME_FLOOR("__time", 'P1D') AS "day", COUNT(DISTINCT "user_id") AS "value"
  FROM "user_activity"
  WHERE TIME_FLOOR("__time", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
    AND TIME_FLOOR("__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  GROUP BY TIME_FLOOR("__time", 'P1D')
),
"visits" AS (
  SELECT DISTINCT TIME_FLOOR("__time", 'P1D') AS "day", "user_id" AS "entity_1"
  FROM "user_activity"
  WHERE TIME_FLOOR("__time", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -30), 'P1D', 1)
    AND TIME_FLOOR("__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
),
"spans" AS (
  SELECT
    "visits"."day",
    MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT("visits"."day", 'P1D', 30)), TIMESTAMP_TO_MILLIS(LEAD("visits"."day", 1) OVER (PARTITION BY "visits"."entity_1" ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS("visits"."day") > -9000000000000000000 THEN 0 ELSE 1 END, "visits"."day")))) AS "ends",
    CASE WHEN "visits"."entity_1" IS NULL THEN 0 ELSE 1 END AS "counts"
  FROM "visits"
),
"changes" AS (
  SELECT "combined"."day", "combined"."change", "combined"."there"
  FROM (
    SELECT
      CASE WHEN "r"."side" IS NULL THEN "l"."day" ELSE "r"."day" END AS "day",
      CASE WHEN "r"."side" IS NULL THEN "l"."change" ELSE "r"."change" END AS "change",
      CASE WHEN "r"."side" IS NULL THEN "l"."there" ELSE "r"."there" END AS "there",
      CASE WHEN "r"."side" IS NULL THEN 0 ELSE 1 END AS "side"
    FROM (
      SELECT "operand"."day", "operand"."change", "operand"."there", 0 AS "side"
      FROM (
        SELECT "spans"."day", SUM(CAST("spans"."counts" AS DOUBLE)) AS "change", COUNT(*) AS "there"
        FROM "spans"
        GROUP BY "spans"."day"
      ) AS "operand"
    ) AS "l"
    FULL JOIN (
      SELECT "operand_2"."day", "operand_2"."change", "operand_2"."there", 1 AS "side"
      FROM (
        SELECT
          "spans"."ends" AS "day",
          -CAST(SUM(CAST("spans"."counts" AS DOUBLE)) AS DOUBLE) AS "change",
          -CAST(COUNT(*) AS DOUBLE) AS "there"
        FROM "spans"
        GROUP BY "spans"."ends"
      ) AS "operand_2"
      LIMIT 2147483647
    ) AS "r" ON "l"."side" = "r"."side"
    LIMIT 2147483647
  ) AS "combined"
),
"mau" AS (
  SELECT "joined"."day", SUM(CAST("joined"."change" AS DOUBLE)) AS "value"
  FROM (
    SELECT "days"."day", "changes"."change", "changes"."there"
    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS "day" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS "days"
    JOIN "changes" ON "changes"."day" <= "days"."day"
    LIMIT 2147483647
  ) AS "joined"
  GROUP BY "joined"."day"
  HAVING SUM(CAST("joined"."there" AS DOUBLE)) > 0
),
"buckets" AS (
  SELECT DISTINCT "combined_2"."day"
  FROM (
    SELECT
      CASE WHEN "r_2"."side_2" IS NULL THEN "l_2"."day" ELSE "r_2"."day" END AS "day",
      CASE WHEN "r_2"."side_2" IS NULL THEN 0 ELSE 1 END AS "side_2"
    FROM (
      SELECT "daily_active_users"."day", 0 AS "side_2"
      FROM "daily_active_users"
    ) AS "l_2"
    FULL JOIN (
      SELECT "mau"."day", 1 AS "side_2"
      FROM "mau"
      LIMIT 2147483647
    ) AS "r_2" ON "l_2"."side_2" = "r_2"."side_2"
    LIMIT 2147483647
  ) AS "combined_2"
)
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."day", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value"
FROM (
  SELECT
    "buckets"."day",
    CAST(COALESCE("daily_active_users"."value", 0) AS DOUBLE) / NULLIF(COALESCE("mau"."value", 0), 0) AS "value"
  FROM "buckets"
  LEFT JOIN "daily_active_users" ON "daily_active_users"."day" = "buckets"."day"
  LEFT JOIN "mau" ON "mau"."day" = "buckets"."day"
) AS "numbers"
