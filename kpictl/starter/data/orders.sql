-- A view over the files beside it, in DuckDB's SQL: each CSV, Parquet or JSON file is a table under its own name.
SELECT
    order_id,
    CAST(order_date AS DATE) AS order_date,
    customer_id,
    segment,
    region,
    CAST(quantity AS INTEGER) AS quantity,
    CAST(amount AS DECIMAL(12, 4)) AS amount
FROM superstore_2017
