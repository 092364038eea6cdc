# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# Dashboards of the KPIs, one a category, in dashboards/; the cloud's own dashboard is of its service.
locals {
  boards = var.grafana ? fileset("${path.module}/dashboards", "*.json") : toset([])
}

resource "grafana_folder" "kpis" {
  count = var.grafana ? 1 : 0

  title = "KPIs of ${var.name}"
  uid   = var.name
}

resource "grafana_dashboard" "kpis" {
  for_each = local.boards

  folder      = grafana_folder.kpis[0].uid
  config_json = replace(file("${path.module}/dashboards/${each.key}"), "\"value\": \"kpi-store\"", "\"value\": \"${var.grafana_datasource_uid}\"")
  overwrite   = true
}
