# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# One job a schedule. A run computes whatever of its KPIs is due in the project's zone, and catches up what was missed.
locals {
  jobs = {
    for name, each in var.schedules : name => {
      schedule = each.cron
      command  = concat(["run", "--no-table"], each.kpis)
    }
  }
}
