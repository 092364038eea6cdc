# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

output "program" {
  description = "How kpictl is run in a container."
  value       = local.program
}

output "jobs" {
  description = "The command and schedule of each job."
  value       = local.jobs
}

output "ingestion" {
  description = "The worker that reads the sources."
  value       = local.ingestion
}

output "stream" {
  description = "What the stream must hold."
  value       = local.stream
}
