#!/usr/bin/env sh
# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit redshift --target prod --out examples/nexpo/deploy/redshift
# Makes or replaces each procedure (psql's own variables say where) and its schedule.
set -eu
cd "$(dirname "$0")"
: "${KPI_WORKGROUP:?}" "${KPI_DATABASE:?}" "${KPI_SECRET_ARN:?}" "${KPI_ROLE_ARN:?}"

deploy() { # JOB SCHEDULE
  psql -v ON_ERROR_STOP=1 -f "jobs/$1.sql"
  input=$(sed -e "s|KPI_WORKGROUP|$KPI_WORKGROUP|; s|KPI_DATABASE|$KPI_DATABASE|; s|KPI_SECRET_ARN|$KPI_SECRET_ARN|; s|KPI_ROLE_ARN|$KPI_ROLE_ARN|" "schedules/$1.json")
  if aws scheduler get-schedule --name "$2" >/dev/null 2>&1; then
    aws scheduler update-schedule --cli-input-json "$input"
  else
    aws scheduler create-schedule --cli-input-json "$input"
  fi
}

deploy 'cron-16ddb63454' 'kpi_cron_16ddb63454'
deploy 'daily-0000' 'kpi_daily_0000'
deploy 'daily-0100' 'kpi_daily_0100'
deploy 'monthly-1-0000' 'kpi_monthly_1_0000'
deploy 'monthly-1-0500' 'kpi_monthly_1_0500'
deploy 'weekly-1-0000' 'kpi_weekly_1_0000'
deploy 'weekly-1-0500' 'kpi_weekly_1_0500'
