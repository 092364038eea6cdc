"""Google Cloud: Cloud Run, Cloud SQL, Memorystore, Pub/Sub, BigQuery with Dataflow, and Compute Engine for Druid."""

from __future__ import annotations

from kpictl.emit.clouds import Cloud, Setting

CLOUD = Cloud(
    name="gcp",
    title="Google Cloud",
    provider="google",
    source="hashicorp/google",
    version="~> 7.0",
    files=("gcp.tf", "jobs.tf", "stream.tf", "druid.tf", "watch.tf", "outputs.tf"),
    settings=(
        Setting(
            name="project_id",
            type="string",
            default="null",
            description="The project; null: the one that the environment (GOOGLE_PROJECT) or gcloud says.",
            condition='var.project_id == null || can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))',
            error="project_id must be the id of a project.",
        ),
        Setting(
            name="region",
            type="string",
            default='"europe-west3"',
            description="The region.",
            condition='can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))',
            error="region must be the name of a region, such as europe-west3.",
        ),
        Setting(
            name="zone",
            type="string",
            default='"europe-west3-a"',
            description="The zone of Druid's nodes.",
            condition='startswith(var.zone, "${var.region}-")',
            error="zone must be one of the region.",
        ),
        Setting(
            name="bigquery_location",
            type="string",
            default='"EU"',
            description="Where BigQuery's data is: EU, US or a region.",
            condition='can(regex("^(EU|US|[a-z]+-[a-z]+[0-9]+)$", var.bigquery_location))',
            error="bigquery_location must be EU, US or a region.",
        ),
        Setting(
            name="cidr_block",
            type="string",
            default='"10.40.0.0/20"',
            description="Addresses of the service's own network.",
            condition="can(cidrhost(var.cidr_block, 1))",
            error="cidr_block must be a block of addresses.",
        ),
    ),
    engines=("bigquery",),
    stateful=(
        "google_sql_database_instance",
        "google_redis_instance",
        "google_pubsub_topic",
        "google_bigquery_dataset",
        "google_bigquery_table",
        "google_compute_instance",
    ),
    services=(
        ("Service, a slot each", "Cloud Run behind a load balancer whose URL map weighs the slots"),
        ("Jobs, one a schedule", "Cloud Run jobs that Cloud Scheduler starts, in the project's zone"),
        ("Ingestion", "a Cloud Run worker pool of one instance"),
        ("Store", "Cloud SQL PostgreSQL on a private address, in two zones in production"),
        ("Cache", "Memorystore for Redis with TLS and a token"),
        ("Stream", "Pub/Sub, in the order of keys"),
        ("BigQuery", "dataset, partitioned and clustered tables, scheduled queries; Dataflow brings the stream in"),
        ("Druid", "Compute Engine instances, segments in Cloud Storage"),
        ("Secrets", "Secret Manager, a secret a variable"),
        ("Watching", "Cloud Logging, alert policies, dashboard"),
    ),
    costs=(
        ("Service: two instances of 1 core and 2 GB a slot", "65", "130"),
        ("Load balancer", "20", "25"),
        ("Store", "35", "210"),
        ("Cache", "40", "330"),
        ("Pub/Sub, Dataflow with one worker", "5", "90"),
        ("Druid: one node, or 1 + 3 + 2 + 2", "200", "950"),
    ),
    unchecked=(
        (
            "CKV_GCP_38 CKV_GCP_80 CKV_GCP_81 CKV_GCP_83 CKV_GCP_90",
            "everything is encrypted with Google's own keys; keys of your own are a choice of the project",
        ),
        (
            "CKV_GCP_108 CKV_GCP_109 CKV_GCP_110 CKV_GCP_111 CKV2_GCP_13",
            "logs of statements hold data; who connects and what waits is logged",
        ),
        (
            "CKV_GCP_51 CKV_GCP_52 CKV_GCP_53 CKV_GCP_54",
            "set, in a dynamic block that is not read",
        ),
        (
            "CKV_GCP_6",
            "ssl_mode is ENCRYPTED_ONLY; the check looks for the argument before it",
        ),
        (
            "CKV_GCP_79",
            "the version is one for all clouds",
        ),
        (
            "CKV_GCP_26 CKV_GCP_62 CKV_GCP_78",
            "flows and requests are logged by the project; the bucket holds segments that can be made again",
        ),
        (
            "CKV2_GCP_18 CKV_GCP_94",
            "firewalls are there where Druid is; workers have no public address where the network is given",
        ),
    ),
    sign_in="gcloud auth application-default login && export GOOGLE_PROJECT=my-project",
)
