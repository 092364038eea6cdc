# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

output "druid" {
  description = "The nodes of Druid that are instances of the cloud."
  value       = local.druid
}

output "druid_url" {
  description = "The broker where Druid runs in Kubernetes; else null."
  value       = length(local.pods) > 0 ? "http://druid-broker.${var.name}-druid.svc:8082" : null
}

output "timescaledb" {
  description = "What the store is to be."
  value       = local.timescaledb
}

output "bigquery" {
  description = "Dataset, tables and scheduled queries."
  value       = local.bigquery
}

output "synapse" {
  description = "What the workspace is to be."
  value       = local.synapse
}
