"""Clouds that `emit terraform` knows: a module here and a folder `templates/terraform/NAME/` each, and nothing else.

A module has a `CLOUD`. Its templates make `provider-specific/NAME/`: `NAME.tf` and what else it lists. `variables.tf` of
that folder is the same for all clouds, with the cloud's own settings at its end.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A variable that this cloud alone has; type, default and condition are HCL."""

    name: str
    type: str
    description: str
    default: str | None = None
    """None: it must be given."""
    condition: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A cloud: its provider, what only it has, and what its README says."""

    name: str
    title: str
    provider: str
    """The local name of its provider."""
    source: str
    version: str
    files: tuple[str, ...]
    """Templates of its folder that become files, without `.j2`."""
    settings: tuple[Setting, ...] = ()
    engines: tuple[str, ...] = ()
    """Engines that only it has: bigquery, synapse."""
    stateful: tuple[str, ...] = ()
    """Types of its resources that hold data: they have prevent_destroy and know no slot."""
    services: tuple[tuple[str, str], ...] = ()
    """What runs what, for the README."""
    costs: tuple[tuple[str, str, str], ...] = ()
    """Part, what dev and what prod costs a month, roughly, in US dollars at list prices."""
    unchecked: tuple[tuple[str, str], ...] = ()
    """Checks of checkov that are left out on purpose (ids divided by blanks), and why."""
    sign_in: str = ""
    """The commands that sign in, and what must be known beforehand."""


def names() -> tuple[str, ...]:
    """Every cloud, by name."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py")))


def cloud(name: str) -> Cloud:
    """The cloud of that name; raises KeyError for one that is not there."""
    if name not in names():
        raise KeyError(name)
    found: Cloud = import_module(f"{__name__}.{name}").CLOUD
    return found
