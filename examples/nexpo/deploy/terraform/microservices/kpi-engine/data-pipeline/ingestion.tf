# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# One worker that reads every source in turn: one process to watch, one place that knows how far each was read.
locals {
  ingestion = {
    name    = "kpi-ingestion"
    enabled = var.enable_streaming && length(var.sources) > 0
    command = ["ingest", "--watch"]
    environment = merge(
      {
        KPI_SOURCE_COUNT        = tostring(length(var.sources))
        KPI_PROCESSING_INTERVAL = var.processing_interval
        KPI_STREAM_BUFFER_SIZE  = tostring(var.stream_buffer_size)
      },
      { for i, source in var.sources : "KPI_SOURCE_${i + 1}_TYPE" => source.type },
      { for i, source in var.sources : "KPI_SOURCE_${i + 1}_READS" => join(",", concat(source.tables, source.collections)) },
    )
  }
}
