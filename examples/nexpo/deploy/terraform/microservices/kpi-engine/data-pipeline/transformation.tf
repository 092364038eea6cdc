# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# What a container does before its command: the definitions that Terraform was given join those of the image, and all are
# checked. A refusal ends it, so the health check fails and the slot gets no traffic. The service also makes its tables.
locals {
  program = {
    name        = "kpictl"
    port        = 8080
    health      = "/health"
    serve       = ["serve", "--host", "0.0.0.0", "--port", "8080"]
    entry_point = ["sh", "-c", local.start, "kpictl"]
    environment = {
      "KPICTL_PROJECT_DIR" = "/project"
      "NO_COLOR"           = "1"
      "KPICTL_TARGET"      = "prod"
    }
    # What the profile reads; whichever of these is known to Terraform, or given to it, comes from the secret store.
    reads = ["DRUID_URL", "KPI_STORE_DSN"]
  }

  start = <<-EOT
    set -eu
    mkdir -p /tmp/project
    cp -R /project/. /tmp/project
    export KPICTL_PROJECT_DIR=/tmp/project
    if [ -n "$${KPI_DEFINITIONS:-}" ]; then
      printf '%s' "$KPI_DEFINITIONS" > /tmp/project/kpis/terraform.yml
    fi
    kpictl check
    if [ "$1" = serve ]; then kpictl store migrate; fi
    exec kpictl "$@"
  EOT
}
