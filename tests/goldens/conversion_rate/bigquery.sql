SELECT
  TIMESTAMP(numbers.week, 'Europe/Berlin') AS time,
  numbers.value,
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    DATE_TRUNC(date, WEEK(MONDAY)) AS week,
    platform,
    channel,
    SAFE_DIVIDE(COALESCE(COUNTIF(purchases > 0), 0), COALESCE(COUNT(*), 0)) AS value
  FROM user_sessions
  WHERE date >= DATE(@from, 'Europe/Berlin')
    AND date <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
  GROUP BY DATE_TRUNC(date, WEEK(MONDAY)), platform, channel
) AS numbers
