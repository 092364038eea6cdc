# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

variable "business_kpis" {
  type = map(object({
    query       = string
    schedule    = string
    retention   = string
    label       = optional(string)
    description = optional(string)
    owner       = optional(string)
    unit        = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "Business KPIs beside those of the project."
}

variable "user_kpis" {
  type = map(object({
    query       = string
    schedule    = string
    retention   = string
    label       = optional(string)
    description = optional(string)
    owner       = optional(string)
    unit        = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "User KPIs beside those of the project."
}

variable "performance_kpis" {
  type = map(object({
    query       = string
    schedule    = string
    retention   = string
    label       = optional(string)
    description = optional(string)
    owner       = optional(string)
    unit        = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "Performance KPIs beside those of the project."
}

variable "custom_kpis" {
  type = map(object({
    query       = string
    schedule    = string
    retention   = string
    label       = optional(string)
    description = optional(string)
    owner       = optional(string)
    unit        = optional(string)
  }))
  default     = {}
  nullable    = false
  description = "Custom KPIs beside those of the project."
}

