WITH visits AS (
  SELECT DISTINCT date AS day, user_id AS entity_1
  FROM user_activity
  WHERE date >= CAST(CAST(CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE) - INTERVAL '30 DAY' AS DATE) + INTERVAL '1 DAY' AS DATE)
    AND date <= CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE)
),
spans AS (
  SELECT
    visits.day,
    least(CAST(visits.day + INTERVAL '30 DAY' AS DATE), lead(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day NULLS LAST)) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans.day, sum(spans.counts) AS change, count(*) AS there
  FROM spans
  GROUP BY spans.day
  UNION ALL
  SELECT spans.ends AS day, -sum(spans.counts) AS change, -count(*) AS there
  FROM spans
  GROUP BY spans.ends
)
SELECT timezone('Europe/Berlin', CAST(numbers.day AS TIMESTAMP)) AS time, numbers.value
FROM (
  SELECT days.day, sum(changes.change) AS value
  FROM generate_series(CAST(timezone('Europe/Berlin', CAST($from AS TIMESTAMPTZ)) AS DATE), CAST(timezone('Europe/Berlin', CAST($to AS TIMESTAMPTZ) - INTERVAL '1 MICROSECOND') AS DATE), INTERVAL '1 DAY') AS days(day)
  JOIN changes ON changes.day <= days.day
  GROUP BY days.day
  HAVING sum(changes.there) > 0
) AS numbers
