SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT date AS day, COUNT(DISTINCT user_id) AS value
  FROM user_activity
  WHERE date >= DATE(@from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY date
) AS numbers
