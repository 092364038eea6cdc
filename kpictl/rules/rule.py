"""What a rule is: a finding that looks for itself over a whole project."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from kpictl.diagnostics import Diagnostic, Finding
from kpictl.graph import Graph, dependency_graph
from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import Kpi
from kpictl.model.project import Project
from kpictl.rules.facts import Fact, facts

Lowering = Mapping[str, Lowered | tuple[Diagnostic, ...]]
"""By KPI name: what it became, or why it became nothing."""


class Checked:
    """A project as rules see it. What costs time (the graph, the ir) is made when the first rule asks for it.

    Rules that read `project` alone still run when nothing could be lowered, so a project full of mistakes is judged
    as far as it can be read.
    """

    def __init__(self, project: Project, lower: Callable[[], Lowering], graph: Graph | None = None) -> None:
        self.project = project
        self._lower = lower
        self._graph = graph

    @property
    def kpis(self) -> tuple[Kpi, ...]:
        """All KPIs in file order."""
        return tuple(self.project.kpis.values())

    @cached_property
    def graph(self) -> Graph:
        """Who reads whom."""
        return self._graph or dependency_graph(self.project)

    @cached_property
    def _outcomes(self) -> Lowering:
        return self._lower()

    @cached_property
    def lowered(self) -> Mapping[str, Lowered]:
        """The KPIs that have an ir, by name."""
        return {name: each for name, each in self._outcomes.items() if isinstance(each, Lowered)}

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """What rules over the whole project know of each definition."""
        return facts(self.project, self.graph, self.lowered)

    @cached_property
    def failures(self) -> Mapping[str, tuple[Diagnostic, ...]]:
        """Why the other KPIs have none, by name, without the members of a circle: a rule shows each circle as a whole.

        `check` shows these itself; a rule reads them to stay silent.
        """
        circular = {node.removeprefix("kpi.") for circle in self.graph.cycles() for node in circle}
        return {
            name: each
            for name, each in self._outcomes.items()
            if not isinstance(each, Lowered) and name not in circular
        }

    def readers(self, name: str) -> tuple[Kpi, ...]:
        """The KPIs that read the KPI of that name themselves."""
        kpis = (node.removeprefix("kpi.") for node in self.graph.children.get(f"kpi.{name}", ()))
        return tuple(self.project.kpis[kpi] for kpi in kpis if kpi in self.project.kpis)


class Rule(Finding):
    """Base of every rule: `code`, `severity`, the page (docstring), and what it finds.

    A rule never raises: what is missing or broken elsewhere is another finding's affair. It yields `self.at(...)`, in
    any order (they are sorted by place when shown).

    What it says of a definition hangs on that definition, on what it reads (directly or through others), on the
    settings and on the output; it points at the definition that it is about. When a file changes, only those
    definitions are judged again for which one of these did. A rule that compares others is a `WholeRule`.
    """

    @abstractmethod
    def check(self, project: Checked) -> Iterator[Diagnostic]:
        """Every place in the project that breaks the rule."""
        raise NotImplementedError


class WholeRule(Rule):
    """A rule that compares definitions which do not read each other. Of each it knows its fact, and no more."""

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        yield from self.compare(project.facts)

    @abstractmethod
    def compare(self, facts: Sequence[Fact]) -> Iterator[Diagnostic]:
        """Every definition that breaks the rule; facts stand in file order, kind by kind."""
        raise NotImplementedError
