"""The corpus: 17 small tables, and KPI queries with the rows that they must answer."""
