# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# Each role may do what its part needs, to the things of this service alone.

locals {
  assume = {
    for name, service in { tasks = "ecs-tasks.amazonaws.com", scheduler = "scheduler.amazonaws.com", instances = "ec2.amazonaws.com" } :
    name => jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = service } }]
    })
  }
}

# What starts a container: the secret, the logs. Images of other registries need no permission here.
resource "aws_iam_role" "execution" {
  name_prefix        = "${var.name}-exec-"
  assume_role_policy = local.assume.tasks
  tags               = var.tags
}

resource "aws_iam_role_policy" "execution" {
  name = "start"
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = [aws_secretsmanager_secret.service.arn] },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["${aws_cloudwatch_log_group.service.arn}:*"] },
      { Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
      {
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = ["arn:aws:ecr:${data.aws_region.here.region}:*:repository/*"]
      },
    ]
  })
}

# What the program itself may do.
resource "aws_iam_role" "task" {
  name_prefix        = "${var.name}-task-"
  assume_role_policy = local.assume.tasks
  tags               = var.tags
}

resource "aws_iam_role_policy" "task" {
  count = var.stream.enabled ? 1 : 0

  name = "stream"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards",
        "kinesis:PutRecord", "kinesis:PutRecords",
      ]
      Resource = [aws_kinesis_stream.kpi[0].arn]
    }]
  })
}

# What starts the jobs.
resource "aws_iam_role" "scheduler" {
  name_prefix        = "${var.name}-cron-"
  assume_role_policy = local.assume.scheduler
  tags               = var.tags
}

resource "aws_iam_role_policy" "scheduler" {
  name = "jobs"
  role = aws_iam_role.scheduler.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = ["ecs:RunTask", "ecs:TagResource"]
        Resource  = [for job in aws_ecs_task_definition.job : job.arn]
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.kpi.arn } }
      },
      { Effect = "Allow", Action = ["iam:PassRole"], Resource = [aws_iam_role.execution.arn, aws_iam_role.task.arn] },
    ]
  })
}
