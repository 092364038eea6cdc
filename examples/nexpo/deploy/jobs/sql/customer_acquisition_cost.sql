-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: customer_acquisition_cost
-- label: "Customer acquisition cost (invented spend)"
-- description: "Advertising by the subscribers who started in the month. The spend is invented."
-- owner: "growth@nexpo.example"
-- parameters: ["to", "from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."month", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value"
FROM (
  SELECT TIME_FLOOR("result"."time", 'P1M') AS "month", "result"."?column?" AS "value"
  FROM (
    SELECT
      TIME_FLOOR("monthly_metrics"."__time", 'P1D') AS "time",
      CAST("monthly_metrics"."marketing_spend" AS DOUBLE) / NULLIF("monthly_metrics"."new_customers", 0) AS "?column?"
    FROM "monthly_metrics"
    WHERE TIME_FLOOR("monthly_metrics"."__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  ) AS "result"
  WHERE "result"."time" >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
    AND "result"."time" <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
) AS "numbers"
