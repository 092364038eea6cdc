# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

output "alarms" {
  description = "When the cloud's alarms fire."
  value       = local.alarms
}

output "logs" {
  description = "How long logs are kept, and what in them is a failure."
  value       = local.logs
}
