# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# What BigQuery gets where the cloud has it: provider-specific/gcp makes it.
locals {
  bigquery = {
    enabled = var.enable_bigquery
    dataset = replace(var.name, "-", "_")
    tables = {
      kpi_metrics = {
        partition = "time"
        cluster   = ["kpi_name"]
        columns = [
          { name = "time", type = "TIMESTAMP", mode = "REQUIRED", description = "Start of the bucket" },
          { name = "kpi_name", type = "STRING", mode = "REQUIRED", description = "Name of the KPI" },
          { name = "kpi_value", type = "FLOAT64", mode = "NULLABLE", description = "The value" },
          { name = "dimensions", type = "JSON", mode = "NULLABLE", description = "What the value is broken down by" },
          { name = "metadata", type = "JSON", mode = "NULLABLE", description = "How it came about" },
        ]
      }
      kpi_hourly = {
        partition = "bucket"
        cluster   = ["kpi_name"]
        columns = [
          { name = "bucket", type = "TIMESTAMP", mode = "REQUIRED", description = "Start of the hour" },
          { name = "kpi_name", type = "STRING", mode = "REQUIRED", description = "Name of the KPI" },
          { name = "avg_value", type = "FLOAT64", mode = "NULLABLE", description = "Mean of the values" },
          { name = "max_value", type = "FLOAT64", mode = "NULLABLE", description = "Largest value" },
          { name = "min_value", type = "FLOAT64", mode = "NULLABLE", description = "Smallest value" },
          { name = "data_points", type = "INT64", mode = "NULLABLE", description = "How many values" },
        ]
      }
    }
    # Idempotent: the same hours again give the same rows.
    queries = {
      kpi_hourly = {
        schedule = "every 1 hours"
        query    = <<-SQL
          MERGE `{dataset}.kpi_hourly` AS t
          USING (
            SELECT TIMESTAMP_TRUNC(time, HOUR) AS bucket, kpi_name, AVG(kpi_value) AS avg_value, MAX(kpi_value) AS max_value,
              MIN(kpi_value) AS min_value, COUNT(*) AS data_points
            FROM `{dataset}.kpi_metrics`
            WHERE time >= TIMESTAMP_SUB(TIMESTAMP_TRUNC(@run_time, HOUR), INTERVAL 48 HOUR)
              AND time < TIMESTAMP_TRUNC(@run_time, HOUR)
            GROUP BY bucket, kpi_name
          ) AS s
          ON t.bucket = s.bucket AND t.kpi_name = s.kpi_name
          WHEN MATCHED THEN UPDATE SET avg_value = s.avg_value, max_value = s.max_value, min_value = s.min_value,
            data_points = s.data_points
          WHEN NOT MATCHED THEN INSERT ROW
        SQL
      }
    }
  }
}
