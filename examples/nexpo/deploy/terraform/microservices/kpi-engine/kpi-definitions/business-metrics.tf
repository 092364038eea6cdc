# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# Business KPIs: those of the project, and those of variable business_kpis.
locals {
  business_metrics = {
    "customer_acquisition_cost" = {
      "label"       = "Customer acquisition cost (invented spend)"
      "description" = "Advertising by the subscribers who started in the month. The spend is invented."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "query"
      "grain"       = "month"
      "schedule"    = "0 0 1 * *"
      "retention"   = "1095d"
      "tags"        = ["board", "marketing"]
      "query"       = "SELECT marketing_spend / new_customers FROM monthly_metrics"
      "sql" = {
        "timescale" = join("\n", [
          "SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(result.\"time\" AS timestamp)) AS date) AS month,",
          "    result.\"?column?\" AS value",
          "  FROM (",
          "    SELECT",
          "      monthly_metrics.month AS \"time\",",
          "      CAST(monthly_metrics.marketing_spend AS double precision) / nullif(CAST(monthly_metrics.new_customers AS double precision), 0) AS \"?column?\"",
          "    FROM monthly_metrics",
          "    WHERE monthly_metrics.month <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  ) AS result",
          "  WHERE result.\"time\" >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND result.\"time\" <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT TIME_FLOOR(\"result\".\"time\", 'P1M') AS \"month\", \"result\".\"?column?\" AS \"value\"",
          "  FROM (",
          "    SELECT",
          "      TIME_FLOOR(\"monthly_metrics\".\"__time\", 'P1D') AS \"time\",",
          "      CAST(\"monthly_metrics\".\"marketing_spend\" AS DOUBLE) / NULLIF(\"monthly_metrics\".\"new_customers\", 0) AS \"?column?\"",
          "    FROM \"monthly_metrics\"",
          "    WHERE TIME_FLOOR(\"monthly_metrics\".\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  ) AS \"result\"",
          "  WHERE \"result\".\"time\" >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND \"result\".\"time\" <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          ") AS \"numbers\"",
        ])
      }
    }
    "advertising_spend" = {
      "label"       = "Advertising (invented spend)"
      "description" = "Advertising by month and channel. The spend is invented."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["marketing"]
      "dimensions"  = ["channel"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"channel\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"channel\",",
        "    ROUND(SUM(CAST(\"spend\" AS DOUBLE)), 2) AS \"value\"",
        "  FROM \"ad_spend\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"channel\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.channel",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(month AS timestamp)) AS date) AS month,",
          "    channel,",
          "    sum(spend) AS value",
          "  FROM ad_spend",
          "  WHERE month >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND month <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(month AS timestamp)) AS date), channel",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"channel\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"channel\",",
          "    ROUND(SUM(CAST(\"spend\" AS DOUBLE)), 2) AS \"value\"",
          "  FROM \"ad_spend\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"channel\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "revenue" = {
      "label"       = "Revenue"
      "description" = "Sales of all order lines, by the month in which they were ordered."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "sales"]
      "dimensions"  = ["region", "category"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"region\",",
        "  \"numbers\".\"category\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    \"category\",",
        "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\", \"category\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.region,",
          "  numbers.category",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    category,",
          "    sum(amount) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region, category",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"region\",",
          "  \"numbers\".\"category\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    \"category\",",
          "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\", \"category\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "return_on_ad_spend" = {
      "label"       = "Return on advertising (invented spend)"
      "description" = "Revenue by advertising. The spend is invented."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "kind"        = "ratio"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["marketing"]
      "query" = join("\n", [
        "WITH \"revenue\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        "),",
        "\"advertising_spend\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    ROUND(SUM(CAST(\"spend\" AS DOUBLE)), 2) AS \"value\"",
        "  FROM \"ad_spend\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        "),",
        "\"buckets\" AS (",
        "  SELECT DISTINCT \"combined\".\"month\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"revenue\".\"month\", 0 AS \"side\"",
        "      FROM \"revenue\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"advertising_spend\".\"month\", 1 AS \"side\"",
        "      FROM \"advertising_spend\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    \"buckets\".\"month\",",
        "    CAST(\"revenue\".\"value\" AS DOUBLE) / NULLIF(\"advertising_spend\".\"value\", 0) AS \"value\"",
        "  FROM \"buckets\"",
        "  LEFT JOIN \"revenue\" ON \"revenue\".\"month\" = \"buckets\".\"month\"",
        "  LEFT JOIN \"advertising_spend\" ON \"advertising_spend\".\"month\" = \"buckets\".\"month\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH revenue AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    sum(amount) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date)",
          "),",
          "advertising_spend AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(month AS timestamp)) AS date) AS month,",
          "    sum(spend) AS value",
          "  FROM ad_spend",
          "  WHERE month >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND month <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(month AS timestamp)) AS date)",
          "),",
          "buckets AS (",
          "  SELECT revenue.month",
          "  FROM revenue",
          "  UNION",
          "  SELECT advertising_spend.month",
          "  FROM advertising_spend",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    buckets.month,",
          "    CAST(revenue.value AS double precision) / nullif(CAST(advertising_spend.value AS double precision), 0) AS value",
          "  FROM buckets",
          "  LEFT JOIN revenue ON revenue.month = buckets.month",
          "  LEFT JOIN advertising_spend ON advertising_spend.month = buckets.month",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"revenue\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          "),",
          "\"advertising_spend\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    ROUND(SUM(CAST(\"spend\" AS DOUBLE)), 2) AS \"value\"",
          "  FROM \"ad_spend\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          "),",
          "\"buckets\" AS (",
          "  SELECT DISTINCT \"combined\".\"month\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"revenue\".\"month\", 0 AS \"side\"",
          "      FROM \"revenue\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"advertising_spend\".\"month\", 1 AS \"side\"",
          "      FROM \"advertising_spend\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    \"buckets\".\"month\",",
          "    CAST(\"revenue\".\"value\" AS DOUBLE) / NULLIF(\"advertising_spend\".\"value\", 0) AS \"value\"",
          "  FROM \"buckets\"",
          "  LEFT JOIN \"revenue\" ON \"revenue\".\"month\" = \"buckets\".\"month\"",
          "  LEFT JOIN \"advertising_spend\" ON \"advertising_spend\".\"month\" = \"buckets\".\"month\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "gross_profit" = {
      "label"       = "Gross profit"
      "description" = "Profit of all order lines as the data states it."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["sales"]
      "dimensions"  = ["region", "category"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"region\",",
        "  \"numbers\".\"category\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    \"category\",",
        "    ROUND(SUM(CAST(\"profit\" AS DOUBLE)), 4) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\", \"category\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.region,",
          "  numbers.category",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    category,",
          "    sum(profit) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region, category",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"region\",",
          "  \"numbers\".\"category\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    \"category\",",
          "    ROUND(SUM(CAST(\"profit\" AS DOUBLE)), 4) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\", \"category\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "gross_margin" = {
      "label"       = "Gross margin"
      "description" = "Gross profit as a share of revenue."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "kind"        = "ratio"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "sales"]
      "dimensions"  = ["region", "category"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"region\",",
        "  \"numbers\".\"category\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    \"category\",",
        "    CAST(ROUND(SUM(CAST(\"profit\" AS DOUBLE)), 4) AS DOUBLE) / NULLIF(ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4), 0) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\", \"category\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.region,",
          "  numbers.category",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    category,",
          "    CAST(sum(profit) AS double precision) / nullif(CAST(sum(amount) AS double precision), 0) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region, category",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"region\",",
          "  \"numbers\".\"category\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    \"category\",",
          "    CAST(ROUND(SUM(CAST(\"profit\" AS DOUBLE)), 4) AS DOUBLE) / NULLIF(ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4), 0) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\", \"category\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "discounted_revenue" = {
      "label"       = "Discounted revenue"
      "description" = "Sales of the order lines that were sold at a discount."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["sales"]
      "dimensions"  = ["region", "category"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"region\",",
        "  \"numbers\".\"category\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    \"category\",",
        "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)) FILTER (WHERE \"discount\" > 0), 4) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\", \"category\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.region,",
          "  numbers.category",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    category,",
          "    sum(amount) FILTER (WHERE discount > 0) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region, category",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"region\",",
          "  \"numbers\".\"category\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    \"category\",",
          "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)) FILTER (WHERE \"discount\" > 0), 4) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\", \"category\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "discounted_share" = {
      "label"       = "Share sold at a discount"
      "description" = "Discounted revenue as a share of revenue."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "kind"        = "ratio"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["sales"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    CAST(ROUND(SUM(CAST(\"amount\" AS DOUBLE)) FILTER (WHERE \"discount\" > 0), 4) AS DOUBLE) / NULLIF(ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4), 0) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    CAST(sum(amount) FILTER (WHERE discount > 0) AS double precision) / nullif(CAST(sum(amount) AS double precision), 0) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date)",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    CAST(ROUND(SUM(CAST(\"amount\" AS DOUBLE)) FILTER (WHERE \"discount\" > 0), 4) AS DOUBLE) / NULLIF(ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4), 0) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          ") AS \"numbers\"",
        ])
      }
    }
    "order_count" = {
      "label"       = "Orders"
      "description" = "Orders placed in the month."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "sales"]
      "dimensions"  = ["region"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"region\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"orders\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.region",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    count(*) AS value",
          "  FROM orders",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"region\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"orders\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "average_order_value" = {
      "label"       = "Average order value"
      "description" = "Revenue by orders."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "ratio"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "sales"]
      "dimensions"  = ["region"]
      "query" = join("\n", [
        "WITH \"revenue\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
        "),",
        "\"order_count\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"orders\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
        "),",
        "\"buckets\" AS (",
        "  SELECT DISTINCT \"combined\".\"month\", \"combined\".\"region\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"region\" ELSE \"r\".\"region\" END AS \"region\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"revenue\".\"month\", \"revenue\".\"region\", 0 AS \"side\"",
        "      FROM \"revenue\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"order_count\".\"month\", \"order_count\".\"region\", 1 AS \"side\"",
        "      FROM \"order_count\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"region\"",
        "FROM (",
        "  SELECT",
        "    \"buckets\".\"month\",",
        "    \"buckets\".\"region\",",
        "    CAST(\"revenue\".\"value\" AS DOUBLE) / NULLIF(COALESCE(\"order_count\".\"value\", 0), 0) AS \"value\"",
        "  FROM \"buckets\"",
        "  LEFT JOIN \"revenue\" ON \"revenue\".\"month\" = \"buckets\".\"month\" AND \"revenue\".\"region\" IS NOT DISTINCT FROM \"buckets\".\"region\"",
        "  LEFT JOIN \"order_count\" ON \"order_count\".\"month\" = \"buckets\".\"month\" AND \"order_count\".\"region\" IS NOT DISTINCT FROM \"buckets\".\"region\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH revenue AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    sum(amount) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region",
          "),",
          "order_count AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    count(*) AS value",
          "  FROM orders",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region",
          "),",
          "buckets AS (",
          "  SELECT revenue.month, revenue.region",
          "  FROM revenue",
          "  UNION",
          "  SELECT order_count.month, order_count.region",
          "  FROM order_count",
          ")",
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.region",
          "FROM (",
          "  SELECT",
          "    buckets.month,",
          "    buckets.region,",
          "    CAST(revenue.value AS double precision) / nullif(CAST(coalesce(order_count.value, 0) AS double precision), 0) AS value",
          "  FROM buckets",
          "  LEFT JOIN revenue ON revenue.month = buckets.month AND revenue.region IS NOT DISTINCT FROM buckets.region",
          "  LEFT JOIN order_count ON order_count.month = buckets.month AND order_count.region IS NOT DISTINCT FROM buckets.region",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"revenue\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
          "),",
          "\"order_count\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"orders\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
          "),",
          "\"buckets\" AS (",
          "  SELECT DISTINCT \"combined\".\"month\", \"combined\".\"region\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"region\" ELSE \"r\".\"region\" END AS \"region\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"revenue\".\"month\", \"revenue\".\"region\", 0 AS \"side\"",
          "      FROM \"revenue\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"order_count\".\"month\", \"order_count\".\"region\", 1 AS \"side\"",
          "      FROM \"order_count\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"region\"",
          "FROM (",
          "  SELECT",
          "    \"buckets\".\"month\",",
          "    \"buckets\".\"region\",",
          "    CAST(\"revenue\".\"value\" AS DOUBLE) / NULLIF(COALESCE(\"order_count\".\"value\", 0), 0) AS \"value\"",
          "  FROM \"buckets\"",
          "  LEFT JOIN \"revenue\" ON \"revenue\".\"month\" = \"buckets\".\"month\" AND \"revenue\".\"region\" IS NOT DISTINCT FROM \"buckets\".\"region\"",
          "  LEFT JOIN \"order_count\" ON \"order_count\".\"month\" = \"buckets\".\"month\" AND \"order_count\".\"region\" IS NOT DISTINCT FROM \"buckets\".\"region\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "units_sold" = {
      "label"       = "Units sold"
      "description" = "Pieces of all order lines, by the segment that the buyer belongs to."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["sales"]
      "dimensions"  = ["buyer_segment"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"buyer_segment\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"order_lines\".\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"buyer\".\"segment\" AS \"buyer_segment\",",
        "    SUM(CAST(\"order_lines\".\"quantity\" AS DOUBLE)) AS \"value\"",
        "  FROM \"order_lines\"",
        "  LEFT JOIN \"customers\" AS \"buyer\" ON \"order_lines\".\"customer_id\" = \"buyer\".\"customer_id\"",
        "  WHERE TIME_FLOOR(\"order_lines\".\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"order_lines\".\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"order_lines\".\"__time\", 'P1D'), 'P1M'), \"buyer\".\"segment\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.buyer_segment",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_lines.order_date AS timestamp)) AS date) AS month,",
          "    buyer.segment AS buyer_segment,",
          "    sum(order_lines.quantity) AS value",
          "  FROM order_lines",
          "  LEFT JOIN customers AS buyer ON order_lines.customer_id = buyer.customer_id",
          "  WHERE order_lines.order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_lines.order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_lines.order_date AS timestamp)) AS date), buyer.segment",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"buyer_segment\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"order_lines\".\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"buyer\".\"segment\" AS \"buyer_segment\",",
          "    SUM(CAST(\"order_lines\".\"quantity\" AS DOUBLE)) AS \"value\"",
          "  FROM \"order_lines\"",
          "  LEFT JOIN \"customers\" AS \"buyer\" ON \"order_lines\".\"customer_id\" = \"buyer\".\"customer_id\"",
          "  WHERE TIME_FLOOR(\"order_lines\".\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"order_lines\".\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"order_lines\".\"__time\", 'P1D'), 'P1M'), \"buyer\".\"segment\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "units_per_order" = {
      "label"       = "Units per order"
      "description" = "Pieces by orders."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "kind"        = "ratio"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["sales"]
      "query" = join("\n", [
        "WITH \"units_sold\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    SUM(CAST(\"quantity\" AS DOUBLE)) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        "),",
        "\"order_count\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"orders\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        "),",
        "\"buckets\" AS (",
        "  SELECT DISTINCT \"combined\".\"month\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"units_sold\".\"month\", 0 AS \"side\"",
        "      FROM \"units_sold\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"order_count\".\"month\", 1 AS \"side\"",
        "      FROM \"order_count\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    \"buckets\".\"month\",",
        "    CAST(\"units_sold\".\"value\" AS DOUBLE) / NULLIF(COALESCE(\"order_count\".\"value\", 0), 0) AS \"value\"",
        "  FROM \"buckets\"",
        "  LEFT JOIN \"units_sold\" ON \"units_sold\".\"month\" = \"buckets\".\"month\"",
        "  LEFT JOIN \"order_count\" ON \"order_count\".\"month\" = \"buckets\".\"month\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH units_sold AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    sum(quantity) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date)",
          "),",
          "order_count AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    count(*) AS value",
          "  FROM orders",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date)",
          "),",
          "buckets AS (",
          "  SELECT units_sold.month",
          "  FROM units_sold",
          "  UNION",
          "  SELECT order_count.month",
          "  FROM order_count",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    buckets.month,",
          "    CAST(units_sold.value AS double precision) / nullif(CAST(coalesce(order_count.value, 0) AS double precision), 0) AS value",
          "  FROM buckets",
          "  LEFT JOIN units_sold ON units_sold.month = buckets.month",
          "  LEFT JOIN order_count ON order_count.month = buckets.month",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"units_sold\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    SUM(CAST(\"quantity\" AS DOUBLE)) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          "),",
          "\"order_count\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"orders\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          "),",
          "\"buckets\" AS (",
          "  SELECT DISTINCT \"combined\".\"month\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"units_sold\".\"month\", 0 AS \"side\"",
          "      FROM \"units_sold\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"order_count\".\"month\", 1 AS \"side\"",
          "      FROM \"order_count\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    \"buckets\".\"month\",",
          "    CAST(\"units_sold\".\"value\" AS DOUBLE) / NULLIF(COALESCE(\"order_count\".\"value\", 0), 0) AS \"value\"",
          "  FROM \"buckets\"",
          "  LEFT JOIN \"units_sold\" ON \"units_sold\".\"month\" = \"buckets\".\"month\"",
          "  LEFT JOIN \"order_count\" ON \"order_count\".\"month\" = \"buckets\".\"month\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "buyers" = {
      "label"       = "Buyers"
      "description" = "Customers with at least one order in the month."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["sales"]
      "dimensions"  = ["segment"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"segment\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"segment\",",
        "    COUNT(DISTINCT \"customer_id\") AS \"value\"",
        "  FROM \"orders\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"segment\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.segment",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    segment,",
          "    count(DISTINCT customer_id) AS value",
          "  FROM orders",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), segment",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"segment\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"segment\",",
          "    COUNT(DISTINCT \"customer_id\") AS \"value\"",
          "  FROM \"orders\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"segment\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "revenue_per_buyer" = {
      "label"       = "Revenue per buyer"
      "description" = "Revenue by the customers who ordered."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "ratio"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["sales"]
      "query" = join("\n", [
        "WITH \"revenue\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        "),",
        "\"buyers\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    COUNT(DISTINCT \"customer_id\") AS \"value\"",
        "  FROM \"orders\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        "),",
        "\"buckets\" AS (",
        "  SELECT DISTINCT \"combined\".\"month\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"revenue\".\"month\", 0 AS \"side\"",
        "      FROM \"revenue\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"buyers\".\"month\", 1 AS \"side\"",
        "      FROM \"buyers\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    \"buckets\".\"month\",",
        "    CAST(\"revenue\".\"value\" AS DOUBLE) / NULLIF(COALESCE(\"buyers\".\"value\", 0), 0) AS \"value\"",
        "  FROM \"buckets\"",
        "  LEFT JOIN \"revenue\" ON \"revenue\".\"month\" = \"buckets\".\"month\"",
        "  LEFT JOIN \"buyers\" ON \"buyers\".\"month\" = \"buckets\".\"month\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH revenue AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    sum(amount) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date)",
          "),",
          "buyers AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    count(DISTINCT customer_id) AS value",
          "  FROM orders",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date)",
          "),",
          "buckets AS (",
          "  SELECT revenue.month",
          "  FROM revenue",
          "  UNION",
          "  SELECT buyers.month",
          "  FROM buyers",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    buckets.month,",
          "    CAST(revenue.value AS double precision) / nullif(CAST(coalesce(buyers.value, 0) AS double precision), 0) AS value",
          "  FROM buckets",
          "  LEFT JOIN revenue ON revenue.month = buckets.month",
          "  LEFT JOIN buyers ON buyers.month = buckets.month",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"revenue\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          "),",
          "\"buyers\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    COUNT(DISTINCT \"customer_id\") AS \"value\"",
          "  FROM \"orders\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          "),",
          "\"buckets\" AS (",
          "  SELECT DISTINCT \"combined\".\"month\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"revenue\".\"month\", 0 AS \"side\"",
          "      FROM \"revenue\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"buyers\".\"month\", 1 AS \"side\"",
          "      FROM \"buyers\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    \"buckets\".\"month\",",
          "    CAST(\"revenue\".\"value\" AS DOUBLE) / NULLIF(COALESCE(\"buyers\".\"value\", 0), 0) AS \"value\"",
          "  FROM \"buckets\"",
          "  LEFT JOIN \"revenue\" ON \"revenue\".\"month\" = \"buckets\".\"month\"",
          "  LEFT JOIN \"buyers\" ON \"buyers\".\"month\" = \"buckets\".\"month\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "repeat_orders" = {
      "label"       = "Repeat orders"
      "description" = "Orders by customers who had ordered before."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["sales"]
      "dimensions"  = ["region"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"region\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"orders\"",
        "  WHERE \"order_number\" > 1",
        "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.region",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    count(*) AS value",
          "  FROM orders",
          "  WHERE order_number > 1",
          "    AND order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"region\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"orders\"",
          "  WHERE \"order_number\" > 1",
          "    AND TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "repeat_purchase_rate" = {
      "label"       = "Repeat purchase rate"
      "description" = "Share of the orders that came from customers who had ordered before."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "kind"        = "ratio"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "sales"]
      "dimensions"  = ["region"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"region\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"region\",",
        "    CAST(COALESCE(COUNT(*) FILTER (WHERE \"order_number\" > 1), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*), 0), 0) AS \"value\"",
        "  FROM \"orders\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.region",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    region,",
          "    CAST(coalesce(count(*) FILTER (WHERE order_number > 1), 0) AS double precision) / nullif(CAST(coalesce(count(*), 0) AS double precision), 0) AS value",
          "  FROM orders",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date), region",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"region\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"region\",",
          "    CAST(COALESCE(COUNT(*) FILTER (WHERE \"order_number\" > 1), 0) AS DOUBLE) / NULLIF(COALESCE(COUNT(*), 0), 0) AS \"value\"",
          "  FROM \"orders\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"region\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "revenue_growth_yoy" = {
      "label"       = "Revenue growth on the year before"
      "description" = "Revenue of the month against the same month a year earlier."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "kind"        = "expr"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "sales"]
      "query" = join("\n", [
        "WITH \"revenue\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        "),",
        "\"earlier\" AS (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
        "  FROM \"order_lines\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M', -12), 'P1M')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', -12), 'P1M'), 'P1M', 1), 'P1D', -1)",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
        "),",
        "\"revenue_1_year\" AS (",
        "  SELECT \"months\".\"month\", \"earlier\".\"value\"",
        "  FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months\"",
        "  JOIN \"earlier\" ON \"earlier\".\"month\" = TIME_FLOOR(TIME_SHIFT(\"months\".\"month\", 'P1M', -12), 'P1M')",
        "  LIMIT 2147483647",
        "),",
        "\"buckets\" AS (",
        "  SELECT DISTINCT \"combined\".\"month\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"revenue\".\"month\", 0 AS \"side\"",
        "      FROM \"revenue\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"revenue_1_year\".\"month\", 1 AS \"side\"",
        "      FROM \"revenue_1_year\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    \"buckets\".\"month\",",
        "    CAST(\"revenue\".\"value\" AS DOUBLE) / NULLIF(CASE WHEN TIME_FLOOR(TIME_SHIFT(\"buckets\".\"month\", 'P1M', -12), 'P1M') >= (TIMESTAMP '2021-01-01 00:00:00') THEN \"revenue_1_year\".\"value\" END, 0) - 1 AS \"value\"",
        "  FROM \"buckets\"",
        "  LEFT JOIN \"revenue\" ON \"revenue\".\"month\" = \"buckets\".\"month\"",
        "  LEFT JOIN \"revenue_1_year\" ON \"revenue_1_year\".\"month\" = \"buckets\".\"month\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH revenue AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    sum(amount) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND order_date <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date)",
          "),",
          "earlier AS (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date) AS month,",
          "    sum(amount) AS value",
          "  FROM order_lines",
          "  WHERE order_date >= CAST(date_trunc('month', CAST(CAST(CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp) - INTERVAL '12 MONTH' AS date) AS timestamp)) AS date)",
          "    AND order_date <= CAST(CAST(CAST(CAST(CAST(date_trunc('month', CAST(CAST(CAST(CAST(date_trunc('month', CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp)) AS date) AS timestamp) - INTERVAL '12 MONTH' AS date) AS timestamp)) AS date) AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(order_date AS timestamp)) AS date)",
          "),",
          "revenue_1_year AS (",
          "  SELECT months.month, earlier.value",
          "  FROM generate_series(CAST(CAST(date_trunc('month', CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 MONTH') AS months(month)",
          "  JOIN earlier ON earlier.month = CAST(date_trunc('month', CAST(CAST(CAST(months.month AS timestamp) - INTERVAL '12 MONTH' AS date) AS timestamp)) AS date)",
          "),",
          "buckets AS (",
          "  SELECT revenue.month",
          "  FROM revenue",
          "  UNION",
          "  SELECT revenue_1_year.month",
          "  FROM revenue_1_year",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    buckets.month,",
          "    CAST(revenue.value AS double precision) / nullif(CAST(CASE WHEN CAST(date_trunc('month', CAST(CAST(CAST(buckets.month AS timestamp) - INTERVAL '12 MONTH' AS date) AS timestamp)) AS date) >= (date '2021-01-01') THEN revenue_1_year.value END AS double precision), 0) - 1 AS value",
          "  FROM buckets",
          "  LEFT JOIN revenue ON revenue.month = buckets.month",
          "  LEFT JOIN revenue_1_year ON revenue_1_year.month = buckets.month",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"revenue\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          "),",
          "\"earlier\" AS (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    ROUND(SUM(CAST(\"amount\" AS DOUBLE)), 4) AS \"value\"",
          "  FROM \"order_lines\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M', -12), 'P1M')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_SHIFT(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', -12), 'P1M'), 'P1M', 1), 'P1D', -1)",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M')",
          "),",
          "\"revenue_1_year\" AS (",
          "  SELECT \"months\".\"month\", \"earlier\".\"value\"",
          "  FROM (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months\"",
          "  JOIN \"earlier\" ON \"earlier\".\"month\" = TIME_FLOOR(TIME_SHIFT(\"months\".\"month\", 'P1M', -12), 'P1M')",
          "  LIMIT 2147483647",
          "),",
          "\"buckets\" AS (",
          "  SELECT DISTINCT \"combined\".\"month\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"revenue\".\"month\", 0 AS \"side\"",
          "      FROM \"revenue\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"revenue_1_year\".\"month\", 1 AS \"side\"",
          "      FROM \"revenue_1_year\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    \"buckets\".\"month\",",
          "    CAST(\"revenue\".\"value\" AS DOUBLE) / NULLIF(CASE WHEN TIME_FLOOR(TIME_SHIFT(\"buckets\".\"month\", 'P1M', -12), 'P1M') >= (TIMESTAMP '2021-01-01 00:00:00') THEN \"revenue_1_year\".\"value\" END, 0) - 1 AS \"value\"",
          "  FROM \"buckets\"",
          "  LEFT JOIN \"revenue\" ON \"revenue\".\"month\" = \"buckets\".\"month\"",
          "  LEFT JOIN \"revenue_1_year\" ON \"revenue_1_year\".\"month\" = \"buckets\".\"month\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "monthly_recurring_revenue" = {
      "label"       = "Monthly recurring revenue"
      "description" = "What the active subscribers pay a month, as things stand. A snapshot; see mrr for the past."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "query"
      "grain"       = "day"
      "schedule"    = "0 0 * * *"
      "retention"   = "365d"
      "tags"        = ["board", "subscriptions"]
      "query"       = "SELECT SUM(amount) FROM subscriptions WHERE status='active'"
      "sql" = {
        "timescale" = join("\n", [
          "SELECT sum(subscriptions.amount) AS value",
          "FROM subscriptions",
          "WHERE subscriptions.status = 'active'",
        ])
        "druid" = join("\n", [
          "SELECT ROUND(SUM(CAST(\"subscriptions\".\"amount\" AS DOUBLE)), 2) AS \"value\"",
          "FROM \"subscriptions\"",
          "WHERE \"subscriptions\".\"status\" = 'active'",
        ])
      }
    }
    "churn_rate" = {
      "label"       = "Churned subscribers"
      "description" = "Subscribers who have left, in percent of all that there ever were, as things stand."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "unit"        = "percent"
      "kind"        = "query"
      "grain"       = "week"
      "schedule"    = "0 0 * * 1"
      "retention"   = "365d"
      "tags"        = ["board", "subscriptions"]
      "query"       = "SELECT cancelled_users / total_users * 100 FROM user_metrics"
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  CAST(user_metrics.cancelled_users AS double precision) / nullif(CAST(user_metrics.total_users AS double precision), 0) * 100 AS value",
          "FROM user_metrics",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  CAST(\"user_metrics\".\"cancelled_users\" AS DOUBLE) / NULLIF(\"user_metrics\".\"total_users\", 0) * 100 AS \"value\"",
          "FROM \"user_metrics\"",
        ])
      }
    }
    "mrr" = {
      "label"       = "MRR at month's end"
      "description" = "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "subscriptions"]
      "dimensions"  = ["contract"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"contract\"",
        "FROM (",
        "  SELECT",
        "    \"months\".\"month\",",
        "    \"subscription_terms\".\"contract\",",
        "    ROUND(SUM(CAST(\"subscription_terms\".\"amount\" AS DOUBLE)), 2) AS \"value\"",
        "  FROM \"subscriptions\" AS \"subscription_terms\"",
        "  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months\" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"started_at\"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))",
        "  GROUP BY \"months\".\"month\", \"subscription_terms\".\"contract\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.contract",
          "FROM (",
          "  SELECT months.month, subscription_terms.contract, sum(subscription_terms.amount) AS value",
          "  FROM generate_series(CAST(CAST(date_trunc('month', CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 MONTH') AS months(month)",
          "  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= least(CAST(CAST(CAST(CAST(months.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > least(CAST(CAST(CAST(CAST(months.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)))",
          "  GROUP BY months.month, subscription_terms.contract",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"contract\"",
          "FROM (",
          "  SELECT",
          "    \"months\".\"month\",",
          "    \"subscription_terms\".\"contract\",",
          "    ROUND(SUM(CAST(\"subscription_terms\".\"amount\" AS DOUBLE)), 2) AS \"value\"",
          "  FROM \"subscriptions\" AS \"subscription_terms\"",
          "  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months\" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"started_at\"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))",
          "  GROUP BY \"months\".\"month\", \"subscription_terms\".\"contract\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "active_subscribers" = {
      "label"       = "Active subscribers"
      "description" = "Subscribers on each month's last day."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["subscriptions"]
      "dimensions"  = ["contract"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"contract\"",
        "FROM (",
        "  SELECT \"months\".\"month\", \"subscription_terms\".\"contract\", COUNT(*) AS \"value\"",
        "  FROM \"subscriptions\" AS \"subscription_terms\"",
        "  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months\" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"started_at\"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))",
        "  GROUP BY \"months\".\"month\", \"subscription_terms\".\"contract\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.contract",
          "FROM (",
          "  SELECT months.month, subscription_terms.contract, count(*) AS value",
          "  FROM generate_series(CAST(CAST(date_trunc('month', CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 MONTH') AS months(month)",
          "  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= least(CAST(CAST(CAST(CAST(months.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > least(CAST(CAST(CAST(CAST(months.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)))",
          "  GROUP BY months.month, subscription_terms.contract",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"contract\"",
          "FROM (",
          "  SELECT \"months\".\"month\", \"subscription_terms\".\"contract\", COUNT(*) AS \"value\"",
          "  FROM \"subscriptions\" AS \"subscription_terms\"",
          "  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months\" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"started_at\"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))",
          "  GROUP BY \"months\".\"month\", \"subscription_terms\".\"contract\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "new_subscribers" = {
      "label"       = "New subscribers"
      "description" = "Subscriptions that started in the month."
      "owner"       = "growth@nexpo.example"
      "category"    = "business"
      "kind"        = "measure"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["subscriptions"]
      "dimensions"  = ["contract"]
      "query" = join("\n", [
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\",",
        "  \"numbers\".\"contract\"",
        "FROM (",
        "  SELECT",
        "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
        "    \"contract\",",
        "    COUNT(*) AS \"value\"",
        "  FROM \"subscriptions\" AS \"subscription_starts\"",
        "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
        "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"contract\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.contract",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(started_at AS timestamp)) AS date) AS month,",
          "    contract,",
          "    count(*) AS value",
          "  FROM subscriptions AS subscription_starts",
          "  WHERE started_at >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND started_at <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "  GROUP BY CAST(date_trunc('month', CAST(started_at AS timestamp)) AS date), contract",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"contract\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "    \"contract\",",
          "    COUNT(*) AS \"value\"",
          "  FROM \"subscriptions\" AS \"subscription_starts\"",
          "  WHERE TIME_FLOOR(\"__time\", 'P1D') >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND TIME_FLOOR(\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "  GROUP BY TIME_FLOOR(TIME_FLOOR(\"__time\", 'P1D'), 'P1M'), \"contract\"",
          ") AS \"numbers\"",
        ])
      }
    }
    "arpu" = {
      "label"       = "Revenue per subscriber"
      "description" = "MRR by active subscribers."
      "owner"       = "finance@nexpo.example"
      "category"    = "business"
      "unit"        = "usd"
      "kind"        = "expr"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "subscriptions"]
      "query" = join("\n", [
        "WITH \"mrr\" AS (",
        "  SELECT \"months\".\"month\", ROUND(SUM(CAST(\"subscription_terms\".\"amount\" AS DOUBLE)), 2) AS \"value\"",
        "  FROM \"subscriptions\" AS \"subscription_terms\"",
        "  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months\" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"started_at\"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))",
        "  GROUP BY \"months\".\"month\"",
        "),",
        "\"active_subscribers\" AS (",
        "  SELECT \"months_2\".\"month\", COUNT(*) AS \"value\"",
        "  FROM \"subscriptions\" AS \"subscription_terms\"",
        "  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months_2\" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"started_at\"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months_2\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months_2\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))",
        "  GROUP BY \"months_2\".\"month\"",
        "),",
        "\"buckets\" AS (",
        "  SELECT DISTINCT \"combined\".\"month\"",
        "  FROM (",
        "    SELECT",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
        "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
        "    FROM (",
        "      SELECT \"mrr\".\"month\", 0 AS \"side\"",
        "      FROM \"mrr\"",
        "    ) AS \"l\"",
        "    FULL JOIN (",
        "      SELECT \"active_subscribers\".\"month\", 1 AS \"side\"",
        "      FROM \"active_subscribers\"",
        "      LIMIT 2147483647",
        "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
        "    LIMIT 2147483647",
        "  ) AS \"combined\"",
        ")",
        "SELECT",
        "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
        "  \"numbers\".\"value\"",
        "FROM (",
        "  SELECT",
        "    \"buckets\".\"month\",",
        "    CAST(\"mrr\".\"value\" AS DOUBLE) / NULLIF(COALESCE(\"active_subscribers\".\"value\", 0), 0) AS \"value\"",
        "  FROM \"buckets\"",
        "  LEFT JOIN \"mrr\" ON \"mrr\".\"month\" = \"buckets\".\"month\"",
        "  LEFT JOIN \"active_subscribers\" ON \"active_subscribers\".\"month\" = \"buckets\".\"month\"",
        ") AS \"numbers\"",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "WITH mrr AS (",
          "  SELECT months.month, sum(subscription_terms.amount) AS value",
          "  FROM generate_series(CAST(CAST(date_trunc('month', CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 MONTH') AS months(month)",
          "  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= least(CAST(CAST(CAST(CAST(months.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > least(CAST(CAST(CAST(CAST(months.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)))",
          "  GROUP BY months.month",
          "),",
          "active_subscribers AS (",
          "  SELECT months_2.month, count(*) AS value",
          "  FROM generate_series(CAST(CAST(date_trunc('month', CAST(CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date) AS timestamp)) AS date) AS timestamp), CAST(CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date) AS timestamp), INTERVAL '1 MONTH') AS months_2(month)",
          "  JOIN subscriptions AS subscription_terms ON subscription_terms.started_at <= least(CAST(CAST(CAST(CAST(months_2.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)) AND (subscription_terms.ended_at IS NULL OR subscription_terms.ended_at > least(CAST(CAST(CAST(CAST(months_2.month AS timestamp) + INTERVAL '1 MONTH' AS date) AS timestamp) - INTERVAL '1 DAY' AS date), CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)))",
          "  GROUP BY months_2.month",
          "),",
          "buckets AS (",
          "  SELECT mrr.month",
          "  FROM mrr",
          "  UNION",
          "  SELECT active_subscribers.month",
          "  FROM active_subscribers",
          ")",
          "SELECT timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\", numbers.value",
          "FROM (",
          "  SELECT",
          "    buckets.month,",
          "    CAST(mrr.value AS double precision) / nullif(CAST(coalesce(active_subscribers.value, 0) AS double precision), 0) AS value",
          "  FROM buckets",
          "  LEFT JOIN mrr ON mrr.month = buckets.month",
          "  LEFT JOIN active_subscribers ON active_subscribers.month = buckets.month",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "WITH \"mrr\" AS (",
          "  SELECT \"months\".\"month\", ROUND(SUM(CAST(\"subscription_terms\".\"amount\" AS DOUBLE)), 2) AS \"value\"",
          "  FROM \"subscriptions\" AS \"subscription_terms\"",
          "  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months\" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"started_at\"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))",
          "  GROUP BY \"months\".\"month\"",
          "),",
          "\"active_subscribers\" AS (",
          "  SELECT \"months_2\".\"month\", COUNT(*) AS \"value\"",
          "  FROM \"subscriptions\" AS \"subscription_terms\"",
          "  JOIN (SELECT TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) AS \"month\" FROM (SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 AS n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS a(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS b(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS c(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d(n) CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS e(n)) AS numbers WHERE TIME_SHIFT(TIME_FLOOR(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D'), 'P1M'), 'P1M', n) <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')) AS \"months_2\" ON TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"started_at\"), 'P1D') <= MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months_2\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))) AND (TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') IS NULL OR TIME_FLOOR(MILLIS_TO_TIMESTAMP(\"subscription_terms\".\"ended_at\"), 'P1D') > MILLIS_TO_TIMESTAMP(LEAST(TIMESTAMP_TO_MILLIS(TIME_SHIFT(TIME_SHIFT(\"months_2\".\"month\", 'P1M', 1), 'P1D', -1)), TIMESTAMP_TO_MILLIS(TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')))))",
          "  GROUP BY \"months_2\".\"month\"",
          "),",
          "\"buckets\" AS (",
          "  SELECT DISTINCT \"combined\".\"month\"",
          "  FROM (",
          "    SELECT",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN \"l\".\"month\" ELSE \"r\".\"month\" END AS \"month\",",
          "      CASE WHEN \"r\".\"side\" IS NULL THEN 0 ELSE 1 END AS \"side\"",
          "    FROM (",
          "      SELECT \"mrr\".\"month\", 0 AS \"side\"",
          "      FROM \"mrr\"",
          "    ) AS \"l\"",
          "    FULL JOIN (",
          "      SELECT \"active_subscribers\".\"month\", 1 AS \"side\"",
          "      FROM \"active_subscribers\"",
          "      LIMIT 2147483647",
          "    ) AS \"r\" ON \"l\".\"side\" = \"r\".\"side\"",
          "    LIMIT 2147483647",
          "  ) AS \"combined\"",
          ")",
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\"",
          "FROM (",
          "  SELECT",
          "    \"buckets\".\"month\",",
          "    CAST(\"mrr\".\"value\" AS DOUBLE) / NULLIF(COALESCE(\"active_subscribers\".\"value\", 0), 0) AS \"value\"",
          "  FROM \"buckets\"",
          "  LEFT JOIN \"mrr\" ON \"mrr\".\"month\" = \"buckets\".\"month\"",
          "  LEFT JOIN \"active_subscribers\" ON \"active_subscribers\".\"month\" = \"buckets\".\"month\"",
          ") AS \"numbers\"",
        ])
      }
    }
  }

  business_given = { for name, kpi in var.business_kpis : name => merge(kpi, { category = "business" }) }
}
