WITH states AS (
  SELECT
    date AS day,
    SUM(CAST(session_length AS NUMERIC)) AS sum_session_length,
    COUNT(session_length) AS count_session_length
  FROM user_sessions
  WHERE date >= DATE_ADD(DATE_SUB(DATE(@from, 'Europe/Berlin'), INTERVAL 8 DAY), INTERVAL 1 DAY)
    AND date <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY date
)
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT
    days.day,
    SAFE_DIVIDE(CAST(SUM(CAST(states.sum_session_length AS BIGNUMERIC)) AS FLOAT64), SUM(CAST(states.count_session_length AS NUMERIC))) AS value
  FROM (SELECT day FROM UNNEST(GENERATE_DATE_ARRAY(DATE(@from, 'Europe/Berlin'), DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 DAY)) AS day) AS days
  JOIN states ON states.day > DATE_SUB(days.day, INTERVAL 8 DAY) AND states.day <= days.day
  GROUP BY days.day
) AS numbers
