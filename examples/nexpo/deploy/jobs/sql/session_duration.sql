-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: session_duration
-- label: "Session duration"
-- description: "Average length of a session in seconds, over today and the seven days before."
-- owner: "product@nexpo.example"
-- parameters: ["from", "to", "from", "from", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
WITH "states" AS (
  SELECT
    TIME_FLOOR("__time", 'P1D') AS "day",
    SUM(CAST("session_length" AS DOUBLE)) AS "sum_session_length",
    COUNT("session_length") AS "count_session_length"
  FROM "user_sessions"
  WHERE TIME_FLOOR("__time", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -8), 'P1D', 1)
    AND TIME_FLOOR("__time", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')
  GROUP BY TIME_FLOOR("__time", 'P1D')
)
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."day", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value"
FROM (
  SELECT
    "joined"."day",
    CAST(SUM(CAST("joined"."sum_session_length" AS DOUBLE)) AS DOUBLE) / NULLIF(SUM(CAST("joined"."count_session_length" AS DOUBLE)), 0) AS "value"
  FROM (
    SELECT "days"."day", "states"."sum_session_length", "states"."count_session_length"
    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS "day" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS "days"
    JOIN "states" ON "states"."day" > TIME_SHIFT("days"."day", 'P1D', -8) AND "states"."day" <= "days"."day"
    LIMIT 2147483647
  ) AS "joined"
  GROUP BY "joined"."day"
) AS "numbers"
