WITH visits AS (
  SELECT DISTINCT date AS day, user_id AS entity_1
  FROM user_activity
  WHERE date >= CAST(CAST(CAST(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp) - INTERVAL '30 DAY' AS date) AS timestamp) + INTERVAL '1 DAY' AS date)
    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)
),
spans AS (
  SELECT
    visits.day,
    least(CAST(CAST(visits.day AS timestamp) + INTERVAL '30 DAY' AS date), lead(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day)) AS ends,
    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts
  FROM visits
),
changes AS (
  SELECT spans.day, sum(spans.counts) AS change, count(*) AS there
  FROM spans
  GROUP BY spans.day
  UNION ALL
  SELECT
    spans.ends AS day,
    -CAST(sum(spans.counts) AS numeric) AS change,
    -CAST(count(*) AS numeric) AS there
  FROM spans
  GROUP BY spans.ends
)
SELECT timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS "time", numbers.value
FROM (
  SELECT days.day, sum(changes.change) AS value
  FROM generate_series(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 DAY') AS days(day)
  JOIN changes ON changes.day <= days.day
  GROUP BY days.day
  HAVING sum(changes.there) > 0
) AS numbers
