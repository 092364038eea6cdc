# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# The store: kpi_metrics, its history and its ledger. `kpictl store migrate`, which the service runs when it starts, makes
# the tables as the profile's store says. No managed PostgreSQL has all of TimescaleDB, so there the store is `type: postgres`.
locals {
  timescaledb = {
    enabled    = var.enable_timescaledb
    storage_gb = var.timescale_storage_gb
    version    = "16"
    database   = "kpi"
    user       = "kpi"
    port       = 5432
  }
}
