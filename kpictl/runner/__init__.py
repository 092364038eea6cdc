"""Runs: from what is due to stored values. `kpictl.runner.run` does one, `kpictl.runner.results` is what it did."""
