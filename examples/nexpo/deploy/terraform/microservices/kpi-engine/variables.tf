# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# ---- the service

variable "service_name" {
  type        = string
  default     = "kpi-engine"
  nullable    = false
  description = "Name of the service; with the environment it names every resource."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}[a-z0-9]$", var.service_name))
    error_message = "service_name must be 3 to 16 lower-case letters, digits and -, beginning with a letter."
  }
}

variable "environment" {
  type        = string
  default     = "dev"
  nullable    = false
  description = "dev, test, staging or prod."

  validation {
    condition     = contains(["dev", "test", "staging", "prod"], var.environment)
    error_message = "environment must be dev, test, staging or prod."
  }
}

variable "instance_count" {
  type        = number
  default     = 2
  nullable    = false
  description = "Instances of the service in each running slot."

  validation {
    condition     = var.instance_count >= 1 && var.instance_count <= 50 && floor(var.instance_count) == var.instance_count
    error_message = "instance_count must be a whole number from 1 to 50."
  }
}

variable "cpu_units" {
  type        = number
  default     = 1024
  nullable    = false
  description = "CPU of an instance; 1024 are one core."

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu_units)
    error_message = "cpu_units must be 256, 512, 1024, 2048 or 4096."
  }
}

variable "memory_mb" {
  type        = number
  default     = 2048
  nullable    = false
  description = "Memory of an instance in MB: two to eight per unit of CPU, as containers without servers want it."

  validation {
    condition     = var.memory_mb >= 2 * var.cpu_units && var.memory_mb <= 8 * var.cpu_units && var.memory_mb % 512 == 0
    error_message = "memory_mb must be a multiple of 512, from 2 to 8 times cpu_units."
  }
}

variable "images" {
  type = object({
    blue  = string
    green = string
  })
  default = {
    blue  = "ghcr.io/example/kpi-engine:stable"
    green = "ghcr.io/example/kpi-engine:stable"
  }
  nullable    = false
  description = "The image of each slot; `kpictl emit docker` makes the Dockerfile."

  validation {
    condition     = alltrue([for image in [var.images.blue, var.images.green] : can(regex("^[a-z0-9][A-Za-z0-9._:/@-]+$", image))])
    error_message = "images.blue and images.green must be references of container images."
  }
}

variable "domain" {
  type        = string
  default     = null
  description = "Zone below which the service answers: kpi.DOMAIN, and each slot at kpi-blue.DOMAIN and kpi-green.DOMAIN. Null: by the load balancer's own name."

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain must be a domain's name."
  }
}

variable "alert_email" {
  type        = string
  default     = null
  description = "Who is told of alarms; null: nobody, and they are seen in the console."

  validation {
    condition     = var.alert_email == null || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alert_email))
    error_message = "alert_email must be an address."
  }
}

variable "tags" {
  type        = map(string)
  default     = {}
  nullable    = false
  description = "Further tags of every resource; lower-case keys, as some clouds want them."

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "tags must be lower-case letters, digits, _ and -, at most 63."
  }
}

# ---- engines

variable "enable_druid" {
  type        = bool
  default     = true
  nullable    = false
  description = "Whether a Druid cluster is made."

  validation {
    condition     = var.enable_druid || var.enable_timescaledb || var.enable_bigquery || var.enable_synapse
    error_message = "At least one of enable_druid, enable_timescaledb, enable_bigquery and enable_synapse must be true."
  }

  validation {
    condition = !var.enable_druid || var.enable_timescaledb || alltrue([
      for name in ["URI", "USER", "PASSWORD"] : nonsensitive(contains(keys(var.service_secrets), "DRUID_METADATA_${name}"))
    ])
    error_message = "Druid keeps its metadata in the store: without enable_timescaledb, service_secrets must hold DRUID_METADATA_URI (jdbc:postgresql://...), DRUID_METADATA_USER and DRUID_METADATA_PASSWORD."
  }
}

variable "enable_timescaledb" {
  type        = bool
  default     = true
  nullable    = false
  description = "Whether the store of KPI values, a PostgreSQL, is made. Where not, service_secrets names another."

  validation {
    condition     = var.enable_timescaledb || nonsensitive(contains(keys(var.service_secrets), "KPI_STORE_DSN"))
    error_message = "Without enable_timescaledb, service_secrets must hold KPI_STORE_DSN, the store that is used instead."
  }
}

