# The values that the service's document shows, word for word.
# Service Configuration
service_name        = "kpi-engine"
environment         = "dev"
instance_count      = 2
cpu_units          = 1024
memory_mb          = 2048

# Analytics Engine Configuration
enable_druid       = true
enable_timescaledb = true
enable_bigquery    = false
enable_synapse     = false

druid_cluster_size    = 3
druid_storage_size_gb = 100
timescale_storage_gb  = 50

# Data Source Configuration
source_databases = [
  {
    type = "postgresql"
    connection_string = "postgresql://user:pass@host:5432/db"
    tables = ["users", "orders", "events"]
  },
  {
    type = "mongodb"
    connection_string = "mongodb://user:pass@host:27017/db"
    collections = ["user_activity", "transactions"]
  }
]

# Real-time Processing
enable_streaming     = true
stream_buffer_size   = 1000
processing_interval  = "30s"

# Business KPIs
business_kpis = {
  monthly_recurring_revenue = {
    query = "SELECT SUM(amount) FROM subscriptions WHERE status='active'"
    schedule = "0 0 * * *"  # Daily at midnight
    retention = "365d"
  }
  
  customer_acquisition_cost = {
    query = "SELECT marketing_spend / new_customers FROM monthly_metrics"
    schedule = "0 0 1 * *"  # Monthly
    retention = "1095d"     # 3 years
  }
  
  churn_rate = {
    query = "SELECT cancelled_users / total_users * 100 FROM user_metrics"
    schedule = "0 0 * * 1"  # Weekly on Monday
    retention = "365d"
  }
}

# User Engagement KPIs
user_kpis = {
  daily_active_users = {
    query = "SELECT COUNT(DISTINCT user_id) FROM user_activity WHERE date = CURRENT_DATE"
    schedule = "0 1 * * *"  # Daily at 1 AM
    retention = "90d"
  }
  
  session_duration = {
    query = "SELECT AVG(session_length) FROM user_sessions WHERE date >= CURRENT_DATE - INTERVAL '7 days'"
    schedule = "0 */6 * * *"  # Every 6 hours
    retention = "30d"
  }
}
