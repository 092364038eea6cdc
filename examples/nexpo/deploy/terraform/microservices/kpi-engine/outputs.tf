# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

output "url" {
  description = "Where the service answers."
  value       = module.cloud.url
}

output "entry" {
  description = "What the names below domain (kpi, kpi-blue, kpi-green) must point at; null where their records are made here."
  value       = module.cloud.entry
}

output "slot_urls" {
  description = "Where each running slot answers, whatever the weights are."
  value       = module.cloud.slot_urls
}

output "slots" {
  description = "The running slots and the part of the traffic that each gets."
  value       = { for slot, each in local.slots : slot => each.weight }
}

output "jobs" {
  description = "The schedule of each job, in the project's zone."
  value       = { for name, job in module.data_pipeline.jobs : name => job.schedule }
}

output "kpis" {
  description = "How many KPIs are computed, by where they are defined."
  value = {
    project   = length(module.kpi_definitions.kpis)
    terraform = length(module.kpi_definitions.given)
  }
}

output "druid_url" {
  description = "Druid's broker, for what runs beside it; null without Druid."
  value       = module.analytics.druid_url == null ? module.cloud.druid_url : module.analytics.druid_url
}

output "secrets" {
  description = "Where the service's secrets are kept."
  value       = module.cloud.secrets
}
