# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# Values for dev. Nothing secret belongs here: source_databases and service_secrets come from the environment
# (TF_VAR_source_databases) or from a file that is not committed.

# Service Configuration
service_name   = "kpi-engine"
environment    = "dev"
instance_count = 2
cpu_units      = 1024
memory_mb      = 2048

# Analytics Engine Configuration
enable_druid       = true
enable_timescaledb = true
enable_bigquery    = false
enable_synapse     = false

druid_cluster_size = 3

druid_storage_size_gb = 100
timescale_storage_gb  = 50

# Real-time Processing
enable_streaming    = true
stream_buffer_size  = 1000
processing_interval = "30s"
