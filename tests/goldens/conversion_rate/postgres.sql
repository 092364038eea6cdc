SELECT
  timezone('Europe/Berlin', CAST(numbers.week AS timestamp)) AS "time",
  numbers.value,
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    CAST(date_trunc('week', CAST(date AS timestamp)) AS date) AS week,
    platform,
    channel,
    CAST(coalesce(count(*) FILTER (WHERE purchases > 0), 0) AS double precision) / nullif(CAST(coalesce(count(*), 0) AS double precision), 0) AS value
  FROM user_sessions
  WHERE date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)
    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
  GROUP BY CAST(date_trunc('week', CAST(date AS timestamp)) AS date), platform, channel
) AS numbers
