SELECT TIMEZONE('Europe/Berlin', CAST(numbers."month" AS TIMESTAMP)) AS "time", numbers."value"
FROM (
  SELECT
    CAST(DATE_TRUNC('month', placed.ship_date) AS DATE) AS "month",
    SUM(CASE WHEN placed.place = CAST(CAST((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 19 AS BIGINT) / 20 AS DECIMAL(38, 0)) + 1 THEN placed.measured * (1 - CAST(MOD((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 19, NULLIF(20, 0)) AS DOUBLE PRECISION) / CAST(20 AS DOUBLE PRECISION)) WHEN placed.place = CAST(CAST((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 19 AS BIGINT) / 20 AS DECIMAL(38, 0)) + 2 THEN placed.measured * (CAST(MOD((CAST(placed.size AS DECIMAL(38, 0)) + (-1)) * 19, NULLIF(20, 0)) AS DOUBLE PRECISION) / CAST(20 AS DOUBLE PRECISION)) END) AS "value"
  FROM (
    SELECT
      ship_date,
      days_to_ship,
      CAST(days_to_ship AS DOUBLE PRECISION) AS measured,
      ROW_NUMBER() OVER (PARTITION BY CAST(DATE_TRUNC('month', ship_date) AS DATE) ORDER BY CAST(days_to_ship AS DOUBLE PRECISION)) AS place,
      COUNT(CAST(days_to_ship AS DOUBLE PRECISION)) OVER (PARTITION BY CAST(DATE_TRUNC('month', ship_date) AS DATE)) AS size
    FROM orders
    WHERE ship_date >= CAST(TIMEZONE('Europe/Berlin', CAST(%(from)s AS TIMESTAMPTZ)) AS DATE)
      AND ship_date <= CAST(TIMEZONE('Europe/Berlin', TIMEZONE('UTC', DATEADD(microsecond, -1, TIMEZONE('UTC', CAST(%(to)s AS TIMESTAMPTZ))))) AS DATE)
  ) AS placed
  GROUP BY CAST(DATE_TRUNC('month', placed.ship_date) AS DATE)
) AS numbers
