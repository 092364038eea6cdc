-- One row a user and day with at least one event.
SELECT user_id, CAST(created_at AS DATE) AS date, count(*) AS events
FROM events
GROUP BY ALL
