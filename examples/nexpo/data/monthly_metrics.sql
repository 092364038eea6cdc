-- One row a month. marketing_spend is INVENTED; new_customers are the subscribers who started in the month.
SELECT
    spend.month,
    spend.marketing_spend,
    coalesce(starts.new_customers, 0) AS new_customers
FROM (
    SELECT month, CAST(sum(spend) AS DECIMAL(12, 2)) AS marketing_spend
    FROM ad_spend
    GROUP BY month
) AS spend
LEFT JOIN (
    SELECT CAST(date_trunc('month', started_at) AS DATE) AS month, count(*) AS new_customers
    FROM subscriptions
    GROUP BY ALL
) AS starts ON starts.month = spend.month
