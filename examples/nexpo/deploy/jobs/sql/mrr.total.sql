-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: mrr
-- label: "MRR at month's end"
-- description: "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply."
-- owner: "finance@nexpo.example"
-- parameters: ["from", "from", "to", "to", "to"]
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  TIME_FLOOR(TIME_SHIFT("numbers"."month", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS "time",
  "numbers"."value"
FROM (
  SELECT "months"."month", ROUND(SUM(CAST("subscription_terms"."amount" AS DOUBLE)), 2) AS "value"
  FROM "subscriptions" AS "subscription_terms"
  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS "month" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS "months" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."started_at"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT("months"."month", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."ended_at"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP("subscription_terms"."ended_at"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT("months"."month", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))
  GROUP BY "months"."month"
) AS "numbers"
