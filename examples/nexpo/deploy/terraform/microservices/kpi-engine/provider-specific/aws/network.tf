# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# A network of its own: the load balancer, the service and Druid in subnets with a way out, the store and the cache without.

data "aws_region" "here" {}

data "aws_availability_zones" "here" {
  state = "available"
}

locals {
  zones           = slice(data.aws_availability_zones.here.names, 0, 2)
  vpc_id          = aws_vpc.kpi.id
  public_subnets  = aws_subnet.public[*].id
  private_subnets = aws_subnet.private[*].id
}

resource "aws_vpc" "kpi" {
  cidr_block           = var.cidr_block
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = merge(var.tags, { Name = var.name })
}

# Without rules: what names no group of its own reaches nothing.
resource "aws_default_security_group" "kpi" {
  vpc_id = aws_vpc.kpi.id
  tags   = var.tags
}

resource "aws_subnet" "public" {
  count = 2

  vpc_id            = aws_vpc.kpi.id
  cidr_block        = cidrsubnet(var.cidr_block, 4, count.index)
  availability_zone = local.zones[count.index]
  tags              = merge(var.tags, { Name = "${var.name}-public-${count.index + 1}" })
}

resource "aws_subnet" "private" {
  count = 2

  vpc_id            = aws_vpc.kpi.id
  cidr_block        = cidrsubnet(var.cidr_block, 4, count.index + 8)
  availability_zone = local.zones[count.index]
  tags              = merge(var.tags, { Name = "${var.name}-private-${count.index + 1}" })
}

resource "aws_internet_gateway" "kpi" {
  vpc_id = aws_vpc.kpi.id
  tags   = merge(var.tags, { Name = var.name })
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.kpi.id
  tags   = merge(var.tags, { Name = "${var.name}-public" })
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.kpi.id
}

resource "aws_route_table_association" "public" {
  count = 2

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

# ---- who may talk to whom

resource "aws_security_group" "lb" {
  name_prefix = "${var.name}-lb-"
  description = "The load balancer"
  vpc_id      = aws_vpc.kpi.id
  tags        = merge(var.tags, { Name = "${var.name}-lb" })
}

resource "aws_security_group" "service" {
  name_prefix = "${var.name}-service-"
  description = "The service, its jobs and the ingestion"
  vpc_id      = aws_vpc.kpi.id
  tags        = merge(var.tags, { Name = "${var.name}-service" })
}

resource "aws_security_group" "data" {
  name_prefix = "${var.name}-data-"
  description = "The store and the cache"
  vpc_id      = aws_vpc.kpi.id
  tags        = merge(var.tags, { Name = "${var.name}-data" })
}

resource "aws_security_group" "druid" {
  name_prefix = "${var.name}-druid-"
  description = "The nodes of Druid"
  vpc_id      = aws_vpc.kpi.id
  tags        = merge(var.tags, { Name = "${var.name}-druid" })
}

resource "aws_vpc_security_group_ingress_rule" "lb" {
  for_each = { for pair in setproduct(local.secure ? [80, 443] : [80], var.allowed_cidrs) : "${pair[0]}-${pair[1]}" => pair }

  security_group_id = aws_security_group.lb.id
  description       = "Clients"
  cidr_ipv4         = each.value[1]
  from_port         = each.value[0]
  to_port           = each.value[0]
  ip_protocol       = "tcp"
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "lb" {
  security_group_id            = aws_security_group.lb.id
  description                  = "To the service"
  referenced_security_group_id = aws_security_group.service.id
  from_port                    = var.program.port
  to_port                      = var.program.port
  ip_protocol                  = "tcp"
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  security_group_id            = aws_security_group.service.id
  description                  = "From the load balancer"
  referenced_security_group_id = aws_security_group.lb.id
  from_port                    = var.program.port
  to_port                      = var.program.port
  ip_protocol                  = "tcp"
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "service" {
  security_group_id = aws_security_group.service.id
  description       = "Sources may be anywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  tags              = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "data" {
  for_each = {
    store-service = [var.store.port, aws_security_group.service.id]
    store-druid   = [var.store.port, aws_security_group.druid.id]
    cache-service = [6379, aws_security_group.service.id]
  }

  security_group_id            = aws_security_group.data.id
  description                  = each.key
  referenced_security_group_id = each.value[1]
  from_port                    = each.value[0]
  to_port                      = each.value[0]
  ip_protocol                  = "tcp"
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "druid" {
  for_each = {
    nodes   = [0, 65535, aws_security_group.druid.id]
    service = [8081, 8091, aws_security_group.service.id]
  }

  security_group_id            = aws_security_group.druid.id
  description                  = each.key
  referenced_security_group_id = each.value[2]
  from_port                    = each.value[0]
  to_port                      = each.value[1]
  ip_protocol                  = "tcp"
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "druid" {
  security_group_id = aws_security_group.druid.id
  description       = "Image, deep storage, metadata"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  tags              = var.tags
}
