-- One row a customer who has ordered; a customer's segment never changes in this data.
SELECT customer_id, min(segment) AS segment, min(order_date) AS first_order
FROM orders
GROUP BY customer_id
