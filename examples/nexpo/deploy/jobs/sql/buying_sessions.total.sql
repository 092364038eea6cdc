-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: buying_sessions
-- label: "Sessions with a purchase"
-- description: "Sessions of the week in which something was bought."
-- owner: "product@nexpo.example"
-- parameters: ["from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."week", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value"
FROM (
  SELECT
    TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1W') AS "week",
    COUNT(*) AS "value"
  FROM "user_sessions"
  WHERE "purchases" > 0
    AND TIME_FLOOR("__time", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
    AND TIME_FLOOR("__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  GROUP BY TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1W')
) AS "numbers"
