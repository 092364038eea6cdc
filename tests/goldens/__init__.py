"""SQL as it is printed, a file a KPI and target: what a change of lowering, passes or printing does is read in a diff."""
