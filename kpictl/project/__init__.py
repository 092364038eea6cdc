"""From a folder to a Project: files, settings, profile and definitions, with every mistake in them."""

from typing import Any

from kpictl.project.files import Contents, contents
from kpictl.project.loading import Loaded, load
from kpictl.project.profiles import NoProfile, NoProject, instant
from kpictl.project.secrets import redact, spellings
from kpictl.project.settings import read_vars


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schemas for editors: `kpi`, `project`, `profiles`."""
    from kpictl.project.schema import schemas as made

    return made()


__all__ = [
    "Contents",
    "Loaded",
    "NoProfile",
    "NoProject",
    "contents",
    "instant",
    "load",
    "read_vars",
    "redact",
    "schemas",
    "spellings",
]
