"""Microsoft Azure: Container Apps, Flexible Server, Managed Redis, Event Hubs, Synapse, and virtual machines for Druid."""

from __future__ import annotations

from kpictl.emit.clouds import Cloud, Setting

CLOUD = Cloud(
    name="azure",
    title="Azure",
    provider="azurerm",
    source="hashicorp/azurerm",
    version="~> 5.0",
    files=("azure.tf", "data.tf", "druid.tf", "watch.tf", "outputs.tf"),
    settings=(
        Setting(
            name="subscription_id",
            type="string",
            default="null",
            description="The subscription; null: the one that the environment (ARM_SUBSCRIPTION_ID) says.",
            condition="var.subscription_id == null || "
            'can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.subscription_id))',
            error="subscription_id must be the id of a subscription.",
        ),
        Setting(
            name="location",
            type="string",
            default='"germanywestcentral"',
            description="The region.",
            condition='can(regex("^[a-z]+[0-9]?$", var.location))',
            error="location must be the name of a region, such as germanywestcentral.",
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
            name="cosmosdb_account_id",
            type="string",
            default="null",
            description="An account of Cosmos DB that the service may read, as it is a source; null: none.",
            condition='var.cosmosdb_account_id == null || can(regex("/providers/Microsoft.DocumentDB/databaseAccounts/", '
            "var.cosmosdb_account_id))",
            error="cosmosdb_account_id must be the id of an account of Cosmos DB.",
        ),
    ),
    engines=("synapse",),
    stateful=(
        "azurerm_postgresql_flexible_server",
        "azurerm_postgresql_flexible_server_database",
        "azurerm_managed_redis",
        "azurerm_eventhub_namespace",
        "azurerm_eventhub",
        "azurerm_synapse_workspace",
        "azurerm_synapse_sql_pool",
        "azurerm_storage_account",
        "azurerm_linux_virtual_machine",
    ),
    services=(
        ("Service, a slot each", "Container Apps behind a Front Door whose origins are weighed"),
        (
            "Jobs, one a schedule",
            "Container Apps jobs; their cron knows UTC alone, so they tick every hour and a run computes what is due",
        ),
        ("Ingestion", "a Container App of one instance"),
        ("Store", "PostgreSQL Flexible Server in a subnet of its own, with TimescaleDB's Apache edition allowed"),
        ("Cache", "Managed Redis with TLS and a key"),
        ("Stream", "Event Hubs"),
        ("Synapse", "workspace and dedicated SQL pool"),
        ("Cosmos DB", "a source: the service may read the account that cosmosdb_account_id names"),
        ("Druid", "virtual machines without public addresses, segments in Blob Storage"),
        ("Secrets", "Key Vault"),
        ("Watching", "Log Analytics, metric and log alerts, dashboard"),
    ),
    costs=(
        ("Service: two instances of 1 core and 2 GB a slot", "80", "150"),
        ("Front Door", "35", "40"),
        ("Store", "55", "330"),
        ("Cache", "15", "150"),
        ("Event Hubs", "22", "45"),
        ("Synapse DW100c, while it is not paused", "1,100", "1,100"),
        ("Druid: one node, or 1 + 3 + 2 + 2", "230", "1,050"),
    ),
    unchecked=(
        (
            "CKV2_AZURE_1 CKV2_AZURE_57 CKV_AZURE_240",
            "everything is encrypted with Azure's own keys; the store has a subnet of its own and no public address",
        ),
        (
            "CKV2_AZURE_31",
            "subnets are delegated to their services, which bring their rules",
        ),
        (
            "CKV2_AZURE_32 CKV2_AZURE_33 CKV_AZURE_59 CKV_AZURE_109 CKV_AZURE_157 CKV_AZURE_189",
            "private endpoints cost, and Terraform itself must reach vault and account",
        ),
        (
            "CKV2_AZURE_38 CKV2_AZURE_40 CKV2_AZURE_41",
            "Druid knows shared keys alone; what Synapse stages can be made again",
        ),
        (
            "CKV_AZURE_1 CKV_AZURE_149 CKV_AZURE_178 CKV_AZURE_239",
            "nobody signs in to the nodes, which have no public address; passwords are generated, and in the state alone",
        ),
        (
            "CKV_AZURE_33 CKV2_AZURE_21",
            "there are no queues; logs of reads of segments are the subscription's",
        ),
        (
            "CKV2_AZURE_51 CKV2_AZURE_53 CKV2_AZURE_54",
            "Defender and audits are the subscription's",
        ),
        (
            "CKV_AZURE_114 CKV_AZURE_41",
            "secrets are replaced by the next apply and end with the service",
        ),
    ),
    sign_in="az login && export ARM_SUBSCRIPTION_ID=$(az account show --query id --output tsv)",
)
