# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

locals {
  # Schedules as words, and the same in five fields.
  words = {
    "@hourly"   = "0 * * * *"
    "@daily"    = "0 0 * * *"
    "@midnight" = "0 0 * * *"
    "@weekly"   = "0 0 * * 0"
    "@monthly"  = "0 0 1 * *"
    "@yearly"   = "0 0 1 1 *"
    "@annually" = "0 0 1 1 *"
  }
  # What a schedule's job is called in all artifacts; those of variables are called for what they are.
  names = {
    "0 */6 * * *" = "cron-16ddb63454"
    "0 0 * * *"   = "daily-0000"
    "0 1 * * *"   = "daily-0100"
    "0 0 1 * *"   = "monthly-1-0000"
    "0 5 1 * *"   = "monthly-1-0500"
    "0 0 * * 1"   = "weekly-1-0000"
    "0 5 * * 1"   = "weekly-1-0500"
  }

  kpis  = merge(local.business_metrics, local.users_metrics, local.performance_metrics, local.custom_metrics)
  given = merge(local.business_given, local.users_given, local.performance_given, local.custom_given)

  ticks = merge(
    { for name, kpi in local.kpis : name => kpi.schedule },
    { for name, kpi in local.given : name => lookup(local.words, kpi.schedule, join(" ", regexall("[^ ]+", lower(kpi.schedule)))) },
  )
}

output "kpis" {
  description = "The project's KPIs: texts, schedule, retention and the SQL of each engine. A key that ends with _base64 holds a text that Terraform would normalise."
  value       = local.kpis
}

output "given" {
  description = "The KPIs that were given as variables."
  value       = local.given
}

output "definitions" {
  description = "Those given as variables as a file of definitions (YAML); empty where there are none."
  value = length(local.given) == 0 ? "" : yamlencode({
    kpis = { for name, kpi in local.given : name => { for key, value in kpi : key => value if value != null } }
  })

  precondition {
    condition     = length(setintersection(keys(local.kpis), keys(local.given))) == 0
    error_message = "A KPI given as a variable has the name of one of the project: ${join(", ", setintersection(keys(local.kpis), keys(local.given)))}."
  }
}

output "schedules" {
  description = "Each schedule by the name of its job, with the KPIs that tick then."
  value = {
    for cron in distinct(values(local.ticks)) : lookup(local.names, cron, "cron-${substr(sha256(cron), 0, 10)}") => {
      cron = cron
      kpis = sort([for name, tick in local.ticks : name if tick == cron])
    }
  }
}
