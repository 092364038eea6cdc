SELECT timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS "time", numbers.value
FROM (
  SELECT date AS day, count(DISTINCT user_id) AS value
  FROM user_activity
  WHERE date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)
    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
  GROUP BY date
) AS numbers
