SELECT
  timezone('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS time,
  numbers.value,
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    CAST(date_trunc('week', date) AS DATE) AS week,
    platform,
    channel,
    CAST(coalesce(count(*) FILTER (WHERE purchases > 0), 0) AS DOUBLE) / nullif(CAST(coalesce(count(*), 0) AS DOUBLE), 0) AS value
  FROM user_sessions
  WHERE date >= CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE)
    AND date <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
  GROUP BY CAST(date_trunc('week', date) AS DATE), platform, channel
) AS numbers
