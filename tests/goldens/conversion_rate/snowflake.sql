SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers.week AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value,
  numbers.platform,
  numbers.channel
FROM (
  SELECT
    CAST(DATE_TRUNC('week', "DATE") AS DATE) AS week,
    platform,
    channel,
    CAST(COALESCE(COUNT(CASE WHEN purchases > 0 THEN 1 END), 0) AS DOUBLE) / NULLIF(CAST(COALESCE(COUNT(*), 0) AS DOUBLE), 0) AS value
  FROM user_sessions
  WHERE "DATE" >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(%(from)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
    AND "DATE" <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(%(to)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  GROUP BY CAST(DATE_TRUNC('week', "DATE") AS DATE), platform, channel
) AS numbers
