-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: days_to_ship
-- label: "Days to ship"
-- description: "Average days from order to shipment, of the orders that were shipped in the month."
-- owner: "platform@nexpo.example"
-- parameters: ["from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."month", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value",
  "numbers"."ship_mode"
FROM (
  SELECT
    TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D'), 'P1M') AS "month",
    "ship_mode",
    CAST(SUM(CAST("days_to_ship" AS DOUBLE)) AS DOUBLE) / NULLIF(COUNT("days_to_ship"), 0) AS "value"
  FROM "orders"
  WHERE TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
    AND TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  GROUP BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP("ship_date"), 'P1D'), 'P1M'), "ship_mode"
) AS "numbers"
