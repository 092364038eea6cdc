-- One row an order. order_number counts a customer's orders from 1, by date and then by id: it looks back only.
SELECT
    order_id,
    customer_id,
    segment,
    region,
    ship_mode,
    order_date,
    ship_date,
    ship_date - order_date AS days_to_ship,
    row_number() OVER (PARTITION BY customer_id ORDER BY order_date, order_id) AS order_number,
    amount,
    profit,
    quantity
FROM (
    SELECT
        order_id,
        customer_id,
        segment,
        region,
        ship_mode,
        order_date,
        ship_date,
        CAST(sum(amount) AS DECIMAL(14, 4)) AS amount,
        CAST(sum(profit) AS DECIMAL(14, 4)) AS profit,
        CAST(sum(quantity) AS BIGINT) AS quantity
    FROM order_lines
    GROUP BY ALL
)
