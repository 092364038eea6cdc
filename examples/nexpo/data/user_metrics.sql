-- One row: the subscribers as things stand.
SELECT
    count(*) FILTER (status = 'cancelled') AS cancelled_users,
    count(*) AS total_users
FROM subscriptions
