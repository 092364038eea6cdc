#!/bin/sh
# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform
# Starts the processes of a Druid node: /opt/kpi/environment says which, /opt/kpi/secrets.sh prints what is secret.
set -eu
. /opt/kpi/environment
if ! command -v docker > /dev/null; then
  if command -v dnf > /dev/null; then dnf install -y docker; else apt-get update && apt-get install -y docker.io; fi
fi
systemctl enable --now docker
mkdir -p /opt/kpi/data
umask 077
cat /opt/kpi/environment > /run/kpi-druid.env
sh /opt/kpi/secrets.sh >> /run/kpi-druid.env
if [ "$DRUID_RUNS_ZOOKEEPER" = true ]; then
  docker run -d --name zookeeper --restart always --network host 'zookeeper:3.9.3'
fi
for role in $DRUID_RUNS; do
  server=$role
  if [ "$role" = middlemanager ]; then server=middleManager; fi
  # shellcheck disable=SC2046,SC2086
  docker run -d --name "druid-$role" --restart always --network host --user 0 --env-file /run/kpi-druid.env \
    -v /opt/kpi/druid:/etc/druid:ro -v /opt/kpi/data:/druid/data --entrypoint java 'apache/druid:33.0.0' \
    $(cat "/opt/kpi/druid/$role/jvm.config") $DRUID_FLAGS \
    -cp "/etc/druid/_common:/etc/druid/$role:/opt/druid/lib/*" org.apache.druid.cli.Main server "$server"
done
