-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: average_order_value
-- label: "Average order value"
-- description: "Revenue by orders."
-- owner: "finance@nexpo.example"
-- parameters: ["from", "to", "from", "to"]
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
"order_count" AS (
  SELECT
    TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1M') AS "month",
    COUNT(*) AS "value"
  FROM "orders"
  WHERE TIME_FLOOR("__time", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
    AND TIME_FLOOR("__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  GROUP BY TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1M')
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
      SELECT "order_count"."month", 1 AS "side"
      FROM "order_count"
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
    CAST("revenue"."value" AS DOUBLE) / NULLIF(COALESCE("order_count"."value", 0), 0) AS "value"
  FROM "buckets"
  LEFT JOIN "revenue" ON "revenue"."month" = "buckets"."month"
  LEFT JOIN "order_count" ON "order_count"."month" = "buckets"."month"
) AS "numbers"
