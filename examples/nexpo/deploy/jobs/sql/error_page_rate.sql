-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: error_page_rate
-- label: "Error page rate"
-- description: "Error pages as a share of the day's events."
-- owner: "platform@nexpo.example"
-- parameters: ["from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."day", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value",
  "numbers"."platform"
FROM (
  SELECT
    TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS("__time") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT("__time", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT("__time", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT("__time", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT("__time", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D') AS "day",
    "platform",
    CAST(COALESCE(COUNT(*) FILTER (WHERE "name" = 'error_page'), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*), 0), 0) AS "value"
  FROM "events"
  WHERE MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS("__time") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT("__time", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT("__time", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT("__time", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT("__time", 'PT1M', -60)))) >= CAST(? AS TIMESTAMP)
    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS("__time") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT("__time", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT("__time", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT("__time", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT("__time", 'PT1M', -60)))) < CAST(? AS TIMESTAMP)
  GROUP BY TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS("__time") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT("__time", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT("__time", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT("__time", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT("__time", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), "platform"
) AS "numbers"