variable "enable_bigquery" {
  type        = bool
  default     = false
  nullable    = false
  description = "Whether BigQuery is used; it is not to be had on this cloud."

  validation {
    condition     = !var.enable_bigquery
    error_message = "BigQuery is not to be had on AWS: emit the files with kpictl emit terraform --cloud gcp."
  }
}

variable "enable_synapse" {
  type        = bool
  default     = false
  nullable    = false
  description = "Whether Synapse is used; it is not to be had on this cloud."

  validation {
    condition     = !var.enable_synapse
    error_message = "Synapse is not to be had on AWS: emit the files with kpictl emit terraform --cloud azure."
  }
}

variable "druid_cluster_size" {
  type        = number
  default     = 3
  nullable    = false
  description = "Historical nodes of Druid; 1 makes a single node that runs all of it."

  validation {
    condition     = var.druid_cluster_size >= 1 && var.druid_cluster_size <= 100 && floor(var.druid_cluster_size) == var.druid_cluster_size
    error_message = "druid_cluster_size must be a whole number from 1 to 100."
  }
}

variable "druid_storage_size_gb" {
  type        = number
  default     = 100
  nullable    = false
  description = "Disk of a historical node in GB."

  validation {
    condition     = var.druid_storage_size_gb >= 10 && var.druid_storage_size_gb <= 16000
    error_message = "druid_storage_size_gb must be from 10 to 16000."
  }
}

variable "druid_coordinator_count" {
  type        = number
  default     = 1
  nullable    = false
  description = "Coordinator nodes of Druid."

  validation {
    condition     = var.druid_coordinator_count >= 1 && var.druid_coordinator_count <= 50 && floor(var.druid_coordinator_count) == var.druid_coordinator_count
    error_message = "druid_coordinator_count must be a whole number from 1 to 50."
  }
}

variable "druid_coordinator_instance_type" {
  type        = string
  default     = "m5.large"
  nullable    = false
  description = "Type of the coordinator nodes: one of the cloud, or one of AWS, for which the cloud's nearest is taken."

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,60}$", var.druid_coordinator_instance_type))
    error_message = "druid_coordinator_instance_type must be the name of a type of instance."
  }
}

variable "druid_coordinator_storage_gb" {
  type        = number
  default     = 20
  nullable    = false
  description = "Disk of a coordinator node in GB."

  validation {
    condition     = var.druid_coordinator_storage_gb >= 20 && var.druid_coordinator_storage_gb <= 16000 && floor(var.druid_coordinator_storage_gb) == var.druid_coordinator_storage_gb
    error_message = "druid_coordinator_storage_gb must be a whole number from 20 to 16000."
  }
}

variable "druid_historical_instance_type" {
  type        = string
  default     = "r5.xlarge"
  nullable    = false
  description = "Type of the historical nodes: one of the cloud, or one of AWS, for which the cloud's nearest is taken."

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,60}$", var.druid_historical_instance_type))
    error_message = "druid_historical_instance_type must be the name of a type of instance."
  }
}

variable "druid_broker_count" {
  type        = number
  default     = 2
  nullable    = false
  description = "Broker nodes of Druid."

  validation {
    condition     = var.druid_broker_count >= 1 && var.druid_broker_count <= 50 && floor(var.druid_broker_count) == var.druid_broker_count
    error_message = "druid_broker_count must be a whole number from 1 to 50."
  }
}

variable "druid_broker_instance_type" {
  type        = string
  default     = "c5.large"
  nullable    = false
  description = "Type of the broker nodes: one of the cloud, or one of AWS, for which the cloud's nearest is taken."

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,60}$", var.druid_broker_instance_type))
    error_message = "druid_broker_instance_type must be the name of a type of instance."
  }
}

variable "druid_middlemanager_count" {
  type        = number
  default     = 2
  nullable    = false
  description = "Middlemanager nodes of Druid."

  validation {
    condition     = var.druid_middlemanager_count >= 1 && var.druid_middlemanager_count <= 50 && floor(var.druid_middlemanager_count) == var.druid_middlemanager_count
    error_message = "druid_middlemanager_count must be a whole number from 1 to 50."
  }
}

variable "druid_middlemanager_instance_type" {
  type        = string
  default     = "m5.large"
  nullable    = false
  description = "Type of the middlemanager nodes: one of the cloud, or one of AWS, for which the cloud's nearest is taken."

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,60}$", var.druid_middlemanager_instance_type))
    error_message = "druid_middlemanager_instance_type must be the name of a type of instance."
  }
}

