-- One row a subscriber, as things stood at the end of 2024-12-31: the data says how many months each one has been there
-- (tenure) and whether he or she has left (churn), but no date. The start is that day minus the tenure, clamped to the
-- month's end; who has left did so on that day.
SELECT
    customer_id,
    CASE WHEN churn = 'Yes' THEN 'cancelled' ELSE 'active' END AS status,
    monthly_charges AS amount,
    contract,
    internet_service,
    payment_method,
    CAST(DATE '2024-12-31' - to_months(tenure) AS DATE) AS started_at,
    CASE WHEN churn = 'Yes' THEN DATE '2024-12-31' END AS ended_at
FROM wa_churn
