-- Orders as payments. The data set holds sales that took place and no other state, so each one is completed.
SELECT
    order_id AS id,
    customer_id AS user_id,
    region,
    amount,
    'completed' AS status,
    order_date AS created_at
FROM orders
