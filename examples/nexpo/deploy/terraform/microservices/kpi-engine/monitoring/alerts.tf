# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

locals {
  # Alarms of the service, whatever cloud watches over it.
  alarms = {
    errors_percent        = var.production ? 1 : 5
    latency_seconds       = var.production ? 1 : 3
    unhealthy_minutes     = var.production ? 2 : 10
    failed_runs           = 1
    store_cpu_percent     = 80
    store_free_percent    = 20
    stream_behind_seconds = var.production ? 300 : 3600
  }

  # Thresholds of KPIs, as the definitions say them.
  rules = var.grafana ? jsondecode(file("${path.module}/rules.json")) : []
}

resource "grafana_rule_group" "kpis" {
  count = length(local.rules) > 0 ? 1 : 0

  name             = "kpi-thresholds"
  folder_uid       = grafana_folder.kpis[0].uid
  interval_seconds = 300

  dynamic "rule" {
    for_each = local.rules

    content {
      name           = rule.value.title
      condition      = rule.value.condition
      for            = rule.value.for
      no_data_state  = rule.value.noDataState
      exec_err_state = rule.value.execErrState
      labels         = rule.value.labels
      annotations    = rule.value.annotations

      dynamic "data" {
        for_each = rule.value.data

        content {
          ref_id         = data.value.refId
          datasource_uid = data.value.datasourceUid == "kpi-store" ? var.grafana_datasource_uid : data.value.datasourceUid
          model          = jsonencode(data.value.model)

          relative_time_range {
            from = data.value.relativeTimeRange.from
            to   = data.value.relativeTimeRange.to
          }
        }
      }
    }
  }
}
