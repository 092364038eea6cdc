# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# The service on ECS Fargate behind a load balancer that weighs the slots; the store, the cache and the stream.

# ---- the service

resource "aws_ecs_cluster" "kpi" {
  name = var.name
  tags = var.tags

  setting {
    name  = "containerInsights"
    value = var.production ? "enabled" : "disabled"
  }
}

locals {
  # Names of the secrets that there are; none of their values.
  secret_names = concat(
    nonsensitive(keys(var.secrets)),
    [for i in range(var.source_count) : "SOURCE_DATABASE_${i + 1}"],
    var.store.enabled ? ["KPI_STORE_DSN", "TIMESCALE_URL"] : [],
    ["REDIS_URL", "KPI_DEFINITIONS"],
  )
  environment = merge(
    var.program.environment,
    var.druid.enabled ? { DRUID_URL = local.druid_url } : {},
    var.stream.enabled ? { KPI_STREAM = aws_kinesis_stream.kpi[0].name } : {},
    { AWS_REGION = data.aws_region.here.region },
  )
  # What the containers of the service, of the jobs and of the ingestion have in common.
  container = {
    name        = var.program.name
    essential   = true
    entryPoint  = var.program.entry_point
    environment = [for name, value in local.environment : { name = name, value = value }]
    secrets     = [for name in local.secret_names : { name = name, valueFrom = "${aws_secretsmanager_secret.service.arn}:${name}::" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.service.name
        awslogs-region        = data.aws_region.here.region
        awslogs-stream-prefix = "kpi"
      }
    }
    linuxParameters = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
  }
}

resource "aws_ecs_task_definition" "service" {
  for_each = var.slots

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu_units
  memory                   = var.memory_mb
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  tags                     = merge(var.tags, { slot = each.key })

  container_definitions = jsonencode([merge(local.container, {
    image        = each.value.image
    command      = var.program.serve
    portMappings = [{ containerPort = var.program.port, protocol = "tcp" }]
    environment  = concat(local.container.environment, [{ name = "KPI_SLOT", value = each.key }])
    healthCheck = {
      command = [
        "CMD", "python", "-c",
        "import urllib.request as u; u.urlopen('http://localhost:${var.program.port}${var.program.health}', timeout=4)",
      ]
      interval    = 15
      timeout     = 5
      retries     = 3
      startPeriod = 60
    }
  })])
}

resource "aws_ecs_service" "service" {
  for_each = var.slots

  name                              = "${var.name}-${each.key}"
  cluster                           = aws_ecs_cluster.kpi.id
  task_definition                   = aws_ecs_task_definition.service[each.key].arn
  desired_count                     = var.instance_count
  launch_type                       = "FARGATE"
  health_check_grace_period_seconds = 120
  enable_execute_command            = false
  propagate_tags                    = "SERVICE"
  tags                              = merge(var.tags, { slot = each.key })

  network_configuration {
    subnets          = local.public_subnets
    security_groups  = [aws_security_group.service.id]
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.slot[each.key].arn
    container_name   = var.program.name
    container_port   = var.program.port
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_lb_listener.kpi, aws_iam_role_policy.execution]
}

resource "aws_ecs_task_definition" "ingestion" {
  count = var.ingestion.enabled ? 1 : 0

  family                   = "${var.name}-ingestion"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu_units
  memory                   = var.memory_mb
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  tags                     = var.tags

  container_definitions = jsonencode([merge(local.container, {
    image       = var.job_image
    command     = var.ingestion.command
    environment = concat(local.container.environment, [for name, value in var.ingestion.environment : { name = name, value = value }])
  })])
}

resource "aws_ecs_service" "ingestion" {
  count = var.ingestion.enabled ? 1 : 0

  name            = "${var.name}-ingestion"
  cluster         = aws_ecs_cluster.kpi.id
  task_definition = aws_ecs_task_definition.ingestion[0].arn
  desired_count   = 1
  launch_type     = "FARGATE"
  tags            = var.tags

  # One reader at a time.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100

  network_configuration {
    subnets          = local.public_subnets
    security_groups  = [aws_security_group.service.id]
    assign_public_ip = true
  }
}

# ---- in front

resource "aws_lb" "kpi" {
  name                       = var.name
  load_balancer_type         = "application"
  subnets                    = local.public_subnets
  security_groups            = [aws_security_group.lb.id]
  drop_invalid_header_fields = true
  idle_timeout               = 120
  enable_deletion_protection = var.production
  tags                       = var.tags
}

