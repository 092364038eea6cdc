# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

locals {
  seconds = { s = 1, m = 60, h = 3600 }
  stream = {
    enabled          = var.enable_streaming
    buffer_size      = var.stream_buffer_size
    interval_seconds = tonumber(regex("^[0-9]+", var.processing_interval)) * local.seconds[regex("[smh]$", var.processing_interval)]
    retention_hours  = 24
  }
}
