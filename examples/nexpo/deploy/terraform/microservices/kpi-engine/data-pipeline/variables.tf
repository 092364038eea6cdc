# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

variable "schedules" {
  type = map(object({
    cron = string
    kpis = list(string)
  }))
  description = "Each schedule by the name of its job."
}

variable "sources" {
  type = list(object({
    type        = string
    tables      = list(string)
    collections = list(string)
  }))
  description = "What is read, without the connection strings."
}

variable "definitions" {
  type        = string
  description = "Definitions that were given as variables, as YAML; empty where there are none."
}

variable "enable_streaming" {
  type        = bool
  description = "Whether changes are read as they happen."
}

variable "stream_buffer_size" {
  type        = number
  description = "Records taken at once."
}

variable "processing_interval" {
  type        = string
  description = "How often what came in is processed."
}
