"""Runs: from what is due to stored values."""

from __future__ import annotations

from kpictl.plan.due import Asked
from kpictl.runner.results import RunReport, RunResult
from kpictl.runner.run import plan, run

__all__ = ["Asked", "RunReport", "RunResult", "plan", "run"]
