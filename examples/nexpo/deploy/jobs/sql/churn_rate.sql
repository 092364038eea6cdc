-- Made by kpictl from the definitions of project nexpo; changes made here are lost.
-- Make it again: kpictl emit jobs --target prod --out examples/nexpo/deploy/jobs
-- kpi: churn_rate
-- label: "Churned subscribers"
-- description: "Subscribers who have left, in percent of all that there ever were, as things stand."
-- owner: "growth@nexpo.example"
-- setting: "sqlTimeZone" = "UTC"
-- setting: "useApproximateCountDistinct" = "false"
-- setting: "useGroupingSetForExactDistinct" = "true"
-- setting: "useApproximateTopN" = "false"
SELECT
  CAST("user_metrics"."cancelled_users" AS DOUBLE) / NULLIF("user_metrics"."total_users", 0) * 100 AS "value"
FROM "user_metrics"
