-- Sessions cut by time, not by the tracker: a user's next session starts after more than 30 minutes without an event.
-- session_length is in seconds; a session of one event lasts 0. A session belongs to the day on which it starts.
WITH gaps AS (
    SELECT
        *,
        CASE WHEN created_at - lag(created_at) OVER user_events <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS starts
    FROM events
    WINDOW user_events AS (PARTITION BY user_id ORDER BY created_at, session_id, name)
),
numbered AS (
    SELECT *, sum(starts) OVER (PARTITION BY user_id ORDER BY created_at, session_id, name) AS number
    FROM gaps
)
SELECT
    user_id || '-' || number AS session_id,
    user_id,
    CAST(min(created_at) AS DATE) AS date,
    min(created_at) AS started_at,
    max(created_at) AS ended_at,
    CAST(epoch(max(created_at) - min(created_at)) AS BIGINT) AS session_length,
    first(platform ORDER BY created_at, session_id, name) AS platform,
    min(channel) AS channel,
    count(*) AS events,
    count(*) FILTER (name = 'add_to_cart') AS carts,
    count(*) FILTER (name = 'payment_details') AS checkouts,
    count(*) FILTER (name = 'payment_error') AS payment_errors,
    count(*) FILTER (name = 'support_chat') AS support_chats,
    count(*) FILTER (name = 'purchase') AS purchases
FROM numbered
GROUP BY user_id, number
