# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# Custom KPIs: those of the project, and those of variable custom_kpis.
locals {
  custom_metrics = {
    "monthly_revenue_growth" = {
      "label"       = "Revenue growth on the month before"
      "description" = "Growth of completed transactions in percent, with the month's revenue and customers beside it."
      "owner"       = "finance@nexpo.example"
      "category"    = "custom"
      "unit"        = "percent"
      "kind"        = "query"
      "grain"       = "month"
      "schedule"    = "0 5 1 * *"
      "retention"   = "1826d"
      "tags"        = ["board", "sales"]
      "query" = join("\n", [
        "WITH monthly_revenue AS (",
        "    SELECT ",
        "        DATE_TRUNC('month', created_at) as month,",
        "        SUM(amount) as revenue,",
        "        COUNT(DISTINCT user_id) as customers",
        "    FROM transactions ",
        "    WHERE status = 'completed'",
        "    GROUP BY DATE_TRUNC('month', created_at)",
        "),",
        "growth_calculation AS (",
        "    SELECT ",
        "        month,",
        "        revenue,",
        "        customers,",
        "        LAG(revenue) OVER (ORDER BY month) as prev_revenue,",
        "        (revenue - LAG(revenue) OVER (ORDER BY month)) / ",
        "        LAG(revenue) OVER (ORDER BY month) * 100 as growth_rate",
        "    FROM monthly_revenue",
        ")",
        "INSERT INTO kpi_metrics (time, kpi_name, kpi_value, dimensions)",
        "SELECT ",
        "    month,",
        "    'monthly_revenue_growth',",
        "    growth_rate,",
        "    jsonb_build_object('revenue', revenue, 'customers', customers)",
        "FROM growth_calculation",
        "WHERE growth_rate IS NOT NULL;",
        "",
      ])
      "sql" = {
        "timescale" = join("\n", [
          "SELECT",
          "  timezone('Europe/Berlin', CAST(numbers.month AS timestamp)) AS \"time\",",
          "  numbers.value,",
          "  numbers.revenue,",
          "  numbers.customers",
          "FROM (",
          "  SELECT",
          "    CAST(date_trunc('month', CAST(result.\"time\" AS timestamp)) AS date) AS month,",
          "    result.value,",
          "    result.revenue,",
          "    result.customers",
          "  FROM (",
          "    WITH monthly_revenue AS (",
          "      SELECT",
          "        CAST(date_trunc('month', CAST(transactions.created_at AS timestamp)) AS date) AS month,",
          "        sum(transactions.amount) AS revenue,",
          "        count(DISTINCT transactions.user_id) AS customers",
          "      FROM transactions",
          "      WHERE transactions.status = 'completed'",
          "        AND transactions.created_at <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          "      GROUP BY CAST(date_trunc('month', CAST(transactions.created_at AS timestamp)) AS date)",
          "    ),",
          "    growth_calculation AS (",
          "      SELECT",
          "        monthly_revenue.month,",
          "        monthly_revenue.revenue,",
          "        monthly_revenue.customers,",
          "        lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month) AS prev_revenue,",
          "        CAST(monthly_revenue.revenue - lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month) AS double precision) / nullif(CAST(lag(monthly_revenue.revenue, 1) OVER (ORDER BY monthly_revenue.month) AS double precision), 0) * 100 AS growth_rate",
          "      FROM monthly_revenue",
          "    )",
          "    SELECT",
          "      growth_calculation.month AS \"time\",",
          "      growth_calculation.growth_rate AS value,",
          "      growth_calculation.revenue,",
          "      growth_calculation.customers",
          "    FROM growth_calculation",
          "    WHERE growth_calculation.growth_rate IS NOT NULL",
          "  ) AS result",
          "  WHERE result.\"time\" >= CAST(timezone('Europe/Berlin', CAST(%(from)s AS timestamptz)) AS date)",
          "    AND result.\"time\" <= CAST(timezone('Europe/Berlin', CAST(%(to)s AS timestamptz) - INTERVAL '1 MICROSECOND') AS date)",
          ") AS numbers",
        ])
        "druid" = join("\n", [
          "SELECT",
          "  TIME_FLOOR(TIME_SHIFT(\"numbers\".\"month\", 'PT1M', 630), 'P1D', NULL, 'Europe/Berlin') AS \"time\",",
          "  \"numbers\".\"value\",",
          "  \"numbers\".\"revenue\",",
          "  \"numbers\".\"customers\"",
          "FROM (",
          "  SELECT",
          "    TIME_FLOOR(\"result\".\"time\", 'P1M') AS \"month\",",
          "    \"result\".\"value\",",
          "    \"result\".\"revenue\",",
          "    \"result\".\"customers\"",
          "  FROM (",
          "    WITH \"monthly_revenue\" AS (",
          "      SELECT",
          "        TIME_FLOOR(TIME_FLOOR(\"transactions\".\"__time\", 'P1D'), 'P1M') AS \"month\",",
          "        ROUND(SUM(CAST(\"transactions\".\"amount\" AS DOUBLE)), 4) AS \"revenue\",",
          "        COUNT(DISTINCT \"transactions\".\"user_id\") AS \"customers\"",
          "      FROM \"transactions\"",
          "      WHERE \"transactions\".\"status\" = 'completed'",
          "        AND TIME_FLOOR(\"transactions\".\"__time\", 'P1D') <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "      GROUP BY TIME_FLOOR(TIME_FLOOR(\"transactions\".\"__time\", 'P1D'), 'P1M')",
          "    ),",
          "    \"growth_calculation\" AS (",
          "      SELECT",
          "        \"monthly_revenue\".\"month\",",
          "        \"monthly_revenue\".\"revenue\",",
          "        \"monthly_revenue\".\"customers\",",
          "        LAG(\"monthly_revenue\".\"revenue\", 1) OVER (ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"monthly_revenue\".\"month\") > -9000000000000000000 THEN 0 ELSE 1 END, \"monthly_revenue\".\"month\") AS \"prev_revenue\",",
          "        CAST(\"monthly_revenue\".\"revenue\" - LAG(\"monthly_revenue\".\"revenue\", 1) OVER (ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"monthly_revenue\".\"month\") > -9000000000000000000 THEN 0 ELSE 1 END, \"monthly_revenue\".\"month\") AS DOUBLE) / NULLIF(LAG(\"monthly_revenue\".\"revenue\", 1) OVER (ORDER BY CASE WHEN TIMESTAMP_TO_MILLIS(\"monthly_revenue\".\"month\") > -9000000000000000000 THEN 0 ELSE 1 END, \"monthly_revenue\".\"month\"), 0) * 100 AS \"growth_rate\"",
          "      FROM \"monthly_revenue\"",
          "    )",
          "    SELECT",
          "      \"growth_calculation\".\"month\" AS \"time\",",
          "      \"growth_calculation\".\"growth_rate\" AS \"value\",",
          "      \"growth_calculation\".\"revenue\",",
          "      \"growth_calculation\".\"customers\"",
          "    FROM \"growth_calculation\"",
          "    WHERE \"growth_calculation\".\"growth_rate\" IS NOT NULL",
          "  ) AS \"result\"",
          "  WHERE \"result\".\"time\" >= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(CAST(? AS TIMESTAMP), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          "    AND \"result\".\"time\" <= TIME_FLOOR(TIME_SHIFT(TIME_FLOOR(TIME_SHIFT(CAST(? AS TIMESTAMP), 'PT0.001S', -1), 'P1D', NULL, 'Europe/Berlin'), 'PT1M', 120), 'P1D')",
          ") AS \"numbers\"",
        ])
      }
    }
  }

  custom_given = { for name, kpi in var.custom_kpis : name => merge(kpi, { category = "custom" }) }
}
