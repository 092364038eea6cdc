"""The tests of kpictl."""
