-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: days_to_ship_p95
-- label: "Days to ship, slowest 5 %"
-- description: "95 of 100 orders that were shipped in the month took no longer."
-- owner: "platform@nexpo.example"
-- parameters: ["from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."month", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value"
FROM (
  SELECT
    TIME_FLOOR("placed"."ship_date", 'P1M') AS "month",
    SUM(CASE WHEN "placed"."place" = ("placed"."size" + (-1)) * 19 / 20 + 1 THEN "placed"."measured" * (1 - CAST(MOD(("placed"."size" + (-1)) * 19, 20) AS DOUBLE) / 20) WHEN "placed"."place" = ("placed"."size" + (-1)) * 19 / 20 + 2 THEN "placed"."measured" * (CAST(MOD(("placed"."size" + (-1)) * 19, 20) AS DOUBLE) / 20) END) AS "value"
  FROM (
    SELECT
      TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D') AS "ship_date",
      "days_to_ship",
      CAST("days_to_ship" AS DOUBLE) AS "measured",
      ROW_NUMBER() OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D'), 'P1M') ORDER BY CASE WHEN ABS(CAST("days_to_ship" AS DOUBLE)) >= 0 THEN 0 ELSE 1 END, CAST("days_to_ship" AS DOUBLE)) AS "place",
      COUNT(CAST("days_to_ship" AS DOUBLE)) OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D'), 'P1M')) AS "size"
    FROM "orders"
    WHERE TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
      AND TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  ) AS "placed"
  GROUP BY TIME_FLOOR("placed"."ship_date", 'P1M')
) AS "numbers"
