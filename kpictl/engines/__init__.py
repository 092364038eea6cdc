"""Connections to where data lives: each engine in its file, drivers imported when one is opened."""

from __future__ import annotations

from kpictl.engines.engine import (
    Catalogue,
    Counts,
    DryRuns,
    Engine,
    EngineColumn,
    Fault,
    OpenCatalogue,
    OpenEngine,
    Reach,
    Rejected,
    Rows,
)

__all__ = [
    "Catalogue",
    "Counts",
    "DryRuns",
    "Engine",
    "EngineColumn",
    "Fault",
    "OpenCatalogue",
    "OpenEngine",
    "Reach",
    "Rejected",
    "Rows",
]
