# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

variable "name" {
  type        = string
  description = "Name of the service and environment."
}

variable "production" {
  type        = bool
  description = "Whether people are woken."
}

variable "grafana" {
  type        = bool
  description = "Whether there is a Grafana."
}

variable "grafana_datasource_uid" {
  type        = string
  description = "Grafana's data source over the store."
}
