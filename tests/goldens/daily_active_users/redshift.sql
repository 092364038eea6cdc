SELECT TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT "date" AS "day", COUNT(DISTINCT user_id || CHR(1)) AS "value"
  FROM user_activity
  WHERE "date" >= CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY "date"
) AS numbers
