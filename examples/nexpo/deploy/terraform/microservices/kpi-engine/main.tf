# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

locals {
  name       = "${var.service_name}-${var.environment}"
  production = var.environment == "prod"

  # A slot runs if it is active, being deployed, or gets a part of the traffic.
  deploying = coalesce(var.deployment_slot, var.active_slot)
  canary    = var.active_slot == "blue" ? "green" : "blue"
  weights = {
    (var.active_slot) = 100 - var.canary_percentage
    (local.canary)    = var.canary_percentage
  }
  images = { blue = var.images.blue, green = var.images.green }
  running = [
    for slot in keys(local.images) : slot
    if slot == var.active_slot || slot == local.deploying || var.canary_percentage > 0
  ]
  slots = { for slot in local.running : slot => { image = local.images[slot], weight = local.weights[slot] } }

  # What may be seen of the sources; the connection strings go to the secret store alone.
  sources = nonsensitive([
    for d in var.source_databases : { type = d.type, tables = d.tables, collections = d.collections }
  ])

  tags = merge(var.tags, {
    service     = var.service_name
    environment = var.environment
    managed-by  = "terraform"
    made-by     = "kpictl"
  })
}

module "kpi_definitions" {
  source = "./kpi-definitions"

  business_kpis    = var.business_kpis
  user_kpis        = var.user_kpis
  performance_kpis = var.performance_kpis
  custom_kpis      = var.custom_kpis
}

module "analytics" {
  source = "./analytics"

  name                 = local.name
  tags                 = local.tags
  enable_druid         = var.enable_druid
  enable_timescaledb   = var.enable_timescaledb
  enable_bigquery      = var.enable_bigquery
  enable_synapse       = var.enable_synapse
  timescale_storage_gb = var.timescale_storage_gb
  kubernetes           = var.kubernetes_context != null
  druid_metadata       = module.cloud.druid_metadata

  druid = {
    coordinator = {
      count         = var.druid_coordinator_count
      instance_type = var.druid_coordinator_instance_type
      storage_gb    = var.druid_coordinator_storage_gb
    }
    historical = {
      count         = var.druid_cluster_size
      instance_type = var.druid_historical_instance_type
      storage_gb    = var.druid_storage_size_gb
    }
    broker = {
      count         = var.druid_broker_count
      instance_type = var.druid_broker_instance_type
      storage_gb    = 0
    }
    middlemanager = {
      count         = var.druid_middlemanager_count
      instance_type = var.druid_middlemanager_instance_type
      storage_gb    = var.druid_middlemanager_storage_gb
    }
  }
}

module "data_pipeline" {
  source = "./data-pipeline"

  schedules           = module.kpi_definitions.schedules
  definitions         = module.kpi_definitions.definitions
  sources             = local.sources
  enable_streaming    = var.enable_streaming
  stream_buffer_size  = var.stream_buffer_size
  processing_interval = var.processing_interval
}

module "monitoring" {
  source = "./monitoring"

  name                   = local.name
  production             = local.production
  grafana                = var.grafana_url != null
  grafana_datasource_uid = var.grafana_datasource_uid
}

module "cloud" {
  source = "./provider-specific/aws"

  name           = local.name
  production     = local.production
  tags           = local.tags
  domain         = var.domain
  alert_email    = var.alert_email
  instance_count = var.instance_count
  cpu_units      = var.cpu_units
  memory_mb      = var.memory_mb
  timezone       = "Europe/Berlin"

  slots       = local.slots
  job_image   = local.images[var.active_slot]
  program     = module.data_pipeline.program
  jobs        = module.data_pipeline.jobs
  ingestion   = module.data_pipeline.ingestion
  stream      = module.data_pipeline.stream
  definitions = module.kpi_definitions.definitions

  druid = module.analytics.druid
  store = module.analytics.timescaledb

  alarms = module.monitoring.alarms
  logs   = module.monitoring.logs

  secrets            = var.service_secrets
  source_connections = [for d in var.source_databases : d.connection_string]
  source_count       = length(local.sources)

  region          = var.region
  cidr_block      = var.cidr_block
  allowed_cidrs   = var.allowed_cidrs
  certificate_arn = var.certificate_arn
}
