# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit bi --target prod --out examples/nexpo/deploy/bi
include: "/kpi_values.view.lkml"

explore: kpi_values {
  label: "KPIs of nexpo"
}
