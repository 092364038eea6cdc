WITH visits AS (
  SELECT texts."day", LEFT(texts.entity_1, CAST(LEN(texts.entity_1) - 1 AS INTEGER)) AS entity_1
  FROM (
    SELECT DISTINCT "date" AS "day", user_id || CHR(1) AS entity_1
    FROM user_activity
    WHERE "date" >= CAST(DATEADD(day, 1, CAST(DATEADD(day, -30, CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE)
      AND "date" <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  ) AS texts
),
spans AS (
  SELECT
    visits."day",
    LEAST(CAST(DATEADD(day, 30, visits."day") AS DATE), LEAD(visits."day", 1) OVER (PARTITION BY visits.entity_1, LEN(visits.entity_1) ORDER BY visits."day")) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans."day", SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans."day"
  UNION ALL
  SELECT
    spans.ends AS "day",
    -CAST(SUM(spans.counts) AS DECIMAL(38, 0)) AS change,
    -CAST(COUNT(*) AS DECIMAL(38, 0)) AS there
  FROM spans
  GROUP BY spans.ends
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
  SELECT days."day", SUM(changes.change) AS "value"
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
  JOIN changes ON changes."day" <= days."day"
  GROUP BY days."day"
  HAVING SUM(changes.there) > 0
) AS numbers
