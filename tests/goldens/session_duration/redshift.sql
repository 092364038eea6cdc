WITH states AS (
  SELECT
    "date" AS "day",
    SUM(session_length) AS sum_session_length,
    COUNT(session_length) AS count_session_length
  FROM user_sessions
  WHERE "date" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -8, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE)
    AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  GROUP BY "date"
),
digits AS (
  SELECT 0 AS n
  UNION ALL
  SELECT 1 AS n
  UNION ALL
  SELECT 2 AS n
  UNION ALL
  SELECT 3 AS n
  UNION ALL
  SELECT 4 AS n
  UNION ALL
  SELECT 5 AS n
  UNION ALL
  SELECT 6 AS n
  UNION ALL
  SELECT 7 AS n
  UNION ALL
  SELECT 8 AS n
  UNION ALL
  SELECT 9 AS n
)
SELECT TIMEZONE('Europe/Berlin', CAST(numbers."day" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    days."day",
    CAST(SUM(states.sum_session_length) AS DOUBLE PRECISION) / NULLIF(CAST(SUM(states.count_session_length) AS DOUBLE PRECISION), 0) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE) AS "day"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    CROSS JOIN digits AS place_6
    CROSS JOIN digits AS place_7
    WHERE 1000000 * CAST(place.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 100000 * CAST(place_2.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 10000 * CAST(place_3.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 1000 * CAST(place_4.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 100 * CAST(place_5.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND 10 * CAST(place_6.n AS DECIMAL(38, 0)) <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND place_7.n <= DATEDIFF(day, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) + 1
      AND CAST(DATEADD(day, CAST(1000000 * CAST(place.n AS DECIMAL(38, 0)) + 100000 * CAST(place_2.n AS DECIMAL(38, 0)) + 10000 * CAST(place_3.n AS DECIMAL(38, 0)) + 1000 * CAST(place_4.n AS DECIMAL(38, 0)) + 100 * CAST(place_5.n AS DECIMAL(38, 0)) + 10 * CAST(place_6.n AS DECIMAL(38, 0)) + place_7.n AS BIGINT), CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  ) AS days
  JOIN states ON states."day" > CAST(DATEADD(day, -8, days."day") AS DATE) AND states."day" <= days."day"
  GROUP BY days."day"
) AS numbers
