-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: revenue_growth_yoy
-- label: "Revenue growth on the year before"
-- description: "Revenue of the month against the same month a year earlier."
-- owner: "finance@nexpo.example"
-- parameters: ["from", "to", "from", "to", "from", "from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
WITH "revenue" AS (
  SELECT
    TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1M') AS "month",
    ROUND(SUM(CAST("amount" AS DOUBLE)), 4) AS "value"
  FROM "order_lines"
  WHERE TIME_FLOOR("__time", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
    AND TIME_FLOOR("__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  GROUP BY TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1M')
),
"earlier" AS (
  SELECT
    TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1M') AS "month",
    ROUND(SUM(CAST("amount" AS DOUBLE)), 4) AS "value"
  FROM "order_lines"
  WHERE TIME_FLOOR("__time", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M', -12), 'P1M')
    AND TIME_FLOOR("__time", 'P1D') <= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', -12), 'P1M'), 'P1M', 1), 'P1D', -1)
  GROUP BY TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1M')
),
"revenue_1_year" AS (
  SELECT "months"."month", "earlier"."value"
  FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS "month" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS "months"
  JOIN "earlier" ON "earlier"."month" = TIME_FLOOR(TIME_SHIFT("months"."month", 'P1M', -12), 'P1M')
  LIMIT 2147483647
),
"buckets" AS (
  SELECT DISTINCT "combined"."month"
  FROM (
    SELECT
      CASE WHEN "r"."side" IS NULL THEN "l"."month" ELSE "r"."month" END AS "month",
      CASE WHEN "r"."side" IS NULL THEN 0 ELSE 1 END AS "side"
    FROM (
      SELECT "revenue"."month", 0 AS "side"
      FROM "revenue"
    ) AS "l"
    FULL JOIN (
      SELECT "revenue_1_year"."month", 1 AS "side"
      FROM "revenue_1_year"
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
    CAST("revenue"."value" AS DOUBLE) / NULLIF(CASE WHEN TIME_FLOOR(TIME_SHIFT("buckets"."month", 'P1M', -12), 'P1M') >= (TIMESTAMP '2021-01-01 00:00:00') THEN "revenue_1_year"."value" END, 0) - 1 AS "value"
  FROM "buckets"
  LEFT JOIN "revenue" ON "revenue"."month" = "buckets"."month"
  LEFT JOIN "revenue_1_year" ON "revenue_1_year"."month" = "buckets"."month"
) AS "numbers"
