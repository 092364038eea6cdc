#!/usr/bin/env sh
# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit bigquery --target prod --out examples/nexpo/deploy/bigquery
# run.sh JOB FROM TO: computes a job's buckets that lie in a range (TIMESTAMPs). Wants PROJECT, DATASET, LOCATION.
set -eu
cd "$(dirname "$0")"
: "${PROJECT:?}" "${DATASET:?}" "${LOCATION:?}"
[ $# -eq 3 ] || { echo "run.sh JOB FROM TO" >&2; exit 2; }
case "$DATASET" in *[!A-Za-z0-9_]*) echo "DATASET is no name of a dataset" >&2; exit 2 ;; esac

{
  printf 'DECLARE run_from TIMESTAMP DEFAULT @run_from;\nDECLARE run_to TIMESTAMP DEFAULT @run_to;\nSET @@dataset_id = '\''%s'\'';\n' "$DATASET"
  cat "jobs/$1.sql"
} | bq query --project_id="$PROJECT" --location="$LOCATION" --use_legacy_sql=false --format=none \
  --parameter="run_from:TIMESTAMP:$2" --parameter="run_to:TIMESTAMP:$3"
