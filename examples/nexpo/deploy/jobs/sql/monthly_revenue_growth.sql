-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: monthly_revenue_growth
-- label: "Revenue growth on the month before"
-- description: "Growth of completed transactions in percent, with the month's revenue and customers beside it."
-- owner: "finance@nexpo.example"
-- parameters: ["to", "from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."month", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value",
  "numbers"."revenue",
  "numbers"."customers"
FROM (
  SELECT
    TIME_FLOOR("result"."time", 'P1M') AS "month",
    "result"."value",
    "result"."revenue",
    "result"."customers"
  FROM (
    WITH "monthly_revenue" AS (
      SELECT
        TIME_FLOOR(TIME_FLOOR("transactions"."__time", 'P1D'), 'P1M') AS "month",
        ROUND(SUM(CAST("transactions"."amount" AS DOUBLE)), 4) AS "revenue",
        COUNT(DISTINCT "transactions"."user_id") AS "customers"
      FROM "transactions"
      WHERE "transactions"."status" = 'completed'
        AND TIME_FLOOR("transactions"."__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
      GROUP BY TIME_FLOOR(TIME_FLOOR("transactions"."__time", 'P1D'), 'P1M')
    ),
    "growth_calculation" AS (
      SELECT
        "monthly_revenue"."month",
        "monthly_revenue"."revenue",
        "monthly_revenue"."customers",
        LAG("monthly_revenue"."revenue", 1) OVER (ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS("monthly_revenue"."month") > -9000000000000000000 THEN 0 ELSE 1 END, "monthly_revenue"."month") AS "prev_revenue",
        CAST("monthly_revenue"."revenue" - LAG("monthly_revenue"."revenue", 1) OVER (ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS("monthly_revenue"."month") > -9000000000000000000 THEN 0 ELSE 1 END, "monthly_revenue"."month") AS DOUBLE) / NULLIF(LAG("monthly_revenue"."revenue", 1) OVER (ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS("monthly_revenue"."month") > -9000000000000000000 THEN 0 ELSE 1 END, "monthly_revenue"."month"), 0) * 100 AS "growth_rate"
      FROM "monthly_revenue"
    )
    SELECT
      "growth_calculation"."month" AS "time",
      "growth_calculation"."growth_rate" AS "value",
      "growth_calculation"."revenue",
      "growth_calculation"."customers"
    FROM "growth_calculation"
    WHERE "growth_calculation"."growth_rate" IS NOT NULL
  ) AS "result"
  WHERE "result"."time" >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
    AND "result"."time" <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
) AS "numbers"
