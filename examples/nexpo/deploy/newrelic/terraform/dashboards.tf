# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit newrelic --target prod --out examples/nexpo/deploy/newrelic

locals {
  # A text that Terraform would normalise is under NAME_base64.
  dashboards = {
    "business" = {
      "name" = "nexpo: business"
      "pages" = [
        {
          "name" = "business"
          "widgets" = [
            {
              "title"  = "Customer acquisition cost (invented spend)"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'customer_acquisition_cost' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 1
            },
            {
              "title"  = "Advertising (invented spend)"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'advertising_spend' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 1
            },
            {
              "title"  = "Revenue"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'revenue' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 4
            },
            {
              "title"  = "Return on advertising (invented spend)"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'return_on_ad_spend' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 4
            },
            {
              "title"  = "Gross profit"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'gross_profit' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 7
            },
            {
              "title"  = "Gross margin"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'gross_margin' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 7
            },
            {
              "title"  = "Discounted revenue"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'discounted_revenue' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 10
            },
            {
              "title"  = "Share sold at a discount"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'discounted_share' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 10
            },
            {
              "title"  = "Orders"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'order_count' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 13
            },
            {
              "title"  = "Average order value"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'average_order_value' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 13
            },
            {
              "title"  = "Units sold"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'units_sold' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 16
            },
            {
              "title"  = "Units per order"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'units_per_order' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 16
            },
            {
              "title"  = "Buyers"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'buyers' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 19
            },
            {
              "title"  = "Revenue per buyer"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'revenue_per_buyer' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 19
            },
            {
              "title"  = "Repeat orders"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'repeat_orders' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 22
            },
            {
              "title"  = "Repeat purchase rate"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'repeat_purchase_rate' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 22
            },
            {
              "title"  = "Revenue growth on the year before"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'revenue_growth_yoy' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 25
            },
            {
              "title"  = "Monthly recurring revenue"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'monthly_recurring_revenue' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 25
            },
            {
              "title"  = "Churned subscribers"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'churn_rate' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 28
            },
            {
              "title"  = "MRR at month's end"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'mrr' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 28
            },
            {
              "title"  = "Active subscribers"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'active_subscribers' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 31
            },
            {
              "title"  = "New subscribers"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'new_subscribers' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 31
            },
            {
              "title"  = "Revenue per subscriber"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'arpu' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 34
            },
          ]
        },
      ]
    }
    "custom" = {
      "name" = "nexpo: custom"
      "pages" = [
        {
          "name" = "custom"
          "widgets" = [
            {
              "title"  = "Revenue growth on the month before"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'monthly_revenue_growth' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 1
            },
          ]
        },
      ]
    }
    "performance" = {
      "name" = "nexpo: performance"
      "pages" = [
        {
          "name" = "performance"
          "widgets" = [
            {
              "title"  = "Days to ship"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'days_to_ship' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 1
            },
            {
              "title"  = "Days to ship, slowest 5 %"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'days_to_ship_p95' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 1
            },
            {
              "title"  = "Web events"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'page_views' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 4
            },
            {
              "title"  = "Error pages"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'error_pages' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 4
            },
            {
              "title"  = "Error page rate"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'error_page_rate' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 7
            },
            {
              "title"  = "Payment attempts"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'payment_attempts' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 7
            },
            {
              "title"  = "Failed payments"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'failed_payments' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 10
            },
            {
              "title"  = "Payment error rate"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'payment_error_rate' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 10
            },
            {
              "title"  = "Support contacts"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'support_contacts' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 13
            },
          ]
        },
      ]
    }
    "users" = {
      "name" = "nexpo: users"
      "pages" = [
        {
          "name" = "users"
          "widgets" = [
            {
              "title"  = "Daily active users"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'daily_active_users' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 1
            },
            {
              "title"  = "Weekly active users"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'wau' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 1
            },
            {
              "title"  = "Monthly active users"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'mau' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 4
            },
            {
              "title"  = "Stickiness"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'stickiness' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 4
            },
            {
              "title"  = "Session duration"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'session_duration' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 7
            },
            {
              "title"  = "Sessions"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'sessions' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 7
            },
            {
              "title"  = "Median session length"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'median_session_length' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 10
            },
            {
              "title"  = "Sessions with a purchase"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'buying_sessions' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 10
            },
            {
              "title"  = "Conversion rate"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'conversion_rate' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 13
            },
            {
              "title"  = "Sessions with a filled cart"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'cart_sessions' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 13
            },
            {
              "title"  = "Carts that were bought"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'filled_and_bought' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 1
              "row"    = 16
            },
            {
              "title"  = "Cart abandonment"
              "query"  = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'cart_abandonment_rate' AND total = 'true' TIMESERIES SINCE 1 month ago"
              "column" = 7
              "row"    = 16
            },
          ]
        },
      ]
    }
  }
}

resource "newrelic_one_dashboard" "kpis" {
  for_each = local.dashboards

  name        = try(base64decode(each.value.name_base64), each.value.name)
  permissions = "public_read_write"

  dynamic "page" {
    for_each = each.value.pages

    content {
      name = try(base64decode(page.value.name_base64), page.value.name)

      dynamic "widget_line" {
        for_each = page.value.widgets

        content {
          title  = try(base64decode(widget_line.value.title_base64), widget_line.value.title)
          column = widget_line.value.column
          row    = widget_line.value.row
          width  = 6
          height = 3

          nrql_query {
            account_id = var.account_id
            query      = widget_line.value.query
          }
        }
      }
    }
  }
}

output "dashboards" {
  description = "Where each dashboard is."
  value       = { for name, each in newrelic_one_dashboard.kpis : name => each.permalink }
}
