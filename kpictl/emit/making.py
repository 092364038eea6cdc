"""Makes an artifact of a project: the same project, options and version give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from kpictl.diagnostics import Diagnostic
from kpictl.dialects import NAMES as DIALECTS
from kpictl.emit import named
from kpictl.emit.emitter import Emission, Files, Options
from kpictl.emit.findings import NotEmitted
from kpictl.emit.templating import Templates
from kpictl.kinds.lower import Outcome
from kpictl.model.kpis import Kpi
from kpictl.model.project import Connection, Project
from kpictl.plan.compile import compile_node, compile_project
from kpictl.plan.compiled import Compiled
from kpictl.records import dataclass

_PATH = re.compile(r"[A-Za-z0-9_.@-]+(?:/[A-Za-z0-9_.@-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The files of one artifact, and what is to be said about them."""

    files: Files
    diagnostics: tuple[Diagnostic, ...] = ()


def make(
    artifact: str,
    project: Project,
    *,
    order: Sequence[str],
    outcomes: Mapping[str, Outcome],
    options: Options,
    variables: tuple[str, ...],
    command: str,
    compiled: Statements | None = None,
) -> Made:
    """The files of an artifact; raises Refused where there can be none."""
    emitter = named(artifact)
    statements = compiled or Statements(project, outcomes)
    asked = Asked(statements)
    emission = Emission(
        project=project,
        order=order,
        compiled=asked,
        answered=asked.answered,
        variables=variables,
        options=options,
        command=command,
        render=Templates(artifact, Path(project.root)).render,
    )
    files = emitter.make(emission)
    for path in files:
        if not _PATH.fullmatch(path) or ".." in path.split("/"):
            raise ValueError(f"{artifact} makes a file of the name {path!r}")
    return Made(files=dict(sorted(files.items())), diagnostics=tuple(_left_out(asked.refused(), project)))


class Statements:
    """Every KPI of a project in each dialect, compiled once."""

    def __init__(self, project: Project, outcomes: Mapping[str, Outcome]) -> None:
        self._project = project
        self._outcomes = outcomes
        self._known: dict[str | None, dict[str, Compiled]] = {}
        self._answered: dict[str, dict[str, Compiled]] = {}

    def answered(self, dialect: str) -> Mapping[str, Compiled]:
        """As a run asks it, with denominators."""
        if dialect not in self._answered:
            ids = [kpi.unique_id for kpi in self._project.kpis.values()]
            found = compile_project(self._project, (dialect,), ids, lowered=self._outcomes, run=True)
            self._answered[dialect] = {each.name: each for each in found}
        return self._answered[dialect]

    def __call__(self, dialect: str | None) -> Mapping[str, Compiled]:
        if dialect not in self._known:
            self._known[dialect] = self._compiled(dialect)
        return self._known[dialect]

    def _compiled(self, dialect: str | None) -> dict[str, Compiled]:
        ids = [kpi.unique_id for kpi in self._project.kpis.values()]
        if dialect is not None or all(c.type in DIALECTS for c in self._connections()):
            dialects = () if dialect is None else (dialect,)
            found = compile_project(self._project, dialects, ids, lowered=self._outcomes)
        else:
            # A connection that has no SQL (MongoDB) is read by the project's own dialect after ingestion.
            own = self._project.settings.dialect
            found = [compile_node(self._project, name, own, self._outcomes[name]) for name in self._project.kpis]
        return {each.name: each for each in found}

    def _connections(self) -> tuple[Connection, ...]:
        return self._project.output.connections if self._project.output is not None else ()


class Asked:
    """Remembers which dialects an emitter asked for."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._dialects: list[str | None] = []
        self._answered: list[str] = []

    def __call__(self, dialect: str | None) -> Mapping[str, Compiled]:
        self._dialects.append(dialect)
        return self._statements(dialect)

    def answered(self, dialect: str) -> Mapping[str, Compiled]:
        self._answered.append(dialect)
        return self._statements.answered(dialect)

    def refused(self) -> list[Compiled]:
        """What has no SQL in a dialect that was asked for."""
        asked = [self._statements(dialect) for dialect in dict.fromkeys(self._dialects)]
        asked += [self._statements.answered(dialect) for dialect in dict.fromkeys(self._answered)]
        return [each for found in asked for each in found.values() if each.statement is None]


def _left_out(refused: Sequence[Compiled], project: Project) -> list[Diagnostic]:
    found = []
    for each in refused:
        kpi: Kpi = project.kpis[each.name]
        why = each.diagnostics[0] if each.diagnostics else None
        found.append(
            NotEmitted.at(
                kpi.place.key(),
                f"`{each.name}` is left out: {each.dialect} cannot say it",
                notes=[f"{why.code}: {why.message}"] if why is not None else [],
                help=[f"`kpictl check {each.name} --dialect {each.dialect}` shows where"],
                node=each.name,
            )
        )
    return found
