# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit newrelic --target prod --out examples/nexpo/deploy/newrelic

locals {
  project = "nexpo"

  conditions = {
    "gross_margin_warn_1" = {
      "name"      = "nexpo: gross_margin_warn_1"
      "severity"  = "warn"
      "query"     = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'gross_margin' AND total = 'true'"
      "operator"  = "below"
      "threshold" = 0.08
      "duration"  = 300
    }
    "gross_margin_critical_2" = {
      "name"      = "nexpo: gross_margin_critical_2"
      "severity"  = "critical"
      "query"     = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'gross_margin' AND total = 'true'"
      "operator"  = "below"
      "threshold" = 0.0
      "duration"  = 300
    }
    "churn_rate_warn_1" = {
      "name"      = "nexpo: churn_rate_warn_1"
      "severity"  = "warn"
      "query"     = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'churn_rate' AND total = 'true'"
      "operator"  = "above"
      "threshold" = 30.0
      "duration"  = 300
    }
    "error_page_rate_warn_1" = {
      "name"      = "nexpo: error_page_rate_warn_1"
      "severity"  = "warn"
      "query"     = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'error_page_rate' AND total = 'true'"
      "operator"  = "above"
      "threshold" = 0.03
      "duration"  = 86400
    }
    "payment_error_rate_critical_1" = {
      "name"      = "nexpo: payment_error_rate_critical_1"
      "severity"  = "critical"
      "query"     = "SELECT latest(kpi_value) FROM Metric WHERE kpi = 'payment_error_rate' AND total = 'true'"
      "operator"  = "above"
      "threshold" = 0.1
      "duration"  = 300
    }
  }
}

# A policy a severity: a workflow on it says whom it reaches (Slack, PagerDuty, email).
resource "newrelic_alert_policy" "kpis" {
  for_each = toset(["critical", "warn"])

  name                = "${local.project}: ${each.key}"
  incident_preference = "PER_CONDITION"
}

resource "newrelic_nrql_alert_condition" "kpis" {
  for_each = local.conditions

  account_id                   = var.account_id
  policy_id                    = newrelic_alert_policy.kpis[each.value.severity].id
  type                         = "static"
  name                         = each.value.name
  enabled                      = true
  aggregation_window           = 60
  aggregation_method           = "event_flow"
  aggregation_delay            = 120
  violation_time_limit_seconds = 2592000

  nrql {
    query = each.value.query
  }

  critical {
    operator              = each.value.operator
    threshold             = each.value.threshold
    threshold_duration    = each.value.duration
    threshold_occurrences = "all"
  }
}

output "policies" {
  description = "Ids of the policies by severity."
  value       = { for severity, each in newrelic_alert_policy.kpis : severity => each.id }
}
