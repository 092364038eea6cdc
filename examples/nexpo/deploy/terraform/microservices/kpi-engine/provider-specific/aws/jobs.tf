# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# A scheduled task for each schedule. EventBridge knows zones, and six fields of which day of month or day of week is `?`.
# What it cannot say (both days restricted, steps of days of week) ticks every hour: a run computes only what is due.

locals {
  week   = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
  fields = { for name, job in var.jobs : name => split(" ", job.schedule) }
  plain = {
    for name, f in local.fields : name => (
      alltrue([for x in slice(f, 0, 4) : can(regex("^(\\*|[0-9]+)([-,/][0-9]+)*$", x))])
      && can(regex("^(\\*|[0-7](,[0-7])*|[1-5]-[1-6])$", f[4]))
      && (f[2] == "*" || f[4] == "*")
    )
  }
  days = {
    for name, f in local.fields : name => f[4] == "*" ? "?" : join(
      length(regexall("-", f[4])) > 0 ? "-" : ",",
      [for day in split(",", replace(f[4], "-", ",")) : local.week[tonumber(day)]],
    ) if local.plain[name]
  }
  crons = {
    for name, f in local.fields : name => local.plain[name] ? join("", [
      "cron(", replace(f[0], "*/", "0/"), " ", replace(f[1], "*/", "0/"), " ",
      local.days[name] == "?" ? replace(f[2], "*/", "1/") : "?", " ", replace(f[3], "*/", "1/"), " ", local.days[name], " *)",
    ]) : "cron(0 * * * ? *)"
  }
}

resource "aws_ecs_task_definition" "job" {
  for_each = var.jobs

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu_units
  memory                   = var.memory_mb
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  tags                     = var.tags

  container_definitions = jsonencode([merge(local.container, {
    image   = var.job_image
    command = each.value.command
  })])
}

resource "aws_scheduler_schedule_group" "jobs" {
  name = var.name
  tags = var.tags
}

resource "aws_scheduler_schedule" "job" {
  for_each = var.jobs

  name                         = "${var.name}-${each.key}"
  group_name                   = aws_scheduler_schedule_group.jobs.name
  schedule_expression          = local.crons[each.key]
  schedule_expression_timezone = var.timezone

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.kpi.arn
    role_arn = aws_iam_role.scheduler.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.job[each.key].arn
      launch_type         = "FARGATE"
      propagate_tags      = "TASK_DEFINITION"

      network_configuration {
        subnets          = local.public_subnets
        security_groups  = [aws_security_group.service.id]
        assign_public_ip = true
      }
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}