variable "druid_middlemanager_storage_gb" {
  type        = number
  default     = 50
  nullable    = false
  description = "Disk of a middlemanager node in GB."

  validation {
    condition     = var.druid_middlemanager_storage_gb >= 20 && var.druid_middlemanager_storage_gb <= 16000 && floor(var.druid_middlemanager_storage_gb) == var.druid_middlemanager_storage_gb
    error_message = "druid_middlemanager_storage_gb must be a whole number from 20 to 16000."
  }
}

variable "timescale_storage_gb" {
  type        = number
  default     = 50
  nullable    = false
  description = "Disk of the store in GB."

  validation {
    condition     = var.timescale_storage_gb >= 20 && var.timescale_storage_gb <= 16000
    error_message = "timescale_storage_gb must be from 20 to 16000."
  }
}

variable "kubernetes_context" {
  type        = string
  default     = null
  description = "A context of kubernetes_config_path: Druid is deployed there instead of on instances of the cloud."

  validation {
    condition     = var.kubernetes_context == null || var.kubernetes_context != ""
    error_message = "kubernetes_context must not be empty."
  }
}

variable "kubernetes_config_path" {
  type        = string
  default     = "~/.kube/config"
  nullable    = false
  description = "The file that knows kubernetes_context."

  validation {
    condition     = var.kubernetes_config_path != ""
    error_message = "kubernetes_config_path must not be empty."
  }
}

# ---- sources

variable "source_databases" {
  type = list(object({
    type              = string
    connection_string = string
    tables            = optional(list(string), [])
    collections       = optional(list(string), [])
  }))
  default     = []
  nullable    = false
  sensitive   = true
  description = "Databases that KPIs read. The connection string of the first is SOURCE_DATABASE_1 in the service's environment, from the secret store."

  validation {
    condition     = alltrue([for d in var.source_databases : contains(["postgresql", "mongodb", "cosmosdb", "druid", "redshift", "snowflake", "synapse"], d.type)])
    error_message = "The type of a source database must be postgresql, mongodb, cosmosdb, druid, redshift, snowflake or synapse."
  }

  validation {
    condition     = alltrue([for d in var.source_databases : can(regex("^[a-z][a-z0-9+.-]*://", d.connection_string)) || d.type == "cosmosdb"])
    error_message = "The connection_string of a source database must be a URL."
  }

  validation {
    condition     = alltrue([for d in var.source_databases : contains(["mongodb", "cosmosdb"], d.type) ? length(d.tables) == 0 : length(d.collections) == 0])
    error_message = "MongoDB and Cosmos DB have collections, all others tables."
  }
}

variable "service_secrets" {
  type        = map(string)
  default     = {}
  nullable    = false
  sensitive   = true
  description = "Further variables of the service's environment, from the secret store; the profile reads DRUID_URL, KPI_STORE_DSN."

  validation {
    condition     = alltrue([for name in keys(var.service_secrets) : can(regex("^[A-Z][A-Z0-9_]{0,63}$", name))])
    error_message = "Names in service_secrets must be upper-case letters, digits and _."
  }
}

# ---- processing

variable "enable_streaming" {
  type        = bool
  default     = true
  nullable    = false
  description = "Whether changes of the sources are read as they happen, through a stream."

  validation {
    condition     = contains([true, false], var.enable_streaming)
    error_message = "enable_streaming must be true or false."
  }
}

variable "stream_buffer_size" {
  type        = number
  default     = 1000
  nullable    = false
  description = "Records that are taken from the stream at once."

  validation {
    condition     = var.stream_buffer_size >= 1 && var.stream_buffer_size <= 10000 && floor(var.stream_buffer_size) == var.stream_buffer_size
    error_message = "stream_buffer_size must be a whole number from 1 to 10000."
  }
}

variable "processing_interval" {
  type        = string
  default     = "30s"
  nullable    = false
  description = "How often what came in is processed: 30s, 5m, 1h."

  validation {
    condition     = can(regex("^[1-9][0-9]{0,4}(s|m|h)$", var.processing_interval))
    error_message = "processing_interval must be a number and s, m or h, such as 30s."
  }
}

# ---- KPIs beside those of the project

