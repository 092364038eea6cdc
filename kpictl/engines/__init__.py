"""Connections to where data lives: each engine in its file, drivers imported when one is opened."""

from __future__ import annotations

from kpictl.engines.engine import Counts, Engine, Reach, Rows

__all__ = ["Counts", "Engine", "Reach", "Rows"]
