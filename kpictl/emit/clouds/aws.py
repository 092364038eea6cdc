"""Amazon Web Services: ECS Fargate, RDS PostgreSQL, ElastiCache, Kinesis, and EC2 for Druid."""

from __future__ import annotations

from kpictl.emit.clouds import Cloud, Setting

CLOUD = Cloud(
    name="aws",
    title="AWS",
    provider="aws",
    source="hashicorp/aws",
    version="~> 6.0",
    files=("aws.tf", "network.tf", "jobs.tf", "iam.tf", "druid.tf", "watch.tf", "outputs.tf"),
    settings=(
        Setting(
            name="region",
            type="string",
            default='"eu-central-1"',
            description="The region.",
            condition='can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))',
            error="region must be the name of a region, such as eu-central-1.",
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
            name="allowed_cidrs",
            type="list(string)",
            default='["0.0.0.0/0"]',
            description="Who may talk to the load balancer.",
            condition="alltrue([for block in var.allowed_cidrs : can(cidrhost(block, 0))])",
            error="allowed_cidrs must be blocks of addresses.",
        ),
        Setting(
            name="certificate_arn",
            type="string",
            default="null",
            description="A certificate of ACM for the domain; null: plain HTTP.",
            condition='var.certificate_arn == null || can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))',
            error="certificate_arn must be the ARN of a certificate of ACM.",
        ),
    ),
    stateful=(
        "aws_db_instance",
        "aws_elasticache_replication_group",
        "aws_kinesis_stream",
        "aws_s3_bucket",
        "aws_instance",
    ),
    services=(
        ("Service, a slot each", "ECS Fargate behind an Application Load Balancer with weighted target groups"),
        ("Jobs, one a schedule", "EventBridge Scheduler starts Fargate tasks, in the project's zone"),
        ("Store", "RDS PostgreSQL, encrypted, in two zones in production"),
        ("Cache", "ElastiCache Redis with TLS and a token"),
        ("Stream", "Kinesis on demand"),
        ("Druid", "EC2 instances, segments in S3"),
        ("Secrets", "Secrets Manager"),
        ("Watching", "CloudWatch logs, alarms to SNS, dashboard"),
    ),
    costs=(
        ("Service: two instances of 1 core and 2 GB a slot", "72", "72"),
        ("Load balancer", "20", "25"),
        ("Store", "35", "290"),
        ("Cache", "12", "230"),
        ("Stream, with little in it", "30", "60"),
        ("Druid: one node, or 1 + 3 + 2 + 2", "190", "900"),
    ),
    unchecked=(
        (
            "CKV_AWS_145 CKV_AWS_149 CKV_AWS_158 CKV_AWS_191 CKV_AWS_297 CKV_AWS_354",
            "everything is encrypted with AWS's own keys; keys of your own cost and are a choice of the account",
        ),
        (
            "CKV_AWS_24 CKV_AWS_25 CKV_AWS_260",
            "the load balancer alone is open, on its one port, to allowed_cidrs",
        ),
        (
            "CKV_AWS_333 CKV_AWS_88",
            "tasks and nodes have public addresses instead of a NAT gateway; only the load balancer and they reach them",
        ),
        (
            "CKV_AWS_18 CKV_AWS_21 CKV_AWS_144 CKV2_AWS_61 CKV2_AWS_62",
            "the bucket holds Druid's segments, which can be made again",
        ),
        (
            "CKV_AWS_91 CKV2_AWS_11 CKV2_AWS_28",
            "logs of requests and flows and a WAF are the account's, for all of its services",
        ),
        (
            "CKV_AWS_118 CKV2_AWS_30 CKV2_AWS_57",
            "finer measurements, logs of statements (they hold data) and rotation are the account's choice",
        ),
        (
            "CKV_AWS_65 CKV_AWS_126 CKV_AWS_150",
            "on in production",
        ),
        (
            "CKV_AWS_394 CKV2_AWS_5",
            "not seen through modules: two zones are named, and every group is attached",
        ),
    ),
    sign_in="aws sso login   # or any other way that `aws sts get-caller-identity` answers",
)
