# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit newrelic --target prod --out examples/nexpo/deploy/newrelic

terraform {
  required_version = ">= 1.5"

  required_providers {
    newrelic = {
      source  = "newrelic/newrelic"
      version = "~> 3.59"
    }
  }
}

variable "account_id" {
  type        = number
  description = "The account of New Relic."
}

variable "api_key" {
  type        = string
  sensitive   = true
  description = "A user's key: TF_VAR_api_key of the environment, from your secret store."
}

variable "region" {
  type        = string
  default     = "US"
  description = "US or EU."

  validation {
    condition     = contains(["US", "EU"], var.region)
    error_message = "region must be US or EU."
  }
}

provider "newrelic" {
  account_id = var.account_id
  api_key    = var.api_key
  region     = var.region
}