resource "aws_lb_target_group" "slot" {
  for_each = var.slots

  name                 = "${var.name}-${each.key}"
  port                 = var.program.port
  protocol             = "HTTP"
  target_type          = "ip"
  vpc_id               = local.vpc_id
  deregistration_delay = 30
  tags                 = merge(var.tags, { slot = each.key })

  health_check {
    path                = var.program.health
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

locals {
  secure = var.certificate_arn != null
}

resource "aws_lb_listener" "kpi" {
  load_balancer_arn = aws_lb.kpi.arn
  port              = local.secure ? 443 : 80
  protocol          = local.secure ? "HTTPS" : "HTTP"
  certificate_arn   = var.certificate_arn
  ssl_policy        = local.secure ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : null
  tags              = var.tags

  default_action {
    type = "forward"

    forward {
      dynamic "target_group" {
        for_each = var.slots

        content {
          arn    = aws_lb_target_group.slot[target_group.key].arn
          weight = target_group.value.weight
        }
      }
    }
  }
}

resource "aws_lb_listener" "redirect" {
  count = local.secure ? 1 : 0

  load_balancer_arn = aws_lb.kpi.arn
  port              = 80
  protocol          = "HTTP"
  tags              = var.tags

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

# Each slot at a name of its own, whatever its weight is.
resource "aws_lb_listener_rule" "slot" {
  for_each = var.domain == null ? {} : var.slots

  listener_arn = aws_lb_listener.kpi.arn
  priority     = each.key == "blue" ? 10 : 20
  tags         = merge(var.tags, { slot = each.key })

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.slot[each.key].arn
  }

  condition {
    host_header {
      values = ["kpi-${each.key}.${var.domain}"]
    }
  }
}

# ---- the store

resource "random_password" "store" {
  length  = 32
  special = false
}

resource "aws_db_subnet_group" "store" {
  count = var.store.enabled ? 1 : 0

  name       = var.name
  subnet_ids = local.private_subnets
  tags       = var.tags
}

# RDS has no TimescaleDB: the store is plain PostgreSQL there, with the same values.
resource "aws_db_instance" "store" {
  count = var.store.enabled ? 1 : 0

  identifier                          = var.name
  engine                              = "postgres"
  engine_version                      = var.store.version
  instance_class                      = var.production ? "db.m6g.large" : "db.t4g.small"
  allocated_storage                   = var.store.storage_gb
  max_allocated_storage               = var.store.storage_gb * 4
  storage_type                        = "gp3"
  storage_encrypted                   = true
  db_name                             = var.store.database
  username                            = var.store.user
  password                            = random_password.store.result
  port                                = var.store.port
  db_subnet_group_name                = aws_db_subnet_group.store[0].name
  vpc_security_group_ids              = [aws_security_group.data.id]
  multi_az                            = var.production
  publicly_accessible                 = false
  iam_database_authentication_enabled = true
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
  backup_retention_period             = var.production ? 30 : 7
  deletion_protection                 = var.production
  skip_final_snapshot                 = !var.production
  final_snapshot_identifier           = var.production ? "${var.name}-final" : null
  performance_insights_enabled        = var.production
  auto_minor_version_upgrade          = true
  copy_tags_to_snapshot               = true
  tags                                = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

# ---- the cache

resource "random_password" "cache" {
  length  = 32
  special = false
}

resource "aws_elasticache_subnet_group" "cache" {
  name       = var.name
  subnet_ids = local.private_subnets
  tags       = var.tags
}

resource "aws_elasticache_replication_group" "cache" {
  replication_group_id       = var.name
  description                = "Cache of ${var.name}"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = var.production ? "cache.m7g.large" : "cache.t4g.micro"
  num_cache_clusters         = var.production ? 2 : 1
  automatic_failover_enabled = var.production
  subnet_group_name          = aws_elasticache_subnet_group.cache.name
  security_group_ids         = [aws_security_group.data.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = random_password.cache.result
  tags                       = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

# ---- the stream, and what Druid keeps

resource "aws_kinesis_stream" "kpi" {
  count = var.stream.enabled ? 1 : 0

  name             = var.name
  retention_period = var.stream.retention_hours
  encryption_type  = "KMS"
  kms_key_id       = "alias/aws/kinesis"
  tags             = var.tags

  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket" "druid" {
  count = var.druid.enabled ? 1 : 0

  bucket_prefix = "${var.name}-druid-"
  tags          = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "druid" {
  count = var.druid.enabled ? 1 : 0

  bucket                  = aws_s3_bucket.druid[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "druid" {
  count = var.druid.enabled ? 1 : 0

  bucket = aws_s3_bucket.druid[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# ---- secrets

resource "aws_secretsmanager_secret" "service" {
  name_prefix             = "${var.name}-"
  description             = "Environment of ${var.name}: store, cache, sources, definitions"
  recovery_window_in_days = var.production ? 30 : 7
  tags                    = var.tags
}

locals {
  store_host = var.store.enabled ? aws_db_instance.store[0].address : ""
  store_dsn  = "postgresql://${var.store.user}:${random_password.store.result}@${local.store_host}:${var.store.port}/${var.store.database}?sslmode=require"
}

resource "aws_secretsmanager_secret_version" "service" {
  secret_id = aws_secretsmanager_secret.service.id
  secret_string = jsonencode(merge(
    {
      REDIS_URL       = "rediss://:${random_password.cache.result}@${aws_elasticache_replication_group.cache.primary_endpoint_address}:6379"
      KPI_DEFINITIONS = var.definitions
    },
    var.store.enabled ? { KPI_STORE_DSN = local.store_dsn, TIMESCALE_URL = local.store_dsn } : {},
    var.druid.enabled ? local.druid_metadata : {},
    { for i, url in var.source_connections : "SOURCE_DATABASE_${i + 1}" => url },
    var.secrets,
  ))
}
