WITH states AS (
  SELECT
    date AS day,
    sum(session_length) AS sum_session_length,
    count(session_length) AS count_session_length
  FROM user_sessions
  WHERE date >= CAST(CAST(CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE) - INTERVAL '8 DAY' AS DATE) + INTERVAL '1 DAY' AS DATE)
    AND date <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
  GROUP BY date
)
SELECT timezone('Europe/Berlin', CAST(numbers.day AS TIMESTAMP)) AS time, numbers.value
FROM (
  SELECT
    days.day,
    CAST(sum(states.sum_session_length) AS DOUBLE) / nullif(CAST(sum(states.count_session_length) AS DOUBLE), 0) AS value
  FROM generate_series(CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE), CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE), INTERVAL '1 DAY') AS days(day)
  JOIN states ON states.day > CAST(days.day - INTERVAL '8 DAY' AS DATE) AND states.day <= days.day
  GROUP BY days.day
) AS numbers
