# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# The same for every cloud, and at the end what only this one has.

variable "name" {
  type        = string
  description = "Name of the service and environment."
}

variable "production" {
  type        = bool
  description = "Whether this is production: several zones, backups kept, deletion protected."
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource."
}

variable "domain" {
  type        = string
  description = "Zone below which the service answers, or null."
}

variable "alert_email" {
  type        = string
  description = "Who is told of alarms, or null."
}

variable "instance_count" {
  type        = number
  description = "Instances of the service in each slot."
}

variable "cpu_units" {
  type        = number
  description = "CPU of an instance; 1024 are one core."
}

variable "memory_mb" {
  type        = number
  description = "Memory of an instance."
}

variable "timezone" {
  type        = string
  description = "The project's zone, in which schedules are meant."
}

variable "slots" {
  type = map(object({
    image  = string
    weight = number
  }))
  description = "The running slots: image, and part of the traffic. Nothing that holds data may look at it."
}

variable "job_image" {
  type        = string
  description = "The image of the active slot, which runs the jobs."
}

variable "program" {
  type = object({
    name        = string
    port        = number
    health      = string
    serve       = list(string)
    entry_point = list(string)
    environment = map(string)
    reads       = list(string)
  })
  description = "How kpictl is run in a container."
}

variable "jobs" {
  type = map(object({
    schedule = string
    command  = list(string)
  }))
  description = "Jobs by name."
}

variable "ingestion" {
  type = object({
    name        = string
    enabled     = bool
    command     = list(string)
    environment = map(string)
  })
  description = "The worker that reads the sources."
}

variable "stream" {
  type = object({
    enabled          = bool
    buffer_size      = number
    interval_seconds = number
    retention_hours  = number
  })
  description = "What the stream must hold."
}

variable "definitions" {
  type        = string
  description = "Definitions that were given as variables, as YAML; empty where there are none."
}

variable "druid" {
  type = object({
    enabled     = bool
    image       = string
    port        = number
    broker      = string
    coordinator = string
    files = list(object({
      path    = string
      content = string
    }))
    nodes = map(object({
      role          = string
      runs          = list(string)
      instance_type = string
      storage_gb    = number
    }))
  })
  description = "The nodes of Druid."
}

variable "store" {
  type = object({
    enabled    = bool
    storage_gb = number
    version    = string
    database   = string
    user       = string
    port       = number
  })
  description = "The store of KPI values."
}

variable "alarms" {
  type = object({
    errors_percent        = number
    latency_seconds       = number
    unhealthy_minutes     = number
    failed_runs           = number
    store_cpu_percent     = number
    store_free_percent    = number
    stream_behind_seconds = number
  })
  description = "When alarms fire."
}

variable "logs" {
  type = object({
    retention_days = number
    failure        = string
  })
  description = "How long logs are kept, and what in them is a failure."
}

variable "secrets" {
  type        = map(string)
  sensitive   = true
  description = "Further variables of the service's environment, for the secret store."
}

variable "source_connections" {
  type        = list(string)
  sensitive   = true
  description = "Connection strings of the sources, for the secret store."
}

variable "source_count" {
  type        = number
  description = "How many sources there are."
}

variable "region" {
  type        = string
  description = "The region."
}

variable "cidr_block" {
  type        = string
  description = "Addresses of the service's own network."
}

variable "allowed_cidrs" {
  type        = list(string)
  description = "Who may talk to the load balancer."
}

variable "certificate_arn" {
  type        = string
  description = "A certificate of ACM for the domain; null: plain HTTP."
}
