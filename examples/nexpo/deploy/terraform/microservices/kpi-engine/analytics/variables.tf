# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

variable "name" {
  type        = string
  description = "Name of the service and environment."
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource."
}

variable "enable_druid" {
  type        = bool
  description = "Whether a Druid cluster is made."
}

variable "enable_timescaledb" {
  type        = bool
  description = "Whether the store is made."
}

variable "enable_bigquery" {
  type        = bool
  description = "Whether BigQuery is used."
}

variable "enable_synapse" {
  type        = bool
  description = "Whether Synapse is used."
}

variable "timescale_storage_gb" {
  type        = number
  description = "Disk of the store in GB."
}

variable "kubernetes" {
  type        = bool
  description = "Whether Druid is deployed to a Kubernetes cluster."
}

variable "druid" {
  type = object({
    coordinator   = object({ count = number, instance_type = string, storage_gb = number })
    historical    = object({ count = number, instance_type = string, storage_gb = number })
    broker        = object({ count = number, instance_type = string, storage_gb = number })
    middlemanager = object({ count = number, instance_type = string, storage_gb = number })
  })
  description = "The nodes of each kind: how many, of what type, with how much disk."
}

variable "druid_metadata" {
  type        = map(string)
  sensitive   = true
  description = "DRUID_METADATA_URI, DRUID_METADATA_USER and DRUID_METADATA_PASSWORD, for pods."
}