variable "business_kpis" {
  type = map(object({
    query       = string
    schedule    = optional(string, "0 0 * * *")
    retention   = optional(string, "365d")
    label       = optional(string)
    description = optional(string)
    owner       = optional(string)
    unit        = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "Business KPIs beside those of the project's definitions; the service checks and compiles them when it starts."

  validation {
    condition     = alltrue([for name in keys(var.business_kpis) : can(regex("^[a-z][a-z0-9_]{0,99}$", name))])
    error_message = "Names of KPIs must be lower-case letters, digits and _, beginning with a letter, at most 100."
  }

  validation {
    condition     = alltrue([for kpi in values(var.business_kpis) : can(regex("^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|[-0-9A-Za-z*/,]+( +[-0-9A-Za-z*/,]+){4})$", kpi.schedule))])
    error_message = "The schedule of a KPI must be five fields of cron."
  }

  validation {
    condition     = alltrue([for kpi in values(var.business_kpis) : can(regex("^[1-9][0-9]{0,5}(h|d|w| ?(months?|quarters?|years?))$", kpi.retention))])
    error_message = "The retention of a KPI must be a number and h, d, w, months, quarters or years, such as 365d."
  }

  validation {
    condition     = alltrue([for kpi in values(var.business_kpis) : trimspace(kpi.query) != ""])
    error_message = "A KPI must have a query."
  }
}

variable "user_kpis" {
  type = map(object({
    query       = string
    schedule    = optional(string, "0 0 * * *")
    retention   = optional(string, "365d")
    label       = optional(string)
    description = optional(string)
    owner       = optional(string)
    unit        = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "User KPIs beside those of the project's definitions; the service checks and compiles them when it starts."

  validation {
    condition     = alltrue([for name in keys(var.user_kpis) : can(regex("^[a-z][a-z0-9_]{0,99}$", name))])
    error_message = "Names of KPIs must be lower-case letters, digits and _, beginning with a letter, at most 100."
  }

  validation {
    condition     = alltrue([for kpi in values(var.user_kpis) : can(regex("^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|[-0-9A-Za-z*/,]+( +[-0-9A-Za-z*/,]+){4})$", kpi.schedule))])
    error_message = "The schedule of a KPI must be five fields of cron."
  }

  validation {
    condition     = alltrue([for kpi in values(var.user_kpis) : can(regex("^[1-9][0-9]{0,5}(h|d|w| ?(months?|quarters?|years?))$", kpi.retention))])
    error_message = "The retention of a KPI must be a number and h, d, w, months, quarters or years, such as 365d."
  }

  validation {
    condition     = alltrue([for kpi in values(var.user_kpis) : trimspace(kpi.query) != ""])
    error_message = "A KPI must have a query."
  }

  validation {
    condition     = length(setintersection(keys(var.user_kpis), concat(keys(var.business_kpis)))) == 0
    error_message = "A KPI of user_kpis has the name of another."
  }
}

variable "performance_kpis" {
  type = map(object({
    query       = string
    schedule    = optional(string, "0 0 * * *")
    retention   = optional(string, "365d")
    label       = optional(string)
    description = optional(string)
    owner       = optional(string)
    unit        = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "Performance KPIs beside those of the project's definitions; the service checks and compiles them when it starts."

  validation {
    condition     = alltrue([for name in keys(var.performance_kpis) : can(regex("^[a-z][a-z0-9_]{0,99}$", name))])
    error_message = "Names of KPIs must be lower-case letters, digits and _, beginning with a letter, at most 100."
  }

  validation {
    condition     = alltrue([for kpi in values(var.performance_kpis) : can(regex("^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|[-0-9A-Za-z*/,]+( +[-0-9A-Za-z*/,]+){4})$", kpi.schedule))])
    error_message = "The schedule of a KPI must be five fields of cron."
  }

  validation {
    condition     = alltrue([for kpi in values(var.performance_kpis) : can(regex("^[1-9][0-9]{0,5}(h|d|w| ?(months?|quarters?|years?))$", kpi.retention))])
    error_message = "The retention of a KPI must be a number and h, d, w, months, quarters or years, such as 365d."
  }

  validation {
    condition     = alltrue([for kpi in values(var.performance_kpis) : trimspace(kpi.query) != ""])
    error_message = "A KPI must have a query."
  }

  validation {
    condition     = length(setintersection(keys(var.performance_kpis), concat(keys(var.business_kpis), keys(var.user_kpis)))) == 0
    error_message = "A KPI of performance_kpis has the name of another."
  }
}

variable "custom_kpis" {
  type = map(object({
    query       = string
    schedule    = optional(string, "0 0 * * *")
    retention   = optional(string, "365d")
    label       = optional(string)
    description = optional(string)
    owner       = optional(string)
    unit        = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "Custom KPIs beside those of the project's definitions; the service checks and compiles them when it starts."

  validation {
    condition     = alltrue([for name in keys(var.custom_kpis) : can(regex("^[a-z][a-z0-9_]{0,99}$", name))])
    error_message = "Names of KPIs must be lower-case letters, digits and _, beginning with a letter, at most 100."
  }

  validation {
    condition     = alltrue([for kpi in values(var.custom_kpis) : can(regex("^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|[-0-9A-Za-z*/,]+( +[-0-9A-Za-z*/,]+){4})$", kpi.schedule))])
    error_message = "The schedule of a KPI must be five fields of cron."
  }

  validation {
    condition     = alltrue([for kpi in values(var.custom_kpis) : can(regex("^[1-9][0-9]{0,5}(h|d|w| ?(months?|quarters?|years?))$", kpi.retention))])
    error_message = "The retention of a KPI must be a number and h, d, w, months, quarters or years, such as 365d."
  }

  validation {
    condition     = alltrue([for kpi in values(var.custom_kpis) : trimspace(kpi.query) != ""])
    error_message = "A KPI must have a query."
  }

  validation {
    condition     = length(setintersection(keys(var.custom_kpis), concat(keys(var.business_kpis), keys(var.user_kpis), keys(var.performance_kpis)))) == 0
    error_message = "A KPI of custom_kpis has the name of another."
  }
}

# ---- roll-out

variable "deployment_slot" {
  type        = string
  default     = null
  description = "The slot that is being deployed: it runs beside the active one and gets no traffic. Null: the active one."

  validation {
    condition     = var.deployment_slot == null ? true : contains(["blue", "green"], var.deployment_slot)
    error_message = "deployment_slot must be blue or green."
  }
}

variable "active_slot" {
  type        = string
  default     = "blue"
  nullable    = false
  description = "The slot that gets the traffic, less the canary's part, and whose image runs the jobs."

  validation {
    condition     = contains(["blue", "green"], var.active_slot)
    error_message = "active_slot must be blue or green."
  }
}

variable "canary_percentage" {
  type        = number
  default     = 0
  nullable    = false
  description = "The part of the traffic that the other slot gets."

  validation {
    condition     = var.canary_percentage >= 0 && var.canary_percentage <= 100 && floor(var.canary_percentage) == var.canary_percentage
    error_message = "canary_percentage must be a whole number from 0 to 100."
  }
}

# ---- Grafana

variable "grafana_url" {
  type        = string
  default     = null
  description = "A Grafana that gets the dashboards and alert rules; null: none."

  validation {
    condition     = var.grafana_url == null || can(regex("^https?://", var.grafana_url))
    error_message = "grafana_url must be a URL."
  }
}

variable "grafana_auth" {
  type        = string
  default     = null
  sensitive   = true
  description = "A token of a service account of that Grafana."

  validation {
    condition     = var.grafana_url == null || var.grafana_auth != null
    error_message = "grafana_url needs grafana_auth."
  }
}

variable "grafana_datasource_uid" {
  type        = string
  default     = "kpi-store"
  nullable    = false
  description = "Grafana's data source over the store; `kpictl emit grafana` provisions one."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,40}$", var.grafana_datasource_uid))
    error_message = "grafana_datasource_uid must be letters, digits, _ and -, at most 40."
  }
}

# ---- AWS

variable "region" {
  type        = string
  default     = "eu-central-1"
  description = "The region."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of a region, such as eu-central-1."
  }
}

variable "cidr_block" {
  type        = string
  default     = "10.40.0.0/16"
  description = "Addresses of the service's own network."

  validation {
    condition     = can(cidrsubnet(var.cidr_block, 4, 15))
    error_message = "cidr_block must be a block of addresses that can be cut into 16."
  }
}

variable "allowed_cidrs" {
  type        = list(string)
  default     = ["0.0.0.0/0"]
  description = "Who may talk to the load balancer."

  validation {
    condition     = alltrue([for block in var.allowed_cidrs : can(cidrhost(block, 0))])
    error_message = "allowed_cidrs must be blocks of addresses."
  }
}

variable "certificate_arn" {
  type        = string
  default     = null
  description = "A certificate of ACM for the domain; null: plain HTTP."

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of a certificate of ACM."
  }
}
