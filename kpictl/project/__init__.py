"""From a folder to a Project: files, settings, profile and definitions, with every mistake in them."""

from kpictl.project.files import scan
from kpictl.project.loading import Loaded, load
from kpictl.project.profiles import NoProfile, NoProject, instant
from kpictl.project.secrets import redact, spellings

__all__ = ["Loaded", "NoProfile", "NoProject", "instant", "load", "redact", "scan", "spellings"]
