#!/usr/bin/env sh
# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit synapse --target prod --out examples/nexpo/deploy/synapse
# Makes or replaces each procedure, its pipeline and its trigger. Wants WORKSPACE, POOL, SERVER.
set -eu
cd "$(dirname "$0")"
: "${WORKSPACE:?}" "${POOL:?}" "${SERVER:?}"
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT

deploy() { # JOB PROCEDURE
  # -x: nothing in the text is a variable of sqlcmd.
  sqlcmd -S "$SERVER" -d "$POOL" -G -b -x -I -i "jobs/$1.sql"
  sed "s|KPI_POOL|$POOL|" "pipelines/$1.json" > "$files/pipeline.json"
  az synapse trigger stop --workspace-name "$WORKSPACE" --name "$2" >/dev/null 2>&1 || true
  az synapse pipeline create --workspace-name "$WORKSPACE" --name "$2" --file @"$files/pipeline.json"
  az synapse trigger create --workspace-name "$WORKSPACE" --name "$2" --file @"triggers/$1.json"
  az synapse trigger start --workspace-name "$WORKSPACE" --name "$2"
}

deploy 'cron-16ddb63454' 'kpi_cron_16ddb63454'
deploy 'daily-0000' 'kpi_daily_0000'
deploy 'daily-0100' 'kpi_daily_0100'
deploy 'monthly-1-0000' 'kpi_monthly_1_0000'
deploy 'monthly-1-0500' 'kpi_monthly_1_0500'
deploy 'weekly-1-0000' 'kpi_weekly_1_0000'
deploy 'weekly-1-0500' 'kpi_weekly_1_0500'
