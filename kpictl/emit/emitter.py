"""What an emitter is, and what it is given: never a store, a clock, an environment or a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Protocol

from kpictl.model.kpis import Kpi
from kpictl.model.project import Project
from kpictl.plan.compiled import Compiled
from kpictl.records import dataclass

Files = dict[str, str]
"""Text by path below the output folder, with slashes."""


class Render(Protocol):
    """Renders a template of the artifact's folder (`README.md.j2`) with values."""

    def __call__(self, template: str, /, **values: object) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an emitter may be asked for; those that it does not name in `Emitter.options` are refused."""

    dialect: str | None = None
    cloud: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """The timeless part of a plan: definitions, schedules, and compiled SQL with parameters."""

    project: Project
    """Its output has the types of the connections and of the store, and none of their other keys."""
    order: Sequence[str]
    """Names of the KPIs, each after what it reads."""
    compiled: Callable[[str | None], Mapping[str, Compiled]]
    """Every KPI by name in a dialect; None: in that of its connection."""
    answered: Callable[[str], Mapping[str, Compiled]]
    """The same as a run asks it: divisions have the column `denominator` beside them."""
    variables: tuple[str, ...]
    """Names of the environment variables that the profile reads: what a deployment must set, from a secret store."""
    options: Options
    command: str
    """The command that makes the files again, run in the project's folder."""
    render: Render = field(repr=False)

    @property
    def name(self) -> str:
        return self.project.settings.name

    @property
    def kpis(self) -> Sequence[Kpi]:
        """Every KPI, each after what it reads."""
        return [self.project.kpis[name] for name in self.order]

    @property
    def by_category(self) -> Mapping[str, Sequence[Kpi]]:
        """The KPIs of each category, those of none as `kpis`."""
        found: dict[str, list[Kpi]] = {}
        for kpi in self.kpis:
            found.setdefault(kpi.category or "kpis", []).append(kpi)
        return found

    @property
    def header(self) -> tuple[str, ...]:
        """Lines that say from what a file was made, and how to make it again."""
        return (
            f"Made by kpictl from the definitions of project {self.name}; changes made here are lost.",
            f"Make it again: {self.command}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitter:
    """An artifact: its name, one line of what it is, where it goes by default, and how it is made."""

    name: str
    summary: str
    make: Callable[[Emission], Files]
    options: tuple[str, ...] = ()
    """Names of the fields of `Options` that it reads."""
    folder: str = ""
    """Default of `--out`, below the project; empty: deploy/NAME."""

    @property
    def out(self) -> str:
        return self.folder or f"deploy/{self.name}"
