SELECT timezone('Europe/Berlin', CAST(numbers.day AS TIMESTAMP)) AS time, numbers.value
FROM (
  SELECT date AS day, count(DISTINCT user_id) AS value
  FROM user_activity
  WHERE date >= CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE)
    AND date <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
  GROUP BY date
) AS numbers
