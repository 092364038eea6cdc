# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# Logs, alarms, and a dashboard of the service.

resource "aws_cloudwatch_log_group" "service" {
  name              = "/kpi/${var.name}"
  retention_in_days = var.logs.retention_days
  tags              = var.tags
}

resource "aws_cloudwatch_log_metric_filter" "failures" {
  name           = "${var.name}-failures"
  log_group_name = aws_cloudwatch_log_group.service.name
  pattern        = "\"${var.logs.failure}\""

  metric_transformation {
    name          = "FailedRuns"
    namespace     = "kpi/${var.name}"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = "alias/aws/sns"
  tags              = var.tags
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alert_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alert_email
}

locals {
  lb = { LoadBalancer = aws_lb.kpi.arn_suffix }
  watched = merge(
    {
      errors = {
        description = "More than ${var.alarms.errors_percent} % of the requests fail"
        namespace   = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", statistic = "Sum", dimensions = local.lb
        comparison  = "GreaterThanThreshold", threshold = var.alarms.errors_percent * 10, periods = 2, missing = "notBreaching"
      }
      latency = {
        description = "Answers take more than ${var.alarms.latency_seconds} s"
        namespace   = "AWS/ApplicationELB", metric = "TargetResponseTime", statistic = "p95", dimensions = local.lb
        comparison  = "GreaterThanThreshold", threshold = var.alarms.latency_seconds, periods = 3, missing = "notBreaching"
      }
      failures = {
        description = "A KPI was not computed"
        namespace   = "kpi/${var.name}", metric = "FailedRuns", statistic = "Sum", dimensions = {}
        comparison  = "GreaterThanOrEqualToThreshold", threshold = var.alarms.failed_runs, periods = 1, missing = "notBreaching"
      }
    },
    {
      for slot, each in var.slots : "unhealthy-${slot}" => {
        description = "An instance of ${slot} does not answer"
        namespace   = "AWS/ApplicationELB", metric = "UnHealthyHostCount", statistic = "Maximum"
        dimensions  = merge(local.lb, { TargetGroup = aws_lb_target_group.slot[slot].arn_suffix })
        comparison  = "GreaterThanThreshold", threshold = 0, periods = var.alarms.unhealthy_minutes, missing = "notBreaching"
      }
    },
    {
      for store in aws_db_instance.store : "store-cpu" => {
        description = "The store is busy"
        namespace   = "AWS/RDS", metric = "CPUUtilization", statistic = "Average", dimensions = { DBInstanceIdentifier = store.identifier }
        comparison  = "GreaterThanThreshold", threshold = var.alarms.store_cpu_percent, periods = 10, missing = "missing"
      }
    },
    {
      for store in aws_db_instance.store : "store-space" => {
        description = "The store has little space"
        namespace   = "AWS/RDS", metric = "FreeStorageSpace", statistic = "Minimum", dimensions = { DBInstanceIdentifier = store.identifier }
        comparison  = "LessThanThreshold", threshold = var.store.storage_gb * 10000000 * var.alarms.store_free_percent, periods = 5, missing = "missing"
      }
    },
    {
      for stream in aws_kinesis_stream.kpi : "stream" => {
        description = "The stream is read late"
        namespace   = "AWS/Kinesis", metric = "GetRecords.IteratorAgeMilliseconds", statistic = "Maximum", dimensions = { StreamName = stream.name }
        comparison  = "GreaterThanThreshold", threshold = var.alarms.stream_behind_seconds * 1000, periods = 5, missing = "notBreaching"
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "service" {
  for_each = local.watched

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic == "p95" ? null : each.value.statistic
  extended_statistic  = each.value.statistic == "p95" ? "p95" : null
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}

locals {
  widgets = [
    { title = "Requests", metrics = [["AWS/ApplicationELB", "RequestCount", "LoadBalancer", aws_lb.kpi.arn_suffix]], stat = "Sum" },
    { title = "Errors", metrics = [["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", aws_lb.kpi.arn_suffix]], stat = "Sum" },
    { title = "Latency (p95)", metrics = [["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", aws_lb.kpi.arn_suffix]], stat = "p95" },
    { title = "Failed runs", metrics = [["kpi/${var.name}", "FailedRuns"]], stat = "Sum" },
    { title = "CPU of the slots", metrics = [for slot, _ in var.slots : ["AWS/ECS", "CPUUtilization", "ClusterName", var.name, "ServiceName", "${var.name}-${slot}"]], stat = "Average" },
    { title = "CPU of the store", metrics = [["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", var.name]], stat = "Average" },
  ]
}

resource "aws_cloudwatch_dashboard" "service" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for i, each in local.widgets : {
      type       = "metric", x = i % 3 * 8, y = floor(i / 3) * 6, width = 8, height = 6
      properties = { title = each.title, metrics = each.metrics, stat = each.stat, period = 300, region = data.aws_region.here.region }
    }]
  })
}
