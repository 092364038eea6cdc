-- INVENTED numbers: no public data set has this company's advertising. Types stated, since a CSV file has none.
SELECT
    CAST(month AS DATE) AS month,
    channel,
    CAST(spend AS DECIMAL(10, 2)) AS spend,
    origin
FROM marketing_spend
