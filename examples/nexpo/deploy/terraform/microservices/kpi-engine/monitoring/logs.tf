# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

locals {
  logs = {
    retention_days = var.production ? 90 : 14
    # How each error begins, of a KPI that failed and of a run that ended before it computed; alarms count these lines.
    failure = "error[KPI"
  }
}
