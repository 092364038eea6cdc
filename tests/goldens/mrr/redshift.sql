WITH digits AS (
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
SELECT
  TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time",
  numbers."value",
  numbers.contract
FROM (
  SELECT months."month", subscription_terms.contract, SUM(subscription_terms.amount) AS "value"
  FROM (
    SELECT
      CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) AS "month"
    FROM digits AS place
    CROSS JOIN digits AS place_2
    CROSS JOIN digits AS place_3
    CROSS JOIN digits AS place_4
    CROSS JOIN digits AS place_5
    WHERE 10000 * CAST(place.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 1000 * CAST(place_2.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 100 * CAST(place_3.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND 10 * CAST(place_4.n AS DECIMAL(38, 0)) <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND place_5.n <= CAST(CAST(DATEDIFF(day, CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) AS BIGINT) / 28 AS DECIMAL(38, 0)) + 1
      AND CAST(DATEADD(month, CAST(10000 * CAST(place.n AS DECIMAL(38, 0)) + 1000 * CAST(place_2.n AS DECIMAL(38, 0)) + 100 * CAST(place_3.n AS DECIMAL(38, 0)) + 10 * CAST(place_4.n AS DECIMAL(38, 0)) + place_5.n AS BIGINT), CAST(DATE_TRUNC('month', CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)) AS DATE)) AS DATE) <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  ) AS months
  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > LEAST(CAST(DATEADD(day, -1, CAST(DATEADD(month, 1, months."month") AS DATE)) AS DATE), CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)))
  GROUP BY months."month", subscription_terms.contract, LEN(subscription_terms.contract)
) AS numbers
