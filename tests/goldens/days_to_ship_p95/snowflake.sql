SELECT
  CAST(CONVERT_TIMEZONE('Europe/Berlin', 'UTC', CAST(numbers."MONTH" AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS "TIME",
  numbers.value
FROM (
  SELECT
    CAST(DATE_TRUNC('month', placed.ship_date) AS DATE) AS "MONTH",
    SUM(CASE WHEN placed.place = CAST(((placed.size + (-1)) * 19 - MOD((placed.size + (-1)) * 19, 20)) / 20 AS NUMBER(38, 0)) + 1 THEN placed.measured * (1 - CAST(MOD((placed.size + (-1)) * 19, NULLIF(20, 0)) AS DOUBLE) / CAST(20 AS DOUBLE)) WHEN placed.place = CAST(((placed.size + (-1)) * 19 - MOD((placed.size + (-1)) * 19, 20)) / 20 AS NUMBER(38, 0)) + 2 THEN placed.measured * (CAST(MOD((placed.size + (-1)) * 19, NULLIF(20, 0)) AS DOUBLE) / CAST(20 AS DOUBLE)) END) AS value
  FROM (
    SELECT
      ship_date,
      days_to_ship,
      CAST(days_to_ship AS DOUBLE) AS measured,
      ROW_NUMBER() OVER (PARTITION BY CAST(DATE_TRUNC('month', ship_date) AS DATE) ORDER BY CAST(days_to_ship AS DOUBLE)) AS place,
      COUNT(CAST(days_to_ship AS DOUBLE)) OVER (PARTITION BY CAST(DATE_TRUNC('month', ship_date) AS DATE)) AS size
    FROM orders
    WHERE ship_date >= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(%(from)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
      AND ship_date <= CAST(CONVERT_TIMEZONE('UTC', 'Europe/Berlin', CAST(CAST(DATEADD(microsecond, -1, CAST(CAST(%(to)s AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS TIMESTAMP_LTZ) AS TIMESTAMP_NTZ)) AS DATE)
  ) AS placed
  GROUP BY CAST(DATE_TRUNC('month', placed.ship_date) AS DATE)
) AS numbers
