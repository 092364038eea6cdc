-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: median_session_length
-- label: "Median session length"
-- description: "Half of the week's sessions last longer."
-- owner: "product@nexpo.example"
-- parameters: ["from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."week", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value",
  "numbers"."platform"
FROM (
  SELECT
    TIME_FLOOR("placed"."date", 'P1W') AS "week",
    "placed"."platform",
    SUM(CASE WHEN "placed"."place" = ("placed"."size" + (-1)) * 1 / 2 + 1 THEN "placed"."measured" * (1 - CAST(MOD(("placed"."size" + (-1)) * 1, 2) AS DOUBLE) / 2) WHEN "placed"."place" = ("placed"."size" + (-1)) * 1 / 2 + 2 THEN "placed"."measured" * (CAST(MOD(("placed"."size" + (-1)) * 1, 2) AS DOUBLE) / 2) END) AS "value"
  FROM (
    SELECT
      TIME_FLOOR("__time", 'P1D') AS "date",
      "platform",
      "session_length",
      CAST("session_length" AS DOUBLE) AS "measured",
      ROW_NUMBER() OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1W'), "platform" ORDER BY CASE WHEN ABS(CAST("session_length" AS DOUBLE)) >= 0 THEN 0 ELSE 1 END, CAST("session_length" AS DOUBLE)) AS "place",
      COUNT(CAST("session_length" AS DOUBLE)) OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR("__time", 'P1D'), 'P1W'), "platform") AS "size"
    FROM "user_sessions"
    WHERE TIME_FLOOR("__time", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
      AND TIME_FLOOR("__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  ) AS "placed"
  GROUP BY TIME_FLOOR("placed"."date", 'P1W'), "placed"."platform"
) AS "numbers"
