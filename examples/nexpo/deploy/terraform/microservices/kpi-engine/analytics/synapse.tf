# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# What Synapse gets where the cloud has it: provider-specific/azure makes it.
locals {
  synapse = {
    enabled = var.enable_synapse
    pool    = "kpi"
    sku     = "DW100c"
    admin   = "kpiadmin"
    storage = "GRS"
  }
}
