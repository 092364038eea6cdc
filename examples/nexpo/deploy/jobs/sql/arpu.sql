-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: arpu
-- label: "Revenue per subscriber"
-- description: "MRR by active subscribers."
-- owner: "finance@nexpo.example"
-- parameters: ["from", "from", "to", "to", "to", "from", "from", "to", "to", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
WITH "mrr" AS (
  SELECT "months"."month", ROUND(SUM(CAST("subscription_terms"."amount" AS DOUBLE)), 2) AS "value"
  FROM "subscriptions" AS "subscription_terms"
  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS "month" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS "months" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."started_at"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT("months"."month", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."ended_at"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."ended_at"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT("months"."month", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))
  GROUP BY "months"."month"
),
"active_subscribers" AS (
  SELECT "months_2"."month", COUNT(*) AS "value"
  FROM "subscriptions" AS "subscription_terms"
  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS "month" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS "months_2" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."started_at"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT("months_2"."month", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."ended_at"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."ended_at"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT("months_2"."month", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))
  GROUP BY "months_2"."month"
),
"buckets" AS (
  SELECT DISTINCT "combined"."month"
  FROM (
    SELECT
      CASE WHEN "r"."side" IS NULL THEN "l"."month" ELSE "r"."month" END AS "month",
      CASE WHEN "r"."side" IS NULL THEN 0 ELSE 1 END AS "side"
    FROM (
      SELECT "mrr"."month", 0 AS "side"
      FROM "mrr"
    ) AS "l"
    FULL JOIN (
      SELECT "active_subscribers"."month", 1 AS "side"
      FROM "active_subscribers"
      LIMIT 2147483647
    ) AS "r" ON "l"."side" = "r"."side"
    LIMIT 2147483647
  ) AS "combined"
)
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."month", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value"
FROM (
  SELECT
    "buckets"."month",
    CAST("mrr"."value" AS DOUBLE) / NULLIF(COALESCE("active_subscribers"."value", 0), 0) AS "value"
  FROM "buckets"
  LEFT JOIN "mrr" ON "mrr"."month" = "buckets"."month"
  LEFT JOIN "active_subscribers" ON "active_subscribers"."month" = "buckets"."month"
) AS "numbers"
