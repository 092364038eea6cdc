SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers.week AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "date") AS DATE) AS week,
    platform,
    channel,
    CAST(COALESCE(COUNT(CASE WHEN purchases > 0 THEN 1 END), 0) AS DOUBLE PRECISION) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE PRECISION), 0) AS "value"
  FROM user_sessions
  WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "date") AS DATE), platform, channel, LEN(platform), LEN(channel)
) AS numbers
