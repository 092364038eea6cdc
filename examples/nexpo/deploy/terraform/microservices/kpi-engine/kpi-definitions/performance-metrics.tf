# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# Performance KPIs: those of the project, and those of variable performance_kpis.
locals {
  performance_metrics = {
    "days_to_ship" = {
      "label"       = "Days to ship"
      "description" = "Average days from order to shipment, of the orders that were shipped in the month."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "unit"        = "days"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "fulfilment"]
      "dimensions"  = ["ship_mode"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"ship_mode\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D'), 'P1M') AS \"month\",",
        "    \"ship_mode\",",
        "    CAST(SUM(CAST(\"days_to_ship\" AS DOUBLE)) AS DOUBLE) / NULLIF(COUNT(\"days_to_ship\"), 0) AS \"value\"",
        "  FROM \"orders\"",
        "  WHERE TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D'), 'P1M'), \"ship_mode\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.ship_mode",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(ship_date AS timestamp)) AS date) AS month,",
          "    ship_mode,",
          "    CAST(sum(days_to_ship) AS double precision) / nullif(CAST(count(days_to_ship) AS double precision), 0) AS value",
          "  FROM orders",
          "  WHERE ship_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND ship_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(ship_date AS timestamp)) AS date), ship_mode",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"ship_mode\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D'), 'P1M') AS \"month\",",
          "    \"ship_mode\",",
          "    CAST(SUM(CAST(\"days_to_ship\" AS DOUBLE)) AS DOUBLE) / NULLIF(COUNT(\"days_to_ship\"), 0) AS \"value\"",
          "  FROM \"orders\"",
          "  WHERE TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D'), 'P1M'), \"ship_mode\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "days_to_ship_p95" = {
      "label"       = "Days to ship, slowest 5 %"
      "description" = "95 of 100 orders that were shipped in the month took no longer."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "unit"        = "days"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["fulfilment"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(\"placed\".\"ship_date\", 'P1M') AS \"month\",",
        "    SUM(CASE WHEN \"placed\".\"place\" = (\"placed\".\"size\" + (-1)) * 19 / 20 + 1 THEN \"placed\".\"measured\" * (1 - CAST(MOD((\"placed\".\"size\" + (-1)) * 19, 20) AS DOUBLE) / 20) WHEN \"placed\".\"place\" = (\"placed\".\"size\" + (-1)) * 19 / 20 + 2 THEN \"placed\".\"measured\" * (CAST(MOD((\"placed\".\"size\" + (-1)) * 19, 20) AS DOUBLE) / 20) END) AS \"value\"",
        "  FROM (",
        "    SELECT",
        "      TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') AS \"ship_date\",",
        "      \"days_to_ship\",",
        "      CAST(\"days_to_ship\" AS DOUBLE) AS \"measured\",",
        "      ROW_NUMBER() OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D'), 'P1M') ORDER BY CASE WHEN ABS(CAST(\"days_to_ship\" AS DOUBLE)) >= 0 THEN 0 ELSE 1 END, CAST(\"days_to_ship\" AS DOUBLE)) AS \"place\",",
        "      COUNT(CAST(\"days_to_ship\" AS DOUBLE)) OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D'), 'P1M')) AS \"size\"",
        "    FROM \"orders\"",
        "    WHERE TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "      AND TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  ) AS \"placed\"",
        "  GROUP BY TIME_FLOOR(\"placed\".\"ship_date\", 'P1M')",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(ship_date AS timestamp)) AS date) AS month,",
          "    percentile_cont(CAST(0.95 AS double precision)) WITHIN GROUP (ORDER BY CAST(days_to_ship AS double precision)) AS value",
          "  FROM orders",
          "  WHERE ship_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND ship_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(ship_date AS timestamp)) AS date)",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(\"placed\".\"ship_date\", 'P1M') AS \"month\",",
          "    SUM(CASE WHEN \"placed\".\"place\" = (\"placed\".\"size\" + (-1)) * 19 / 20 + 1 THEN \"placed\".\"measured\" * (1 - CAST(MOD((\"placed\".\"size\" + (-1)) * 19, 20) AS DOUBLE) / 20) WHEN \"placed\".\"place\" = (\"placed\".\"size\" + (-1)) * 19 / 20 + 2 THEN \"placed\".\"measured\" * (CAST(MOD((\"placed\".\"size\" + (-1)) * 19, 20) AS DOUBLE) / 20) END) AS \"value\"",
          "  FROM (",
          "    SELECT",
          "      TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') AS \"ship_date\",",
          "      \"days_to_ship\",",
          "      CAST(\"days_to_ship\" AS DOUBLE) AS \"measured\",",
          "      ROW_NUMBER() OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D'), 'P1M') ORDER BY CASE WHEN ABS(CAST(\"days_to_ship\" AS DOUBLE)) >= 0 THEN 0 ELSE 1 END, CAST(\"days_to_ship\" AS DOUBLE)) AS \"place\",",
          "      COUNT(CAST(\"days_to_ship\" AS DOUBLE)) OVER (PARTITION BY TIME_FLOOR(TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D'), 'P1M')) AS \"size\"",
          "    FROM \"orders\"",
          "    WHERE TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "      AND TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"ship_date\"), 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  ) AS \"placed\"",
          "  GROUP BY TIME_FLOOR(\"placed\".\"ship_date\", 'P1M')",
          ") AS \"numbers\"",
        ])
      }
    }
    "page_views" = {
      "label"       = "Web events"
      "description" = "Events of the day."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "kind"        = "measure"
      "grain"       = "day"
      "schedule"    = "0 1 * * *"
      "retention"   = "1826d"
      "tags"        = ["web"]
      "dimensions"  = ["platform"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"platform\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D') AS \"day\",",
        "    \"platform\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"events\"",
        "  WHERE MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) >= CAST(? AS TIMESTAMP)",
        "    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) < CAST(? AS TIMESTAMP)",
        "  GROUP BY TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), \"platform\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.platform",
          "FROM (",
          "  SELECT",
          "    CAST(timezone('Europe/Berlin', timezone('Europe/Berlin', created_at)) AS date) AS day,",
          "    platform,",
          "    count(*) AS value",
          "  FROM events",
          "  WHERE timezone('Europe/Berlin', created_at) >= CAST(%(from)s AS timestamptz)",
          "    AND timezone('Europe/Berlin', created_at) < CAST(%(to)s AS timestamptz)",
          "  GROUP BY CAST(timezone('Europe/Berlin', timezone('Europe/Berlin', created_at)) AS date), platform",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"platform\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D') AS \"day\",",
          "    \"platform\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"events\"",
          "  WHERE MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) >= CAST(? AS TIMESTAMP)",
          "    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) < CAST(? AS TIMESTAMP)",
          "  GROUP BY TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), \"platform\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "error_pages" = {
      "label"       = "Error pages"
      "description" = "Error pages shown on the day."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "kind"        = "measure"
      "grain"       = "day"
      "schedule"    = "0 1 * * *"
      "retention"   = "1826d"
      "tags"        = ["web"]
      "dimensions"  = ["platform"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"platform\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D') AS \"day\",",
        "    \"platform\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"events\"",
        "  WHERE \"name\" = 'error_page'",
        "    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) >= CAST(? AS TIMESTAMP)",
        "    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) < CAST(? AS TIMESTAMP)",
        "  GROUP BY TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), \"platform\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.platform",
          "FROM (",
          "  SELECT",
          "    CAST(timezone('Europe/Berlin', timezone('Europe/Berlin', created_at)) AS date) AS day,",
          "    platform,",
          "    count(*) AS value",
          "  FROM events",
          "  WHERE name = 'error_page'",
          "    AND timezone('Europe/Berlin', created_at) >= CAST(%(from)s AS timestamptz)",
          "    AND timezone('Europe/Berlin', created_at) < CAST(%(to)s AS timestamptz)",
          "  GROUP BY CAST(timezone('Europe/Berlin', timezone('Europe/Berlin', created_at)) AS date), platform",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"platform\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D') AS \"day\",",
          "    \"platform\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"events\"",
          "  WHERE \"name\" = 'error_page'",
          "    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) >= CAST(? AS TIMESTAMP)",
          "    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) < CAST(? AS TIMESTAMP)",
          "  GROUP BY TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), \"platform\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "error_page_rate" = {
      "label"       = "Error page rate"
      "description" = "Error pages as a share of the day's events."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "kind"        = "ratio"
      "grain"       = "day"
      "schedule"    = "0 1 * * *"
      "retention"   = "1826d"
      "tags"        = ["board", "web"]
      "dimensions"  = ["platform"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"platform\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D') AS \"day\",",
        "    \"platform\",",
        "    CAST(COALESCE(COUNT(*) FILTER (WHERE \"name\" = 'error_page'), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*), 0), 0) AS \"value\"",
        "  FROM \"events\"",
        "  WHERE MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) >= CAST(? AS TIMESTAMP)",
        "    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) < CAST(? AS TIMESTAMP)",
        "  GROUP BY TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), \"platform\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.day AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.platform",
          "FROM (",
          "  SELECT",
          "    CAST(timezone('Europe/Berlin', timezone('Europe/Berlin', created_at)) AS date) AS day,",
          "    platform,",
          "    CAST(coalesce(count(*) FILTER (WHERE name = 'error_page'), 0) AS double precision) / nullif(CAST(coalesce(count(*), 0) AS double precision), 0) AS value",
          "  FROM events",
          "  WHERE timezone('Europe/Berlin', created_at) >= CAST(%(from)s AS timestamptz)",
          "    AND timezone('Europe/Berlin', created_at) < CAST(%(to)s AS timestamptz)",
          "  GROUP BY CAST(timezone('Europe/Berlin', timezone('Europe/Berlin', created_at)) AS date), platform",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"day\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"platform\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D') AS \"day\",",
          "    \"platform\",",
          "    CAST(COALESCE(COUNT(*) FILTER (WHERE \"name\" = 'error_page'), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*), 0), 0) AS \"value\"",
          "  FROM \"events\"",
          "  WHERE MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) >= CAST(? AS TIMESTAMP)",
          "    AND MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))) < CAST(? AS TIMESTAMP)",
          "  GROUP BY TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(MILLIS_TO_TIMESTAMP(TIMESTAMP_TO_MILLIS(\"__time\") - LEAST(TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -120), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -120)), TIMESTAMP_TO_MILLIS(TIME_PARSE(TIME_FORMAT(TIME_SHIFT(\"__time\", 'PT1M', -60), 'yyyy-MM-dd''T''HH:mm:ss.SSS', 'Europe/Berlin'), 'yyyy-MM-dd''T''HH:mm:ss.SSS')) - TIMESTAMP_TO_MILLIS(TIME_SHIFT(\"__time\", 'PT1M', -60)))), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), \"platform\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "payment_attempts" = {
      "label"       = "Payment attempts"
      "description" = "Sessions of the week that reached the payment page."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "kind"        = "measure"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["payments"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE \"checkouts\" > 0",
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
          "  WHERE checkouts > 0",
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
          "  WHERE \"checkouts\" > 0",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
          ") AS \"numbers\"",
        ])
      }
    }
    "failed_payments" = {
      "label"       = "Failed payments"
      "description" = "Sessions of the week that reached the payment page and saw a payment error."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "kind"        = "measure"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["payments"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE \"checkouts\" > 0",
        "    AND \"payment_errors\" > 0",
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
          "  WHERE checkouts > 0",
          "    AND payment_errors > 0",
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
          "  WHERE \"checkouts\" > 0",
          "    AND \"payment_errors\" > 0",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
          ") AS \"numbers\"",
        ])
      }
    }
    "payment_error_rate" = {
      "label"       = "Payment error rate"
      "description" = "Share of the sessions at the payment page that saw a payment error."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "kind"        = "ratio"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["board", "payments"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    CAST(COALESCE(COUNT(*) FILTER (WHERE \"checkouts\" > 0 AND \"payment_errors\" > 0), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*) FILTER (WHERE \"checkouts\" > 0), 0), 0) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE (\"checkouts\" > 0 AND \"payment_errors\" > 0 OR \"checkouts\" > 0)",
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
          "    CAST(coalesce(count(*) FILTER (WHERE checkouts > 0 AND payment_errors > 0), 0) AS double precision) / nullif(CAST(coalesce(count(*) FILTER (WHERE checkouts > 0), 0) AS double precision), 0) AS value",
          "  FROM user_sessions",
          "  WHERE (checkouts > 0 AND payment_errors > 0 OR checkouts > 0)",
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
          "    CAST(COALESCE(COUNT(*) FILTER (WHERE \"checkouts\" > 0 AND \"payment_errors\" > 0), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*) FILTER (WHERE \"checkouts\" > 0), 0), 0) AS \"value\"",
          "  FROM \"user_sessions\"",
          "  WHERE (\"checkouts\" > 0 AND \"payment_errors\" > 0 OR \"checkouts\" > 0)",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
          ") AS \"numbers\"",
        ])
      }
    }
    "support_contacts" = {
      "label"       = "Support contacts"
      "description" = "Sessions of the week with a support chat."
      "owner"       = "platform@nexpo.example"
      "category"    = "performance"
      "kind"        = "measure"
      "grain"       = "week"
      "schedule"    = "0 5 * * 1"
      "retention"   = "1826d"
      "tags"        = ["support"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"week\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W') AS \"week\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"user_sessions\"",
        "  WHERE \"support_chats\" > 0",
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
          "  WHERE support_chats > 0",
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
          "  WHERE \"support_chats\" > 0",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1W')",
          ") AS \"numbers\"",
        ])
      }
    }
  }

  performance_given = { for name, kpi in var.performance_kpis : name => merge(kpi, { category = "performance" }) }
}
