"""Oracle Cloud: Container Instances, PostgreSQL, Cache, Streaming, Autonomous Database, Analytics Cloud, Compute for Druid."""

from __future__ import annotations

from kpictl.emit.clouds import Cloud, Setting

CLOUD = Cloud(
    name="oci",
    title="Oracle Cloud",
    provider="oci",
    source="oracle/oci",
    version="~> 8.0",
    files=("oci.tf", "network.tf", "data.tf", "druid.tf", "watch.tf", "outputs.tf"),
    settings=(
        Setting(
            name="compartment_ocid",
            type="string",
            description="The compartment of everything.",
            condition='can(regex("^ocid1\\\\.(compartment|tenancy)\\\\.", var.compartment_ocid))',
            error="compartment_ocid must be the OCID of a compartment.",
        ),
        Setting(
            name="tenancy_ocid",
            type="string",
            description="The tenancy, in which the dynamic group is made.",
            condition='can(regex("^ocid1\\\\.tenancy\\\\.", var.tenancy_ocid))',
            error="tenancy_ocid must be the OCID of a tenancy.",
        ),
        Setting(
            name="region",
            type="string",
            default='"eu-frankfurt-1"',
            description="The region.",
            condition='can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))',
            error="region must be the name of a region, such as eu-frankfurt-1.",
        ),
        Setting(
            name="cidr_block",
            type="string",
            default='"10.40.0.0/16"',
            description="Addresses of the service's own network.",
            condition="can(cidrsubnet(var.cidr_block, 4, 15))",
            error="cidr_block must be a block of addresses that can be cut into 16.",
        ),
        Setting(
            name="certificate_ids",
            type="list(string)",
            default="[]",
            description="Certificates of the domain; none: plain HTTP.",
            condition='alltrue([for id in var.certificate_ids : startswith(id, "ocid1.certificate.")])',
            error="certificate_ids must be OCIDs of certificates.",
        ),
        Setting(
            name="enable_warehouse",
            type="bool",
            default="false",
            description="Whether an Autonomous Data Warehouse is made, as a source or for reports.",
            condition="contains([true, false], var.enable_warehouse)",
            error="enable_warehouse must be true or false.",
        ),
        Setting(
            name="enable_analytics_cloud",
            type="bool",
            default="false",
            description="Whether an instance of Analytics Cloud is made.",
            condition="contains([true, false], var.enable_analytics_cloud)",
            error="enable_analytics_cloud must be true or false.",
        ),
    ),
    stateful=(
        "oci_psql_db_system",
        "oci_redis_redis_cluster",
        "oci_streaming_stream",
        "oci_streaming_stream_pool",
        "oci_database_autonomous_database",
        "oci_analytics_analytics_instance",
        "oci_kms_vault",
        "oci_objectstorage_bucket",
        "oci_core_instance",
    ),
    services=(
        ("Service, a slot each", "Container Instances behind a load balancer whose backends are weighed"),
        ("Jobs", "one container instance that runs `kpictl schedule`, always: there is no cron for containers"),
        (
            "Image",
            "fetches Oracle's client (`oci` of PyPI) to read the vault when it starts; faster with one that has it",
        ),
        ("Store", "OCI Database with PostgreSQL"),
        ("Cache", "OCI Cache"),
        ("Stream", "Streaming"),
        ("Warehouse, reports", "Autonomous Data Warehouse and Analytics Cloud, where they are enabled"),
        ("Druid", "Compute instances, segments in Object Storage"),
        ("Secrets", "Vault"),
        ("Watching", "Logging, alarms to a topic"),
    ),
    costs=(
        ("Service: two instances of 1 OCPU and 2 GB a slot", "45", "90"),
        ("Load balancer", "12", "25"),
        ("Store", "190", "690"),
        ("Cache", "30", "340"),
        ("Druid: one node, or 1 + 3 + 2 + 2", "100", "520"),
    ),
    unchecked=(
        (
            "CKV_OCI_7 CKV_OCI_8 CKV_OCI_9",
            "the bucket holds Druid's segments, which can be made again, encrypted with Oracle's own keys",
        ),
        (
            "CKV_OCI_16 CKV_OCI_19 CKV_OCI_21",
            "network security groups rule what comes in; security lists are not used",
        ),
    ),
    sign_in="oci session authenticate && export TF_VAR_tenancy_ocid=ocid1... TF_VAR_compartment_ocid=ocid1...",
)
