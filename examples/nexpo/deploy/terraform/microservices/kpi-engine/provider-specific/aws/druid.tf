# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# Druid on instances that find each other by names of a private zone; segments in S3, metadata beside the store.

locals {
  zone       = "${var.name}.internal"
  druid_lead = "${var.druid.coordinator}-1"
  druid_url  = "http://druid-broker.${local.zone}:${var.druid.port}"
  # Beside the store, or where service_secrets says.
  druid_metadata = merge({
    DRUID_METADATA_URI      = "jdbc:postgresql://${local.store_host}:${var.store.port}/${var.store.database}"
    DRUID_METADATA_USER     = var.store.user
    DRUID_METADATA_PASSWORD = random_password.store.result
  }, { for name, value in var.secrets : name => value if startswith(name, "DRUID_METADATA_") })
  # The first node of a role answers for it.
  druid_names = var.druid.enabled ? {
    druid-broker      = "${var.druid.broker}-1"
    druid-coordinator = "${var.druid.coordinator}-1"
  } : {}
}

data "aws_ssm_parameter" "image" {
  count = var.druid.enabled ? 1 : 0

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

resource "aws_route53_zone" "druid" {
  count = var.druid.enabled ? 1 : 0

  name = local.zone
  tags = var.tags

  vpc {
    vpc_id = aws_vpc.kpi.id
  }
}

resource "aws_route53_record" "druid" {
  for_each = local.druid_names

  zone_id = aws_route53_zone.druid[0].zone_id
  name    = each.key
  type    = "A"
  ttl     = 30
  records = [aws_instance.druid[each.value].private_ip]
}

resource "aws_instance" "druid" {
  for_each = var.druid.nodes

  ami                         = data.aws_ssm_parameter.image[0].value
  instance_type               = each.value.instance_type
  subnet_id                   = local.public_subnets[0]
  vpc_security_group_ids      = [aws_security_group.druid.id]
  iam_instance_profile        = aws_iam_instance_profile.druid[0].name
  associate_public_ip_address = true
  ebs_optimized               = true
  monitoring                  = var.production
  user_data_replace_on_change = false
  tags                        = merge(var.tags, { Name = "${var.name}-druid-${each.key}", app = "druid-${each.value.role}" })

  root_block_device {
    volume_type = "gp3"
    volume_size = each.value.storage_gb
    encrypted   = true
  }

  metadata_options {
    http_tokens                 = "required"
    http_endpoint               = "enabled"
    http_put_response_hop_limit = 2
  }

  user_data = join("\n", ["#cloud-config", yamlencode({
    write_files = concat(var.druid.files, [
      {
        path = "/opt/kpi/environment"
        content = join("\n", [
          format("DRUID_RUNS='%s'", join(" ", each.value.runs)),
          format("DRUID_RUNS_ZOOKEEPER=%s", each.key == local.druid_lead),
          "DRUID_ZOOKEEPER=druid-coordinator.${local.zone}:2181",
          "DRUID_FLAGS='-Ddruid.storage.type=s3 -Ddruid.storage.bucket=${aws_s3_bucket.druid[0].id} -Ddruid.storage.baseKey=segments -Daws.region=${data.aws_region.here.region}'",
          "",
        ])
      },
      {
        path = "/opt/kpi/secrets.sh"
        content = join("\n", [
          "aws secretsmanager get-secret-value --region ${data.aws_region.here.region} --secret-id ${aws_secretsmanager_secret.service.arn} --query SecretString --output text |",
          "  python3 -c 'import json, sys; [print(k + \"=\" + v) for k, v in json.load(sys.stdin).items() if k.startswith(\"DRUID_METADATA_\")]'",
          "",
        ])
      },
    ])
    runcmd = [["sh", "/opt/kpi/start.sh"]]
  })])

  lifecycle {
    prevent_destroy = true
    # A newer image of the system is no reason to lose a node.
    ignore_changes = [ami]
  }
}

resource "aws_iam_role" "druid" {
  count = var.druid.enabled ? 1 : 0

  name_prefix        = "${var.name}-druid-"
  assume_role_policy = local.assume.instances
  tags               = var.tags
}

resource "aws_iam_role_policy" "druid" {
  count = var.druid.enabled ? 1 : 0

  name = "druid"
  role = aws_iam_role.druid[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = [aws_secretsmanager_secret.service.arn] },
        { Effect = "Allow", Action = ["s3:ListBucket"], Resource = [aws_s3_bucket.druid[0].arn] },
        { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource = ["${aws_s3_bucket.druid[0].arn}/*"] },
      ],
      [for stream in aws_kinesis_stream.kpi : {
        Effect   = "Allow"
        Action   = ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
        Resource = [stream.arn]
      }],
    )
  })
}

resource "aws_iam_instance_profile" "druid" {
  count = var.druid.enabled ? 1 : 0

  name_prefix = "${var.name}-druid-"
  role        = aws_iam_role.druid[0].name
  tags        = var.tags
}
