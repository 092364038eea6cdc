-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: monthly_recurring_revenue
-- label: "Monthly recurring revenue"
-- description: "What the active subscribers pay a month, as things stand. A snapshot; see mrr for the past."
-- owner: "finance@nexpo.example"
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT ROUND(SUM(CAST("subscriptions"."amount" AS DOUBLE)), 2) AS "value"
FROM "subscriptions"
WHERE "subscriptions"."status" = 'active'
