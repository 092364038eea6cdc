#!/usr/bin/env sh
# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit bigquery --target prod --out examples/nexpo/deploy/bigquery
# Makes or updates a scheduled query for each job. Wants PROJECT, DATASET, LOCATION; may have SERVICE_ACCOUNT, JOBS.
set -eu
cd "$(dirname "$0")"
: "${PROJECT:?}" "${DATASET:?}" "${LOCATION:?}"
case "$DATASET" in *[!A-Za-z0-9_]*) echo "DATASET is no name of a dataset" >&2; exit 2 ;; esac

known=$(bq ls --project_id="$PROJECT" --transfer_config --transfer_location="$LOCATION" --format=json)

deploy() { # JOB DISPLAY_NAME SCHEDULE
  script=$(printf 'DECLARE run_from TIMESTAMP DEFAULT NULL;\nDECLARE run_to TIMESTAMP DEFAULT @run_time;\nSET @@dataset_id = '\''%s'\'';\n' "$DATASET"; cat "jobs/$1.sql")
  params=$(printf '%s' "$script" | jq -Rs '{query: .}')
  name=$(printf '%s' "$known" | jq -r --arg name "$2 ($DATASET)" '.[]? | select(.displayName == $name) | .name' | head -n 1)
  if [ -n "$name" ]; then
    bq update --project_id="$PROJECT" --transfer_config --schedule="$3" --params="$params" \
      ${SERVICE_ACCOUNT:+--update_credentials --service_account_name="$SERVICE_ACCOUNT"} "$name"
  else
    bq mk --project_id="$PROJECT" --location="$LOCATION" --transfer_config --data_source=scheduled_query \
      --display_name="$2 ($DATASET)" --schedule="$3" --params="$params" \
      ${SERVICE_ACCOUNT:+--service_account_name="$SERVICE_ACCOUNT"}
  fi
}

case " ${JOBS:-cron-16ddb63454} " in *" cron-16ddb63454 "*) deploy 'cron-16ddb63454' 'kpi_cron_16ddb63454' 'every 1 hours' ;; esac
case " ${JOBS:-daily-0000} " in *" daily-0000 "*) deploy 'daily-0000' 'kpi_daily_0000' 'every 1 hours' ;; esac
case " ${JOBS:-daily-0100} " in *" daily-0100 "*) deploy 'daily-0100' 'kpi_daily_0100' 'every 1 hours' ;; esac
case " ${JOBS:-monthly-1-0000} " in *" monthly-1-0000 "*) deploy 'monthly-1-0000' 'kpi_monthly_1_0000' 'every 1 hours' ;; esac
case " ${JOBS:-monthly-1-0500} " in *" monthly-1-0500 "*) deploy 'monthly-1-0500' 'kpi_monthly_1_0500' 'every 1 hours' ;; esac
case " ${JOBS:-weekly-1-0000} " in *" weekly-1-0000 "*) deploy 'weekly-1-0000' 'kpi_weekly_1_0000' 'every 1 hours' ;; esac
case " ${JOBS:-weekly-1-0500} " in *" weekly-1-0500 "*) deploy 'weekly-1-0500' 'kpi_weekly_1_0500' 'every 1 hours' ;; esac
