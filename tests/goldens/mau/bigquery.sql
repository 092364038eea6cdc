WITH visits AS (
  SELECT DISTINCT date AS day, user_id AS entity_1
  FROM user_activity
  WHERE date >= DATE_ADD(DATE_SUB(DATE(@from, 'Europe/Berlin'), INTERVAL 30 DAY), INTERVAL 1 DAY)
    AND date <= DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin')
),
spans AS (
  SELECT
    visits.day,
    LEAST(COALESCE(DATE_ADD(visits.day, INTERVAL 30 DAY), LEAD(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST)), COALESCE(LEAD(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST), DATE_ADD(visits.day, INTERVAL 30 DAY))) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans.day, SUM(spans.counts) AS change, COUNT(*) AS there
  FROM spans
  GROUP BY spans.day
  UNION ALL
  SELECT spans.ends AS day, -SUM(spans.counts) AS change, -COUNT(*) AS there
  FROM spans
  GROUP BY spans.ends
)
SELECT TIMESTAMP(numbers.day, 'Europe/Berlin') AS time, numbers.value
FROM (
  SELECT days.day, SUM(CAST(changes.change AS NUMERIC)) AS value
  FROM (SELECT day FROM UNNEST(GENERATE_DATE_ARRAY(DATE(@from, 'Europe/Berlin'), DATE(TIMESTAMP_SUB(@to, INTERVAL 1 MICROSECOND), 'Europe/Berlin'), INTERVAL 1 DAY)) AS day) AS days
  JOIN changes ON changes.day <= days.day
  GROUP BY days.day
  HAVING SUM(CAST(changes.there AS NUMERIC)) > 0
) AS numbers
