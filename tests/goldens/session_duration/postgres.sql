WITH states AS (
  SELECT
    date AS day,
    sum(session_length) AS sum_session_length,
    count(session_length) AS count_session_length
  FROM user_sessions
  WHERE date >= CAST(CAST(CAST(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp) - INTERVAL '8 DAY' AS date) AS timestamp) + INTERVAL '1 DAY' AS date)
    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
  GROUP BY date
)
SELECT timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS "time", numbers.value
FROM (
  SELECT
    days.day,
    CAST(sum(states.sum_session_length) AS double precision) / nullif(CAST(sum(states.count_session_length) AS double precision), 0) AS value
  FROM generate_series(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 DAY') AS days(day)
  JOIN states ON states.day > CAST(CAST(days.day AS timestamp) - INTERVAL '8 DAY' AS date) AND states.day <= days.day
  GROUP BY days.day
) AS numbers
