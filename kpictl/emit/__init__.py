"""Artifacts: a project's compiled KPIs as files that other tools deploy. An emitter is loaded when it is used.

An emitter is `kpictl/emit/NAME.py` (pure: an `Emission` to files), a folder `templates/NAME/`, and a word in `NAMES`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kpictl.emit.emitter import Emitter

NAMES = (
    "jobs",
    "ddl",
    "bigquery",
    "synapse",
    "snowflake",
    "redshift",
    "prometheus",
    "grafana",
    "cloudwatch",
    "datadog",
    "newrelic",
    "bi",
    "airflow",
    "dagster",
    "kubernetes",
    "docker",
    "github",
    "gitlab",
    "druid",
    "terraform",
)
"""Every artifact, in the order of `kpictl emit --list`."""


def named(name: str) -> Emitter:
    """The emitter of that name; raises KeyError for one that is not in `NAMES`."""
    if name not in NAMES:
        raise KeyError(name)
    found: Emitter = import_module(f"kpictl.emit.{name}").EMITTER
    return found
