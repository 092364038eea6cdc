# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

locals {
  logs = {
    retention_days = var.production ? 90 : 14
    # What a run says when a KPI failed; alarms count these lines.
    failure = "failed"
  }
}
