# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# User KPIs: those of the project, and those of variable user_kpis.
locals {
  users_metrics = {
    "daily_active_users" = {
      "label"       = "Daily active users"
      "description" = "Users with at least one event on the day."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "query"
      "grain"       = "day"
      "schedule"    = "0 1 * * *"
      "retention"   = "90d"
      "tags"        = ["board", "activity"]
      "query"       = "SELECT COUNT(DISTINCT user_id) FROM user_activity WHERE date = CURRENT_DATE"
      "sql" = {
        "timescale" = join("\n", [
          "SELECT timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT date AS day, count(DISTINCT user_id) AS value",
          "  FROM user_activity",
          "  WHERE date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY date",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", COUNT(DISTINCT \"user_id\") AS \"value\"",
          "  FROM \"user_activity\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(\"__time\", 'P1D')",
          ") AS \"numbers\"",
        ])
      }
    }
    "wau" = {
      "label"       = "Weekly active users"
      "description" = "Users with at least one event on the day or the six days before."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "measure"
      "grain"       = "day"
      "schedule"    = "0 1 * * *"
      "retention"   = "1826d"
      "tags"        = ["activity"]
      "query" = join("\n", [
        "WITH \"visits\" AS (",
        "  SELECT DISTINCT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", \"user_id\" AS \"entity_1\"",
        "  FROM \"user_activity\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -7), 'P1D', 1)",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "),",
        "\"spans\" AS (",
        "  SELECT",
        "    \"visits\".\"day\",",
        "    MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"visits\".\"day\", 'P1D', 7)), TIMESTAMP_TO_MILLIS(LEAD(\"visits\".\"day\", 1) OVER (PARTITION BY \"visits\".\"entity_1\" ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"visits\".\"day\") > -9000000000000000000 THEN 0 ELSE 1 END, \"visits\".\"day\")))) AS \"ends\",",
        "    CASE WHEN \"visits\".\"entity_1\" IS NULL THEN 0 ELSE 1 END AS \"counts\"",
        "  FROM \"visits\"",
        "),",
        "\"changes\" AS (",
        "  SELECT \"combined\".\"day\", \"combined\".\"change\", \"combined\".\"there\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"day\" ELSE \"r\".\"day\" END AS \"day\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"change\" ELSE \"r\".\"change\" END AS \"change\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"there\" ELSE \"r\".\"there\" END AS \"there\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"operand\".\"day\", \"operand\".\"change\", \"operand\".\"there\", 0 AS \"side\"",
        "      FROM (",
        "        SELECT \"spans\".\"day\", SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS \"change\", COUNT(*) AS \"there\"",
        "        FROM \"spans\"",
        "        GROUP BY \"spans\".\"day\"",
        "      ) AS \"operand\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"operand_2\".\"day\", \"operand_2\".\"change\", \"operand_2\".\"there\", 1 AS \"side\"",
        "      FROM (",
        "        SELECT",
        "          \"spans\".\"ends\" AS \"day\",",
        "          -CAST(SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS DOUBLE) AS \"change\",",
        "          -CAST(COUNT(*) AS DOUBLE) AS \"there\"",
        "        FROM \"spans\"",
        "        GROUP BY \"spans\".\"ends\"",
        "      ) AS \"operand_2\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT \"joined\".\"day\", SUM(CAST(\"joined\".\"change\" AS DOUBLE)) AS \"value\"",
        "  FROM (",
        "    SELECT \"days\".\"day\", \"changes\".\"change\", \"changes\".\"there\"",
        "    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS \"day\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"days\"",
        "    JOIN \"changes\" ON \"changes\".\"day\" <= \"days\".\"day\"",
        "    LIMIT 2147483647",
        "  ) AS \"joined\"",
        "  GROUP BY \"joined\".\"day\"",
        "  HAVING SUM(CAST(\"joined\".\"there\" AS DOUBLE)) > 0",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH visits AS (",
          "  SELECT DISTINCT date AS day, user_id AS entity_1",
          "  FROM user_activity",
          "  WHERE date >= CAST(CAST(CAST(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp) - INTERVAL '7 DAY' AS date) AS timestamp) + INTERVAL '1 DAY' AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "),",
          "spans AS (",
          "  SELECT",
          "    visits.day,",
          "    least(CAST(CAST(visits.day AS timestamp) + INTERVAL '7 DAY' AS date), lead(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day)) AS ends,",
          "    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts",
          "  FROM visits",
          "),",
          "changes AS (",
          "  SELECT spans.day, sum(spans.counts) AS change, count(*) AS there",
          "  FROM spans",
          "  GROUP BY spans.day",
          "  UNION ALL",
          "  SELECT",
          "    spans.ends AS day,",
          "    -CAST(sum(spans.counts) AS numeric) AS change,",
          "    -CAST(count(*) AS numeric) AS there",
          "  FROM spans",
          "  GROUP BY spans.ends",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT days.day, sum(changes.change) AS value",
          "  FROM generate_series(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 DAY') AS days(day)",
          "  JOIN changes ON changes.day <= days.day",
          "  GROUP BY days.day",
          "  HAVING sum(changes.there) > 0",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"visits\" AS (",
          "  SELECT DISTINCT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", \"user_id\" AS \"entity_1\"",
          "  FROM \"user_activity\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -7), 'P1D', 1)",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "),",
          "\"spans\" AS (",
          "  SELECT",
          "    \"visits\".\"day\",",
          "    MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"visits\".\"day\", 'P1D', 7)), TIMESTAMP_TO_MILLIS(LEAD(\"visits\".\"day\", 1) OVER (PARTITION BY \"visits\".\"entity_1\" ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"visits\".\"day\") > -9000000000000000000 THEN 0 ELSE 1 END, \"visits\".\"day\")))) AS \"ends\",",
          "    CASE WHEN \"visits\".\"entity_1\" IS NULL THEN 0 ELSE 1 END AS \"counts\"",
          "  FROM \"visits\"",
          "),",
          "\"changes\" AS (",
          "  SELECT \"combined\".\"day\", \"combined\".\"change\", \"combined\".\"there\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"day\" ELSE \"r\".\"day\" END AS \"day\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"change\" ELSE \"r\".\"change\" END AS \"change\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"there\" ELSE \"r\".\"there\" END AS \"there\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"operand\".\"day\", \"operand\".\"change\", \"operand\".\"there\", 0 AS \"side\"",
          "      FROM (",
          "        SELECT \"spans\".\"day\", SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS \"change\", COUNT(*) AS \"there\"",
          "        FROM \"spans\"",
          "        GROUP BY \"spans\".\"day\"",
          "      ) AS \"operand\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"operand_2\".\"day\", \"operand_2\".\"change\", \"operand_2\".\"there\", 1 AS \"side\"",
          "      FROM (",
          "        SELECT",
          "          \"spans\".\"ends\" AS \"day\",",
          "          -CAST(SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS DOUBLE) AS \"change\",",
          "          -CAST(COUNT(*) AS DOUBLE) AS \"there\"",
          "        FROM \"spans\"",
          "        GROUP BY \"spans\".\"ends\"",
          "      ) AS \"operand_2\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT \"joined\".\"day\", SUM(CAST(\"joined\".\"change\" AS DOUBLE)) AS \"value\"",
          "  FROM (",
          "    SELECT \"days\".\"day\", \"changes\".\"change\", \"changes\".\"there\"",
          "    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS \"day\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"days\"",
          "    JOIN \"changes\" ON \"changes\".\"day\" <= \"days\".\"day\"",
          "    LIMIT 2147483647",
          "  ) AS \"joined\"",
          "  GROUP BY \"joined\".\"day\"",
          "  HAVING SUM(CAST(\"joined\".\"there\" AS DOUBLE)) > 0",
          ") AS \"numbers\"",
        ])
      }
    }
    "mau" = {
      "label"       = "Monthly active users"
      "description" = "Users with at least one event on the day or the 29 days before."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "measure"
      "grain"       = "day"
      "schedule"    = "0 1 * * *"
      "retention"   = "1826d"
      "tags"        = ["board", "activity"]
      "query" = join("\n", [
        "WITH \"visits\" AS (",
        "  SELECT DISTINCT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", \"user_id\" AS \"entity_1\"",
        "  FROM \"user_activity\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -30), 'P1D', 1)",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "),",
        "\"spans\" AS (",
        "  SELECT",
        "    \"visits\".\"day\",",
        "    MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"visits\".\"day\", 'P1D', 30)), TIMESTAMP_TO_MILLIS(LEAD(\"visits\".\"day\", 1) OVER (PARTITION BY \"visits\".\"entity_1\" ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"visits\".\"day\") > -9000000000000000000 THEN 0 ELSE 1 END, \"visits\".\"day\")))) AS \"ends\",",
        "    CASE WHEN \"visits\".\"entity_1\" IS NULL THEN 0 ELSE 1 END AS \"counts\"",
        "  FROM \"visits\"",
        "),",
        "\"changes\" AS (",
        "  SELECT \"combined\".\"day\", \"combined\".\"change\", \"combined\".\"there\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"day\" ELSE \"r\".\"day\" END AS \"day\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"change\" ELSE \"r\".\"change\" END AS \"change\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"there\" ELSE \"r\".\"there\" END AS \"there\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"operand\".\"day\", \"operand\".\"change\", \"operand\".\"there\", 0 AS \"side\"",
        "      FROM (",
        "        SELECT \"spans\".\"day\", SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS \"change\", COUNT(*) AS \"there\"",
        "        FROM \"spans\"",
        "        GROUP BY \"spans\".\"day\"",
        "      ) AS \"operand\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"operand_2\".\"day\", \"operand_2\".\"change\", \"operand_2\".\"there\", 1 AS \"side\"",
        "      FROM (",
        "        SELECT",
        "          \"spans\".\"ends\" AS \"day\",",
        "          -CAST(SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS DOUBLE) AS \"change\",",
        "          -CAST(COUNT(*) AS DOUBLE) AS \"there\"",
        "        FROM \"spans\"",
        "        GROUP BY \"spans\".\"ends\"",
        "      ) AS \"operand_2\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT \"joined\".\"day\", SUM(CAST(\"joined\".\"change\" AS DOUBLE)) AS \"value\"",
        "  FROM (",
        "    SELECT \"days\".\"day\", \"changes\".\"change\", \"changes\".\"there\"",
        "    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS \"day\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"days\"",
        "    JOIN \"changes\" ON \"changes\".\"day\" <= \"days\".\"day\"",
        "    LIMIT 2147483647",
        "  ) AS \"joined\"",
        "  GROUP BY \"joined\".\"day\"",
        "  HAVING SUM(CAST(\"joined\".\"there\" AS DOUBLE)) > 0",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH visits AS (",
          "  SELECT DISTINCT date AS day, user_id AS entity_1",
          "  FROM user_activity",
          "  WHERE date >= CAST(CAST(CAST(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp) - INTERVAL '30 DAY' AS date) AS timestamp) + INTERVAL '1 DAY' AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "),",
          "spans AS (",
          "  SELECT",
          "    visits.day,",
          "    least(CAST(CAST(visits.day AS timestamp) + INTERVAL '30 DAY' AS date), lead(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day)) AS ends,",
          "    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts",
          "  FROM visits",
          "),",
          "changes AS (",
          "  SELECT spans.day, sum(spans.counts) AS change, count(*) AS there",
          "  FROM spans",
          "  GROUP BY spans.day",
          "  UNION ALL",
          "  SELECT",
          "    spans.ends AS day,",
          "    -CAST(sum(spans.counts) AS numeric) AS change,",
          "    -CAST(count(*) AS numeric) AS there",
          "  FROM spans",
          "  GROUP BY spans.ends",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT days.day, sum(changes.change) AS value",
          "  FROM generate_series(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 DAY') AS days(day)",
          "  JOIN changes ON changes.day <= days.day",
          "  GROUP BY days.day",
          "  HAVING sum(changes.there) > 0",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"visits\" AS (",
          "  SELECT DISTINCT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", \"user_id\" AS \"entity_1\"",
          "  FROM \"user_activity\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -30), 'P1D', 1)",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "),",
          "\"spans\" AS (",
          "  SELECT",
          "    \"visits\".\"day\",",
          "    MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"visits\".\"day\", 'P1D', 30)), TIMESTAMP_TO_MILLIS(LEAD(\"visits\".\"day\", 1) OVER (PARTITION BY \"visits\".\"entity_1\" ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"visits\".\"day\") > -9000000000000000000 THEN 0 ELSE 1 END, \"visits\".\"day\")))) AS \"ends\",",
          "    CASE WHEN \"visits\".\"entity_1\" IS NULL THEN 0 ELSE 1 END AS \"counts\"",
          "  FROM \"visits\"",
          "),",
          "\"changes\" AS (",
          "  SELECT \"combined\".\"day\", \"combined\".\"change\", \"combined\".\"there\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"day\" ELSE \"r\".\"day\" END AS \"day\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"change\" ELSE \"r\".\"change\" END AS \"change\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"there\" ELSE \"r\".\"there\" END AS \"there\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"operand\".\"day\", \"operand\".\"change\", \"operand\".\"there\", 0 AS \"side\"",
          "      FROM (",
          "        SELECT \"spans\".\"day\", SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS \"change\", COUNT(*) AS \"there\"",
          "        FROM \"spans\"",
          "        GROUP BY \"spans\".\"day\"",
          "      ) AS \"operand\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"operand_2\".\"day\", \"operand_2\".\"change\", \"operand_2\".\"there\", 1 AS \"side\"",
          "      FROM (",
          "        SELECT",
          "          \"spans\".\"ends\" AS \"day\",",
          "          -CAST(SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS DOUBLE) AS \"change\",",
          "          -CAST(COUNT(*) AS DOUBLE) AS \"there\"",
          "        FROM \"spans\"",
          "        GROUP BY \"spans\".\"ends\"",
          "      ) AS \"operand_2\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT \"joined\".\"day\", SUM(CAST(\"joined\".\"change\" AS DOUBLE)) AS \"value\"",
          "  FROM (",
          "    SELECT \"days\".\"day\", \"changes\".\"change\", \"changes\".\"there\"",
          "    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS \"day\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"days\"",
          "    JOIN \"changes\" ON \"changes\".\"day\" <= \"days\".\"day\"",
          "    LIMIT 2147483647",
          "  ) AS \"joined\"",
          "  GROUP BY \"joined\".\"day\"",
          "  HAVING SUM(CAST(\"joined\".\"there\" AS DOUBLE)) > 0",
          ") AS \"numbers\"",
        ])
      }
    }
    "stickiness" = {
      "label"       = "Stickiness"
      "description" = "Daily by monthly active users, the share of the month's users who came on the day."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "expr"
      "grain"       = "day"
      "schedule"    = "0 1 * * *"
      "retention"   = "90d"
      "tags"        = ["activity"]
      "query" = join("\n", [
        "WITH \"daily_active_users\" AS (",
        "  SELECT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", COUNT(DISTINCT \"user_id\") AS \"value\"",
        "  FROM \"user_activity\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(\"__time\", 'P1D')",
        "),",
        "\"visits\" AS (",
        "  SELECT DISTINCT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", \"user_id\" AS \"entity_1\"",
        "  FROM \"user_activity\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -30), 'P1D', 1)",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "),",
        "\"spans\" AS (",
        "  SELECT",
        "    \"visits\".\"day\",",
        "    MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"visits\".\"day\", 'P1D', 30)), TIMESTAMP_TO_MILLIS(LEAD(\"visits\".\"day\", 1) OVER (PARTITION BY \"visits\".\"entity_1\" ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"visits\".\"day\") > -9000000000000000000 THEN 0 ELSE 1 END, \"visits\".\"day\")))) AS \"ends\",",
        "    CASE WHEN \"visits\".\"entity_1\" IS NULL THEN 0 ELSE 1 END AS \"counts\"",
        "  FROM \"visits\"",
        "),",
        "\"changes\" AS (",
        "  SELECT \"combined\".\"day\", \"combined\".\"change\", \"combined\".\"there\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"day\" ELSE \"r\".\"day\" END AS \"day\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"change\" ELSE \"r\".\"change\" END AS \"change\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"there\" ELSE \"r\".\"there\" END AS \"there\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"operand\".\"day\", \"operand\".\"change\", \"operand\".\"there\", 0 AS \"side\"",
        "      FROM (",
        "        SELECT \"spans\".\"day\", SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS \"change\", COUNT(*) AS \"there\"",
        "        FROM \"spans\"",
        "        GROUP BY \"spans\".\"day\"",
        "      ) AS \"operand\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"operand_2\".\"day\", \"operand_2\".\"change\", \"operand_2\".\"there\", 1 AS \"side\"",
        "      FROM (",
        "        SELECT",
        "          \"spans\".\"ends\" AS \"day\",",
        "          -CAST(SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS DOUBLE) AS \"change\",",
        "          -CAST(COUNT(*) AS DOUBLE) AS \"there\"",
        "        FROM \"spans\"",
        "        GROUP BY \"spans\".\"ends\"",
        "      ) AS \"operand_2\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        "),",
        "\"mau\" AS (",
        "  SELECT \"joined\".\"day\", SUM(CAST(\"joined\".\"change\" AS DOUBLE)) AS \"value\"",
        "  FROM (",
        "    SELECT \"days\".\"day\", \"changes\".\"change\", \"changes\".\"there\"",
        "    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS \"day\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"days\"",
        "    JOIN \"changes\" ON \"changes\".\"day\" <= \"days\".\"day\"",
        "    LIMIT 2147483647",
        "  ) AS \"joined\"",
        "  GROUP BY \"joined\".\"day\"",
        "  HAVING SUM(CAST(\"joined\".\"there\" AS DOUBLE)) > 0",
        "),",
        "\"buckets\" AS (",
        "  SELECT DISTINCT \"combined_2\".\"day\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r_2\".\"side_2\" IS NULL THEN \"l_2\".\"day\" ELSE \"r_2\".\"day\" END AS \"day\",",
        "      CASE WHEN \"r_2\".\"side_2\" IS NULL THEN 0 ELSE 1 END AS \"side_2\"",
        "    FROM (",
        "      SELECT \"daily_active_users\".\"day\", 0 AS \"side_2\"",
        "      FROM \"daily_active_users\"",
        "    ) AS \"l_2\"",
        "    FULL JOIN (",
        "      SELECT \"mau\".\"day\", 1 AS \"side_2\"",
        "      FROM \"mau\"",
        "      LIMIT 2147483647",
        "    ) AS \"r_2\" ON \"l_2\".\"side_2\" = \"r_2\".\"side_2\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined_2\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    \"buckets\".\"day\",",
        "    CAST(COALESCE(\"daily_active_users\".\"value\", 0) AS DOUBLE) / NULLIF(COALESCE(\"mau\".\"value\", 0), 0) AS \"value\"",
        "  FROM \"buckets\"",
        "  LEFT JOIN \"daily_active_users\" ON \"daily_active_users\".\"day\" = \"buckets\".\"day\"",
        "  LEFT JOIN \"mau\" ON \"mau\".\"day\" = \"buckets\".\"day\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH daily_active_users AS (",
          "  SELECT date AS day, count(DISTINCT user_id) AS value",
          "  FROM user_activity",
          "  WHERE date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY date",
          "),",
          "visits AS (",
          "  SELECT DISTINCT date AS day, user_id AS entity_1",
          "  FROM user_activity",
          "  WHERE date >= CAST(CAST(CAST(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp) - INTERVAL '30 DAY' AS date) AS timestamp) + INTERVAL '1 DAY' AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "),",
          "spans AS (",
          "  SELECT",
          "    visits.day,",
          "    least(CAST(CAST(visits.day AS timestamp) + INTERVAL '30 DAY' AS date), lead(visits.day, 1) OVER (PARTITION BY visits.entity_1 ORDER BY visits.day)) AS ends,",
          "    CASE WHEN visits.entity_1 IS NULL THEN 0 ELSE 1 END AS counts",
          "  FROM visits",
          "),",
          "changes AS (",
          "  SELECT spans.day, sum(spans.counts) AS change, count(*) AS there",
          "  FROM spans",
          "  GROUP BY spans.day",
          "  UNION ALL",
          "  SELECT",
          "    spans.ends AS day,",
          "    -CAST(sum(spans.counts) AS numeric) AS change,",
          "    -CAST(count(*) AS numeric) AS there",
          "  FROM spans",
          "  GROUP BY spans.ends",
          "),",
          "mau AS (",
          "  SELECT days.day, sum(changes.change) AS value",
          "  FROM generate_series(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 DAY') AS days(day)",
          "  JOIN changes ON changes.day <= days.day",
          "  GROUP BY days.day",
          "  HAVING sum(changes.there) > 0",
          "),",
          "buckets AS (",
          "  SELECT daily_active_users.day",
          "  FROM daily_active_users",
          "  UNION",
          "  SELECT mau.day",
          "  FROM mau",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    buckets.day,",
          "    CAST(coalesce(daily_active_users.value, 0) AS double precision) / nullif(CAST(coalesce(mau.value, 0) AS double precision), 0) AS value",
          "  FROM buckets",
          "  LEFT JOIN daily_active_users ON daily_active_users.day = buckets.day",
          "  LEFT JOIN mau ON mau.day = buckets.day",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"daily_active_users\" AS (",
          "  SELECT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", COUNT(DISTINCT \"user_id\") AS \"value\"",
          "  FROM \"user_activity\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(\"__time\", 'P1D')",
          "),",
          "\"visits\" AS (",
          "  SELECT DISTINCT TIME_FLOOR(\"__time\", 'P1D') AS \"day\", \"user_id\" AS \"entity_1\"",
          "  FROM \"user_activity\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -30), 'P1D', 1)",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "),",
          "\"spans\" AS (",
          "  SELECT",
          "    \"visits\".\"day\",",
          "    MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"visits\".\"day\", 'P1D', 30)), TIMESTAMP_TO_MILLIS(LEAD(\"visits\".\"day\", 1) OVER (PARTITION BY \"visits\".\"entity_1\" ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"visits\".\"day\") > -9000000000000000000 THEN 0 ELSE 1 END, \"visits\".\"day\")))) AS \"ends\",",
          "    CASE WHEN \"visits\".\"entity_1\" IS NULL THEN 0 ELSE 1 END AS \"counts\"",
          "  FROM \"visits\"",
          "),",
          "\"changes\" AS (",
          "  SELECT \"combined\".\"day\", \"combined\".\"change\", \"combined\".\"there\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"day\" ELSE \"r\".\"day\" END AS \"day\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"change\" ELSE \"r\".\"change\" END AS \"change\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"there\" ELSE \"r\".\"there\" END AS \"there\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"operand\".\"day\", \"operand\".\"change\", \"operand\".\"there\", 0 AS \"side\"",
          "      FROM (",
          "        SELECT \"spans\".\"day\", SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS \"change\", COUNT(*) AS \"there\"",
          "        FROM \"spans\"",
          "        GROUP BY \"spans\".\"day\"",
          "      ) AS \"operand\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"operand_2\".\"day\", \"operand_2\".\"change\", \"operand_2\".\"there\", 1 AS \"side\"",
          "      FROM (",
          "        SELECT",
          "          \"spans\".\"ends\" AS \"day\",",
          "          -CAST(SUM(CAST(\"spans\".\"counts\" AS DOUBLE)) AS DOUBLE) AS \"change\",",
          "          -CAST(COUNT(*) AS DOUBLE) AS \"there\"",
          "        FROM \"spans\"",
          "        GROUP BY \"spans\".\"ends\"",
          "      ) AS \"operand_2\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          "),",
          "\"mau\" AS (",
          "  SELECT \"joined\".\"day\", SUM(CAST(\"joined\".\"change\" AS DOUBLE)) AS \"value\"",
          "  FROM (",
          "    SELECT \"days\".\"day\", \"changes\".\"change\", \"changes\".\"there\"",
          "    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS \"day\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"days\"",
          "    JOIN \"changes\" ON \"changes\".\"day\" <= \"days\".\"day\"",
          "    LIMIT 2147483647",
          "  ) AS \"joined\"",
          "  GROUP BY \"joined\".\"day\"",
          "  HAVING SUM(CAST(\"joined\".\"there\" AS DOUBLE)) > 0",
          "),",
          "\"buckets\" AS (",
          "  SELECT DISTINCT \"combined_2\".\"day\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r_2\".\"side_2\" IS NULL THEN \"l_2\".\"day\" ELSE \"r_2\".\"day\" END AS \"day\",",
          "      CASE WHEN \"r_2\".\"side_2\" IS NULL THEN 0 ELSE 1 END AS \"side_2\"",
          "    FROM (",
          "      SELECT \"daily_active_users\".\"day\", 0 AS \"side_2\"",
          "      FROM \"daily_active_users\"",
          "    ) AS \"l_2\"",
          "    FULL JOIN (",
          "      SELECT \"mau\".\"day\", 1 AS \"side_2\"",
          "      FROM \"mau\"",
          "      LIMIT 2147483647",
          "    ) AS \"r_2\" ON \"l_2\".\"side_2\" = \"r_2\".\"side_2\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined_2\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    \"buckets\".\"day\",",
          "    CAST(COALESCE(\"daily_active_users\".\"value\", 0) AS DOUBLE) / NULLIF(COALESCE(\"mau\".\"value\", 0), 0) AS \"value\"",
          "  FROM \"buckets\"",
          "  LEFT JOIN \"daily_active_users\" ON \"daily_active_users\".\"day\" = \"buckets\".\"day\"",
          "  LEFT JOIN \"mau\" ON \"mau\".\"day\" = \"buckets\".\"day\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "session_duration" = {
      "label"       = "Session duration"
      "description" = "Average length of a session in seconds, over today and the seven days before."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "unit"        = "seconds"
      "kind"        = "query"
      "grain"       = "day"
      "schedule"    = "0 */6 * * *"
      "retention"   = "30d"
      "tags"        = ["board", "sessions"]
      "query"       = "SELECT AVG(session_length) FROM user_sessions WHERE date >= CURRENT_DATE - INTERVAL '7 days'"
      "sql" = {
        "timescale" = join("\n", [
          "WITH states AS (",
          "  SELECT",
          "    date AS day,",
          "    sum(session_length) AS sum_session_length,",
          "    count(session_length) AS count_session_length",
          "  FROM user_sessions",
          "  WHERE date >= CAST(CAST(CAST(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp) - INTERVAL '8 DAY' AS date) AS timestamp) + INTERVAL '1 DAY' AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY date",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    days.day,",
          "    CAST(sum(states.sum_session_length) AS double precision) / nullif(CAST(sum(states.count_session_length) AS double precision), 0) AS value",
          "  FROM generate_series(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 DAY') AS days(day)",
          "  JOIN states ON states.day > CAST(CAST(days.day AS timestamp) - INTERVAL '8 DAY' AS date) AND states.day <= days.day",
          "  GROUP BY days.day",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"states\" AS (",
          "  SELECT",
          "    TIME_FLOOR(\"__time\", 'P1D') AS \"day\",",
          "    SUM(CAST(\"session_length\" AS DOUBLE)) AS \"sum_session_length\",",
          "    COUNT(\"session_length\") AS \"count_session_length\"",
          "  FROM \"user_sessions\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', -8), 'P1D', 1)",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(\"__time\", 'P1D')",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    \"joined\".\"day\",",
          "    CAST(SUM(CAST(\"joined\".\"sum_session_length\" AS DOUBLE)) AS DOUBLE) / NULLIF(SUM(CAST(\"joined\".\"count_session_length\" AS DOUBLE)), 0) AS \"value\"",
          "  FROM (",
          "    SELECT \"days\".\"day\", \"states\".\"sum_session_length\", \"states\".\"count_session_length\"",
          "    FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) AS \"day\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1D', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"days\"",
          "    JOIN \"states\" ON \"states\".\"day\" > TIME_SHIFT(\"days\".\"day\", 'P1D', -8) AND \"states\".\"day\" <= \"days\".\"day\"",
          "    LIMIT 2147483647",
          "  ) AS \"joined\"",
          "  GROUP BY \"joined\".\"day\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "sessions" = {
      "label"       = "Sessions"
      "description" = "Sessions that started in the week."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "measure"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["sessions"]
      "dimensions"  = ["platform", "channel"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"platform\",",
        "  \"numbers\".\"channel\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    \"platform\",",
        "    \"channel\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\", \"channel\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.week AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.platform,",
          "  numbers.channel",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('week', CAST(date AS timestamp)) AS date) AS week,",
          "    platform,",
          "    channel,",
          "    count(*) AS value",
          "  FROM user_sessions",
          "  WHERE date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('week', CAST(date AS timestamp)) AS date), platform, channel",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"platform\",",
          "  \"numbers\".\"channel\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
          "    \"platform\",",
          "    \"channel\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"user_sessions\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\", \"channel\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "median_session_length" = {
      "label"       = "Median session length"
      "description" = "Half of the week's sessions last longer."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "unit"        = "seconds"
      "kind"        = "measure"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["sessions"]
      "dimensions"  = ["platform"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"platform\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(\"placed\".\"date\", 'P1W') AS \"week\",",
        "    \"placed\".\"platform\",",
        "    SUM(CASE WHEN \"placed\".\"place\" = (\"placed\".\"size\" + (-1)) * 1 / 2 + 1 THEN \"placed\".\"measured\" * (1 - CAST(MOD((\"placed\".\"size\" + (-1)) * 1, 2) AS DOUBLE) / 2) WHEN \"placed\".\"place\" = (\"placed\".\"size\" + (-1)) * 1 / 2 + 2 THEN \"placed\".\"measured\" * (CAST(MOD((\"placed\".\"size\" + (-1)) * 1, 2) AS DOUBLE) / 2) END) AS \"value\"",
        "  FROM (",
        "    SELECT",
        "      TIME_FLOOR(\"__time\", 'P1D') AS \"date\",",
        "      \"platform\",",
        "      \"session_length\",",
        "      CAST(\"session_length\" AS DOUBLE) AS \"measured\",",
        "      ROW_NUMBER() OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\" ORDER BY CASE WHEN ABS(CAST(\"session_length\" AS DOUBLE)) >= 0 THEN 0 ELSE 1 END, CAST(\"session_length\" AS DOUBLE)) AS \"place\",",
        "      COUNT(CAST(\"session_length\" AS DOUBLE)) OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\") AS \"size\"",
        "    FROM \"user_sessions\"",
        "    WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "      AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  ) AS \"placed\"",
        "  GROUP BY TIME_FLOOR(\"placed\".\"date\", 'P1W'), \"placed\".\"platform\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.week AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.platform",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('week', CAST(date AS timestamp)) AS date) AS week,",
          "    platform,",
          "    percentile_cont(CAST(0.5 AS double precision)) WITHIN GROUP (ORDER BY CAST(session_length AS double precision)) AS value",
          "  FROM user_sessions",
          "  WHERE date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('week', CAST(date AS timestamp)) AS date), platform",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"platform\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(\"placed\".\"date\", 'P1W') AS \"week\",",
          "    \"placed\".\"platform\",",
          "    SUM(CASE WHEN \"placed\".\"place\" = (\"placed\".\"size\" + (-1)) * 1 / 2 + 1 THEN \"placed\".\"measured\" * (1 - CAST(MOD((\"placed\".\"size\" + (-1)) * 1, 2) AS DOUBLE) / 2) WHEN \"placed\".\"place\" = (\"placed\".\"size\" + (-1)) * 1 / 2 + 2 THEN \"placed\".\"measured\" * (CAST(MOD((\"placed\".\"size\" + (-1)) * 1, 2) AS DOUBLE) / 2) END) AS \"value\"",
          "  FROM (",
          "    SELECT",
          "      TIME_FLOOR(\"__time\", 'P1D') AS \"date\",",
          "      \"platform\",",
          "      \"session_length\",",
          "      CAST(\"session_length\" AS DOUBLE) AS \"measured\",",
          "      ROW_NUMBER() OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\" ORDER BY CASE WHEN ABS(CAST(\"session_length\" AS DOUBLE)) >= 0 THEN 0 ELSE 1 END, CAST(\"session_length\" AS DOUBLE)) AS \"place\",",
          "      COUNT(CAST(\"session_length\" AS DOUBLE)) OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\") AS \"size\"",
          "    FROM \"user_sessions\"",
          "    WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "      AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  ) AS \"placed\"",
          "  GROUP BY TIME_FLOOR(\"placed\".\"date\", 'P1W'), \"placed\".\"platform\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "buying_sessions" = {
      "label"       = "Sessions with a purchase"
      "description" = "Sessions of the week in which something was bought."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "measure"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["sessions"]
      "dimensions"  = ["platform", "channel"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"platform\",",
        "  \"numbers\".\"channel\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    \"platform\",",
        "    \"channel\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE \"purchases\" > 0",
        "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\", \"channel\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.week AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.platform,",
          "  numbers.channel",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('week', CAST(date AS timestamp)) AS date) AS week,",
          "    platform,",
          "    channel,",
          "    count(*) AS value",
          "  FROM user_sessions",
          "  WHERE purchases > 0",
          "    AND date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('week', CAST(date AS timestamp)) AS date), platform, channel",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"platform\",",
          "  \"numbers\".\"channel\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
          "    \"platform\",",
          "    \"channel\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"user_sessions\"",
          "  WHERE \"purchases\" > 0",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\", \"channel\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "conversion_rate" = {
      "label"       = "Conversion rate"
      "description" = "Share of the week's sessions in which something was bought."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "ratio"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["board", "sessions"]
      "dimensions"  = ["platform", "channel"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"platform\",",
        "  \"numbers\".\"channel\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    \"platform\",",
        "    \"channel\",",
        "    CAST(COALESCE(COUNT(*) FILTER (WHERE \"purchases\" > 0), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*), 0), 0) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\", \"channel\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.week AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.platform,",
          "  numbers.channel",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('week', CAST(date AS timestamp)) AS date) AS week,",
          "    platform,",
          "    channel,",
          "    CAST(coalesce(count(*) FILTER (WHERE purchases > 0), 0) AS double precision) / nullif(CAST(coalesce(count(*), 0) AS double precision), 0) AS value",
          "  FROM user_sessions",
          "  WHERE date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('week', CAST(date AS timestamp)) AS date), platform, channel",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"platform\",",
          "  \"numbers\".\"channel\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
          "    \"platform\",",
          "    \"channel\",",
          "    CAST(COALESCE(COUNT(*) FILTER (WHERE \"purchases\" > 0), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*), 0), 0) AS \"value\"",
          "  FROM \"user_sessions\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W'), \"platform\", \"channel\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "cart_sessions" = {
      "label"       = "Sessions with a filled cart"
      "description" = "Sessions of the week in which something was put into the cart."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "measure"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["sessions"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE \"carts\" > 0",
        "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT timezone('Europe/Berlin', CAST(numbers.week AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT CAST(date_trunc('week', CAST(date AS timestamp)) AS date) AS week, count(*) AS value",
          "  FROM user_sessions",
          "  WHERE carts > 0",
          "    AND date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('week', CAST(date AS timestamp)) AS date)",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"user_sessions\"",
          "  WHERE \"carts\" > 0",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
          ") AS \"numbers\"",
        ])
      }
    }
    "filled_and_bought" = {
      "label"       = "Carts that were bought"
      "description" = "Sessions of the week with both a filled cart and a purchase."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "measure"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["sessions"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE \"carts\" > 0",
        "    AND \"purchases\" > 0",
        "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT timezone('Europe/Berlin', CAST(numbers.week AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT CAST(date_trunc('week', CAST(date AS timestamp)) AS date) AS week, count(*) AS value",
          "  FROM user_sessions",
          "  WHERE carts > 0",
          "    AND purchases > 0",
          "    AND date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('week', CAST(date AS timestamp)) AS date)",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"user_sessions\"",
          "  WHERE \"carts\" > 0",
          "    AND \"purchases\" > 0",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
          ") AS \"numbers\"",
        ])
      }
    }
    "cart_abandonment_rate" = {
      "label"       = "Cart abandonment"
      "description" = "Share of the sessions with a filled cart in which nothing was bought."
      "owner"       = "product@nexpo.example"
      "category"    = "users"
      "kind"        = "expr"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["sessions"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    1 - CAST(COALESCE(COUNT(*) FILTER (WHERE \"carts\" > 0 AND \"purchases\" > 0), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*) FILTER (WHERE \"carts\" > 0), 0), 0) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE (\"carts\" > 0 AND \"purchases\" > 0 OR \"carts\" > 0)",
        "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT timezone('Europe/Berlin', CAST(numbers.week AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('week', CAST(date AS timestamp)) AS date) AS week,",
          "    1 - CAST(coalesce(count(*) FILTER (WHERE carts > 0 AND purchases > 0), 0) AS double precision) / nullif(CAST(coalesce(count(*) FILTER (WHERE carts > 0), 0) AS double precision), 0) AS value",
          "  FROM user_sessions",
          "  WHERE (carts > 0 AND purchases > 0 OR carts > 0)",
          "    AND date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('week', CAST(date AS timestamp)) AS date)",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
          "    1 - CAST(COALESCE(COUNT(*) FILTER (WHERE \"carts\" > 0 AND \"purchases\" > 0), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*) FILTER (WHERE \"carts\" > 0), 0), 0) AS \"value\"",
          "  FROM \"user_sessions\"",
          "  WHERE (\"carts\" > 0 AND \"purchases\" > 0 OR \"carts\" > 0)",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
          ") AS \"numbers\"",
        ])
      }
    }
  }

  users_given = { for name, kpi in var.user_kpis : name => merge(kpi, { category = "users" }) }
}
