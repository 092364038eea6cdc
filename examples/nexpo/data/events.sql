-- Web events, 185 days later. DISTINCT takes out the 30 rows that repeat another one in every column.
SELECT DISTINCT
    user_id,
    session_id,
    event AS name,
    "timestamp" + INTERVAL 185 DAY AS created_at,
    platform,
    acquisition_channel AS channel,
    user_lifecycle AS lifecycle
FROM ecom
