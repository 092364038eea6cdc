# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

output "url" {
  description = "Where the service answers."
  value       = var.domain == null ? "http://${aws_lb.kpi.dns_name}" : "${local.secure ? "https" : "http"}://kpi.${var.domain}"
}

output "entry" {
  description = "What the names below domain must point at; null where their records are made here."
  value       = aws_lb.kpi.dns_name
}

output "slot_urls" {
  description = "Where each slot answers; without a domain only by the Host header."
  value       = var.domain == null ? {} : { for slot, _ in var.slots : slot => "${local.secure ? "https" : "http"}://kpi-${slot}.${var.domain}" }
}

output "druid_url" {
  description = "Druid's broker, or null."
  value       = var.druid.enabled ? local.druid_url : null
}

output "druid_metadata" {
  description = "Where Druid keeps its metadata, for pods."
  value       = local.druid_metadata
  sensitive   = true
}

output "secrets" {
  description = "Where the service's secrets are kept."
  value       = aws_secretsmanager_secret.service.name_prefix
}
