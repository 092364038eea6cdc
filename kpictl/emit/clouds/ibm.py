"""IBM Cloud: Code Engine, Databases for PostgreSQL and Redis, Event Streams, Db2 Warehouse, virtual servers for Druid."""

from __future__ import annotations

from kpictl.emit.clouds import Cloud, Setting

CLOUD = Cloud(
    name="ibm",
    title="IBM Cloud",
    provider="ibm",
    source="IBM-Cloud/ibm",
    version="~> 2.0",
    files=("ibm.tf", "data.tf", "druid.tf", "watch.tf", "outputs.tf"),
    settings=(
        Setting(
            name="region",
            type="string",
            default='"eu-de"',
            description="The region.",
            condition='can(regex("^[a-z]{2}-[a-z]+$", var.region))',
            error="region must be the name of a region, such as eu-de.",
        ),
        Setting(
            name="resource_group",
            type="string",
            default="null",
            description="The resource group; null: the default one.",
            condition='var.resource_group == null || can(regex("^[A-Za-z0-9 ._-]+$", var.resource_group))',
            error="resource_group must be the name of a resource group.",
        ),
        Setting(
            name="cis_name",
            type="string",
            default="null",
            description="The instance of Cloud Internet Services that has the domain.",
            condition='var.domain == null ? true : can(regex("^.+$", var.cis_name))',
            error="domain needs cis_name, the instance of Cloud Internet Services that has it.",
        ),
        Setting(
            name="db2_warehouse_plan",
            type="string",
            default="null",
            description="A plan of Db2 Warehouse (`ibmcloud catalog service dashdb` lists them); null: none is made.",
            condition='var.db2_warehouse_plan == null || can(regex("^[A-Za-z0-9_-]+$", var.db2_warehouse_plan))',
            error="db2_warehouse_plan must be the name of a plan.",
        ),
        Setting(
            name="secrets_manager_plan",
            type="string",
            default='"standard"',
            description="The plan of Secrets Manager, from which Druid's nodes read their secrets.",
            condition='contains(["standard", "trial"], var.secrets_manager_plan)',
            error="secrets_manager_plan must be standard or trial.",
        ),
        Setting(
            name="cidr_block",
            type="string",
            default='"10.40.0.0/24"',
            description="Addresses of Druid's network.",
            condition="can(cidrhost(var.cidr_block, 120))",
            error="cidr_block must be a block of 128 addresses or more.",
        ),
        Setting(
            name="druid_image",
            type="string",
            default='"ibm-ubuntu-22-04-5-minimal-amd64-3"',
            description="The image of Druid's nodes.",
            condition='startswith(var.druid_image, "ibm-ubuntu-")',
            error="druid_image must be an image of Ubuntu.",
        ),
        Setting(
            name="ssh_public_key",
            type="string",
            default="null",
            description="Who may sign in to Druid's nodes; null: nobody.",
            condition='var.ssh_public_key == null || can(regex("^ssh-", var.ssh_public_key))',
            error="ssh_public_key must be a public key of SSH.",
        ),
    ),
    stateful=("ibm_database", "ibm_event_streams_topic", "ibm_cos_bucket", "ibm_is_instance"),
    services=(
        (
            "Service, a slot each",
            "Code Engine apps; with a domain, Cloud Internet Services weighs them (a pool, and a function at the edge)",
        ),
        (
            "Jobs",
            "one Code Engine instance that runs `kpictl schedule`, always; a job a schedule that may be run by hand",
        ),
        ("Store", "Databases for PostgreSQL"),
        ("Cache", "Databases for Redis"),
        ("Stream", "Event Streams"),
        ("Db2 Warehouse", "where db2_warehouse_plan names a plan"),
        ("Druid", "virtual servers, segments in Object Storage, secrets in Secrets Manager"),
        ("Secrets", "Code Engine"),
        ("Watching", "Cloud Logs with an alert, Monitoring"),
    ),
    costs=(
        ("Service: two instances of 1 core and 2 GB a slot", "80", "240"),
        ("Jobs: one instance of 1 core and 2 GB", "80", "80"),
        ("Store", "110", "260"),
        ("Cache", "90", "180"),
        ("Event Streams", "15", "60"),
        ("Druid: one node, or 1 + 3 + 2 + 2; Secrets Manager", "520", "1,350"),
    ),
    sign_in="ibmcloud login --sso && export IC_API_KEY=...",
)
