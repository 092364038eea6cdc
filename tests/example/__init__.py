"""The shipped example: its data, its views and its expected values, judged without kpictl."""
