# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

terraform {
  # 1.9: a validation of one variable may look at another.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    grafana = {
      source  = "grafana/grafana"
      version = "~> 4.0"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "~> 3.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

# Used where grafana_url is set.
provider "grafana" {
  url  = var.grafana_url
  auth = var.grafana_auth
}

# Used where kubernetes_context is set.
provider "kubernetes" {
  config_path    = var.kubernetes_context == null ? null : var.kubernetes_config_path
  config_context = var.kubernetes_context
}
