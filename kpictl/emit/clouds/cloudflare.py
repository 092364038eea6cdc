"""Cloudflare: the read API as Workers over snapshots in KV and D1; KPIs are computed where the store is."""

from __future__ import annotations

from kpictl.emit.clouds import Cloud, Setting

CLOUD = Cloud(
    name="cloudflare",
    title="Cloudflare",
    provider="cloudflare",
    source="cloudflare/cloudflare",
    version="~> 5.0",
    files=("cloudflare.tf", "worker.js", "outputs.tf"),
    settings=(
        Setting(
            name="account_id",
            type="string",
            description="The account.",
            condition='can(regex("^[0-9a-f]{32}$", var.account_id))',
            error="account_id must be the id of an account: 32 hexadecimal digits.",
        ),
        Setting(
            name="zone_id",
            type="string",
            default="null",
            description="The zone of the domain.",
            condition='var.domain == null ? true : can(regex("^[0-9a-f]{32}$", var.zone_id))',
            error="domain needs zone_id, the id of its zone: 32 hexadecimal digits.",
        ),
        Setting(
            name="workers_subdomain",
            type="string",
            default="null",
            description="The account's name below workers.dev.",
            condition='var.domain == null ? true : can(regex("^[a-z0-9-]+$", var.workers_subdomain))',
            error="domain needs workers_subdomain, the account's name below workers.dev.",
        ),
        Setting(
            name="origin_url",
            type="string",
            default="null",
            description="The service that computes KPIs, wherever it is; its token is KPI_API_TOKEN of service_secrets.",
            condition='var.origin_url == null || can(regex("^https?://", var.origin_url))',
            error="origin_url must be a URL.",
        ),
        Setting(
            name="store_host",
            type="string",
            default="null",
            description="The host of the store, for Hyperdrive; its password is KPI_STORE_PASSWORD of service_secrets.",
            condition='var.store_host == null || can(regex("^[A-Za-z0-9.-]+$", var.store_host))',
            error="store_host must be the name of a host.",
        ),
    ),
    stateful=(
        "cloudflare_workers_kv_namespace",
        "cloudflare_d1_database",
        "cloudflare_r2_bucket",
        "cloudflare_queue",
        "cloudflare_secrets_store",
    ),
    services=(
        ("Read API, a slot each", "Workers behind a load balancer whose pool weighs the slots (with a domain)"),
        ("Jobs, one a schedule", "cron triggers, in UTC: every hour, origin_url is asked to run what is due"),
        ("Snapshots", "KV for the latest values, D1 for history, R2 for what was copied when"),
        ("Store", "elsewhere; Hyperdrive leads to it (store_host)"),
        ("Stream", "Queues: a message {name, time, value} becomes a value"),
        ("Usage", "Analytics Engine: a point a request"),
        ("Druid", "in Kubernetes (kubernetes_context), or not at all"),
        ("Secrets", "Secrets Store"),
        ("Watching", "Workers' logs, health of the slots by email"),
    ),
    costs=(
        ("Workers, KV, D1, R2, Queues", "5", "15"),
        ("Load balancer, with a domain", "5", "15"),
    ),
    sign_in="export CLOUDFLARE_API_TOKEN=... TF_VAR_account_id=...",
)
