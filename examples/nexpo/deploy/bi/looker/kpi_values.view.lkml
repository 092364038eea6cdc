# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit bi --target prod --out examples/nexpo/deploy/bi
view: kpi_values {
  sql_table_name: kpi_values ;;

  dimension_group: time {
    type: time
    timeframes: [raw, date, week, month, quarter, year]
    description: "The bucket's start."
    sql: ${TABLE}.time ;;
  }

  dimension: kpi_name {
    type: string
    description: "The KPI."
    sql: ${TABLE}.kpi_name ;;
  }

  dimension: grain {
    type: string
    description: "The bucket's unit."
    sql: ${TABLE}.grain ;;
  }

  dimension: bucket {
    type: string
    description: "The bucket as people call it."
    sql: ${TABLE}.bucket ;;
  }

  dimension: cut {
    type: string
    description: "The dimensions by which the value is cut, divided by commas; empty for the total."
    sql: ${TABLE}.cut ;;
  }

  dimension: dim_buyer_segment {
    type: string
    description: "Dimension buyer_segment."
    sql: ${TABLE}.dim_buyer_segment ;;
  }

  dimension: dim_category {
    type: string
    description: "Dimension category."
    sql: ${TABLE}.dim_category ;;
  }

  dimension: dim_channel {
    type: string
    description: "Dimension channel."
    sql: ${TABLE}.dim_channel ;;
  }

  dimension: dim_contract {
    type: string
    description: "Dimension contract."
    sql: ${TABLE}.dim_contract ;;
  }

  dimension: dim_platform {
    type: string
    description: "Dimension platform."
    sql: ${TABLE}.dim_platform ;;
  }

  dimension: dim_region {
    type: string
    description: "Dimension region."
    sql: ${TABLE}.dim_region ;;
  }

  dimension: dim_segment {
    type: string
    description: "Dimension segment."
    sql: ${TABLE}.dim_segment ;;
  }

  dimension: dim_ship_mode {
    type: string
    description: "Dimension ship_mode."
    sql: ${TABLE}.dim_ship_mode ;;
  }

  measure: m_customer_acquisition_cost {
    type: number
    label: "Customer acquisition cost (invented spend)"
    description: "Advertising by the subscribers who started in the month. The spend is invented."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'customer_acquisition_cost' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'customer_acquisition_cost' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_advertising_spend {
    type: number
    label: "Advertising (invented spend)"
    description: "Advertising by month and channel. The spend is invented."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'advertising_spend' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'advertising_spend' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_advertising_spend_by_channel {
    type: number
    label: "Advertising (invented spend) by channel"
    description: "Advertising by month and channel. The spend is invented."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'advertising_spend' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'channel' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'advertising_spend' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'channel' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_revenue {
    type: number
    label: "Revenue"
    description: "Sales of all order lines, by the month in which they were ordered."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'revenue' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'revenue' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_revenue_by_category_region {
    type: number
    label: "Revenue by category, region"
    description: "Sales of all order lines, by the month in which they were ordered."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'revenue' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'category, region' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'revenue' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'category, region' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_return_on_ad_spend {
    type: number
    label: "Return on advertising (invented spend)"
    description: "Revenue by advertising. The spend is invented."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'return_on_ad_spend' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'return_on_ad_spend' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_gross_profit {
    type: number
    label: "Gross profit"
    description: "Profit of all order lines as the data states it."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'gross_profit' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'gross_profit' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_gross_profit_by_category_region {
    type: number
    label: "Gross profit by category, region"
    description: "Profit of all order lines as the data states it."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'gross_profit' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'category, region' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'gross_profit' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'category, region' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_gross_margin {
    type: number
    label: "Gross margin"
    description: "Gross profit as a share of revenue."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'gross_margin' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'gross_margin' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_gross_margin_by_category_region {
    type: number
    label: "Gross margin by category, region"
    description: "Gross profit as a share of revenue."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'gross_margin' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'category, region' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'gross_margin' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'category, region' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_discounted_revenue {
    type: number
    label: "Discounted revenue"
    description: "Sales of the order lines that were sold at a discount."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'discounted_revenue' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'discounted_revenue' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_discounted_revenue_by_category_region {
    type: number
    label: "Discounted revenue by category, region"
    description: "Sales of the order lines that were sold at a discount."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'discounted_revenue' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'category, region' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'discounted_revenue' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'category, region' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_discounted_share {
    type: number
    label: "Share sold at a discount"
    description: "Discounted revenue as a share of revenue."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'discounted_share' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'discounted_share' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_order_count {
    type: number
    label: "Orders"
    description: "Orders placed in the month."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'order_count' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'order_count' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_order_count_by_region {
    type: number
    label: "Orders by region"
    description: "Orders placed in the month."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'order_count' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'region' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'order_count' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'region' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_average_order_value {
    type: number
    label: "Average order value"
    description: "Revenue by orders."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'average_order_value' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'average_order_value' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_average_order_value_by_region {
    type: number
    label: "Average order value by region"
    description: "Revenue by orders."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'average_order_value' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'region' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'average_order_value' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'region' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_units_sold {
    type: number
    label: "Units sold"
    description: "Pieces of all order lines, by the segment that the buyer belongs to."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'units_sold' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'units_sold' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_units_sold_by_buyer_segment {
    type: number
    label: "Units sold by buyer_segment"
    description: "Pieces of all order lines, by the segment that the buyer belongs to."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'units_sold' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'buyer_segment' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'units_sold' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'buyer_segment' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_units_per_order {
    type: number
    label: "Units per order"
    description: "Pieces by orders."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'units_per_order' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'units_per_order' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_buyers {
    type: number
    label: "Buyers"
    description: "Customers with at least one order in the month."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'buyers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'buyers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_buyers_by_segment {
    type: number
    label: "Buyers by segment"
    description: "Customers with at least one order in the month."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'buyers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'segment' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'buyers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'segment' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_revenue_per_buyer {
    type: number
    label: "Revenue per buyer"
    description: "Revenue by the customers who ordered."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'revenue_per_buyer' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'revenue_per_buyer' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_repeat_orders {
    type: number
    label: "Repeat orders"
    description: "Orders by customers who had ordered before."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'repeat_orders' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'repeat_orders' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_repeat_orders_by_region {
    type: number
    label: "Repeat orders by region"
    description: "Orders by customers who had ordered before."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'repeat_orders' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'region' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'repeat_orders' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'region' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_repeat_purchase_rate {
    type: number
    label: "Repeat purchase rate"
    description: "Share of the orders that came from customers who had ordered before."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'repeat_purchase_rate' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'repeat_purchase_rate' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_repeat_purchase_rate_by_region {
    type: number
    label: "Repeat purchase rate by region"
    description: "Share of the orders that came from customers who had ordered before."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'repeat_purchase_rate' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'region' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'repeat_purchase_rate' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'region' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_revenue_growth_yoy {
    type: number
    label: "Revenue growth on the year before"
    description: "Revenue of the month against the same month a year earlier."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'revenue_growth_yoy' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'revenue_growth_yoy' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_monthly_recurring_revenue {
    type: number
    label: "Monthly recurring revenue"
    description: "What the active subscribers pay a month, as things stand. A snapshot; see mrr for the past."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'monthly_recurring_revenue' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'monthly_recurring_revenue' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_churn_rate {
    type: number
    label: "Churned subscribers"
    description: "Subscribers who have left, in percent of all that there ever were, as things stand."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'churn_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'churn_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_mrr {
    type: number
    label: "MRR at month's end"
    description: "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'mrr' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'mrr' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_mrr_by_contract {
    type: number
    label: "MRR at month's end by contract"
    description: "What the subscribers of each month's last day pay a month, from the dates on which they started and ended. All who have left did so on 2024-12-31, the only day that the data knows, so the last month falls steeply."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'mrr' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'contract' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'mrr' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'contract' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_active_subscribers {
    type: number
    label: "Active subscribers"
    description: "Subscribers on each month's last day."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'active_subscribers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'active_subscribers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_active_subscribers_by_contract {
    type: number
    label: "Active subscribers by contract"
    description: "Subscribers on each month's last day."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'active_subscribers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'contract' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'active_subscribers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'contract' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_new_subscribers {
    type: number
    label: "New subscribers"
    description: "Subscriptions that started in the month."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'new_subscribers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'new_subscribers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_new_subscribers_by_contract {
    type: number
    label: "New subscribers by contract"
    description: "Subscriptions that started in the month."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'new_subscribers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'contract' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'new_subscribers' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'contract' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_arpu {
    type: number
    label: "Revenue per subscriber"
    description: "MRR by active subscribers."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'arpu' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'arpu' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_monthly_revenue_growth {
    type: number
    label: "Revenue growth on the month before"
    description: "Growth of completed transactions in percent, with the month's revenue and customers beside it."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'monthly_revenue_growth' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'monthly_revenue_growth' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_days_to_ship {
    type: number
    label: "Days to ship"
    description: "Average days from order to shipment, of the orders that were shipped in the month."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'days_to_ship' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'days_to_ship' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_days_to_ship_by_ship_mode {
    type: number
    label: "Days to ship by ship_mode"
    description: "Average days from order to shipment, of the orders that were shipped in the month."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'days_to_ship' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'ship_mode' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'days_to_ship' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = 'ship_mode' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_days_to_ship_p95 {
    type: number
    label: "Days to ship, slowest 5 %"
    description: "95 of 100 orders that were shipped in the month took no longer."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'days_to_ship_p95' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'days_to_ship_p95' AND ${TABLE}.grain = 'month' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_page_views {
    type: number
    label: "Web events"
    description: "Events of the day."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'page_views' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'page_views' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_page_views_by_platform {
    type: number
    label: "Web events by platform"
    description: "Events of the day."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'page_views' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = 'platform' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'page_views' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = 'platform' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_error_pages {
    type: number
    label: "Error pages"
    description: "Error pages shown on the day."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'error_pages' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'error_pages' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_error_pages_by_platform {
    type: number
    label: "Error pages by platform"
    description: "Error pages shown on the day."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'error_pages' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = 'platform' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'error_pages' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = 'platform' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_error_page_rate {
    type: number
    label: "Error page rate"
    description: "Error pages as a share of the day's events."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'error_page_rate' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'error_page_rate' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_error_page_rate_by_platform {
    type: number
    label: "Error page rate by platform"
    description: "Error pages as a share of the day's events."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'error_page_rate' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = 'platform' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'error_page_rate' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = 'platform' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_payment_attempts {
    type: number
    label: "Payment attempts"
    description: "Sessions of the week that reached the payment page."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'payment_attempts' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'payment_attempts' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_failed_payments {
    type: number
    label: "Failed payments"
    description: "Sessions of the week that reached the payment page and saw a payment error."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'failed_payments' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'failed_payments' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_payment_error_rate {
    type: number
    label: "Payment error rate"
    description: "Share of the sessions at the payment page that saw a payment error."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'payment_error_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'payment_error_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_support_contacts {
    type: number
    label: "Support contacts"
    description: "Sessions of the week with a support chat."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'support_contacts' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'support_contacts' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_daily_active_users {
    type: number
    label: "Daily active users"
    description: "Users with at least one event on the day."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'daily_active_users' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'daily_active_users' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_wau {
    type: number
    label: "Weekly active users"
    description: "Users with at least one event on the day or the six days before."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'wau' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'wau' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_mau {
    type: number
    label: "Monthly active users"
    description: "Users with at least one event on the day or the 29 days before."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'mau' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'mau' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_stickiness {
    type: number
    label: "Stickiness"
    description: "Daily by monthly active users, the share of the month's users who came on the day."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'stickiness' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'stickiness' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_session_duration {
    type: number
    label: "Session duration"
    description: "Average length of a session in seconds, over today and the seven days before."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'session_duration' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'session_duration' AND ${TABLE}.grain = 'day' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_sessions {
    type: number
    label: "Sessions"
    description: "Sessions that started in the week."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_sessions_by_channel_platform {
    type: number
    label: "Sessions by channel, platform"
    description: "Sessions that started in the week."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = 'channel, platform' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = 'channel, platform' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_median_session_length {
    type: number
    label: "Median session length"
    description: "Half of the week's sessions last longer."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'median_session_length' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'median_session_length' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_median_session_length_by_platform {
    type: number
    label: "Median session length by platform"
    description: "Half of the week's sessions last longer."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'median_session_length' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = 'platform' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'median_session_length' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = 'platform' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_buying_sessions {
    type: number
    label: "Sessions with a purchase"
    description: "Sessions of the week in which something was bought."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'buying_sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'buying_sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_buying_sessions_by_channel_platform {
    type: number
    label: "Sessions with a purchase by channel, platform"
    description: "Sessions of the week in which something was bought."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'buying_sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = 'channel, platform' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'buying_sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = 'channel, platform' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_conversion_rate {
    type: number
    label: "Conversion rate"
    description: "Share of the week's sessions in which something was bought."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'conversion_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'conversion_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_conversion_rate_by_channel_platform {
    type: number
    label: "Conversion rate by channel, platform"
    description: "Share of the week's sessions in which something was bought."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'conversion_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = 'channel, platform' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'conversion_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = 'channel, platform' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_cart_sessions {
    type: number
    label: "Sessions with a filled cart"
    description: "Sessions of the week in which something was put into the cart."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'cart_sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'cart_sessions' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_filled_and_bought {
    type: number
    label: "Carts that were bought"
    description: "Sessions of the week with both a filled cart and a purchase."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'filled_and_bought' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'filled_and_bought' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }

  measure: m_cart_abandonment_rate {
    type: number
    label: "Cart abandonment"
    description: "Share of the sessions with a filled cart in which nothing was bought."
    sql: CASE WHEN COUNT(CASE WHEN ${TABLE}.kpi_name = 'cart_abandonment_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN 1 END) = 1
      THEN MAX(CASE WHEN ${TABLE}.kpi_name = 'cart_abandonment_rate' AND ${TABLE}.grain = 'week' AND ${TABLE}.cut = '' THEN ${TABLE}.kpi_value END) END ;;
  }
}
