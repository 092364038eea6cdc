-- One row a line of an order. Seven years are added to both dates; 29 February 2016, which one line has, becomes
-- 28 February 2023, because DuckDB clamps to the month's end. (No order falls on 29 February 2024.)
SELECT
    row_id AS line_id,
    order_id,
    customer_id,
    product_id,
    category,
    sub_category,
    segment,
    region,
    CAST(order_date + INTERVAL 7 YEAR AS DATE) AS order_date,
    CAST(ship_date + INTERVAL 7 YEAR AS DATE) AS ship_date,
    ship_mode,
    quantity,
    discount,
    sales AS amount,
    profit
FROM superstore
