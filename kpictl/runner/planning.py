"""What a run would do: the ledger against the clock and the sources, what that reads, and whether the project allows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.model.calendar import calendar
from kpictl.model.project import Project
from kpictl.plan import cost_model
from kpictl.plan.budget import Cost, cost, over
from kpictl.plan.chunks import rounds
from kpictl.plan.compiled import Compiled
from kpictl.plan.due import make_plan
from kpictl.plan.fusion import fuse
from kpictl.plan.inputs import Asked, Extent
from kpictl.plan.plan import Plan, Step
from kpictl.plan.schedule import next_tick
from kpictl.plan.state import StoreState
from kpictl.records import dataclass
from kpictl.runner.connections import Connections
from kpictl.runner.dry_runs import with_dry_runs
from kpictl.runner.overview import LAST_RUNS, Overview, look, made_with, world
from kpictl.runner.reaches import Reaches
from kpictl.stores import Store


def overview(project: Project, compiled: Sequence[Compiled], store: Store, asked: Asked) -> Overview:
    """What `run` would do, why, and what it would read. Nothing is computed or written."""
    connections = Connections(project)
    try:
        planning = Planning(project, in_order(compiled), asked, Reaches(project, connections, asked.now))
        return planning.overview(store)
    finally:
        connections.close()


def renames(project: Project, state: StoreState) -> dict[str, str]:
    """New names by old ones, of KPIs whose history the store has under the old name alone."""
    there = {kpi for kpi, _, _ in state.done}
    return {
        kpi.renamed_from: name
        for name, kpi in project.kpis.items()
        if kpi.renamed_from is not None and kpi.renamed_from in there
        if name not in there and kpi.renamed_from not in project.kpis
    }


def in_order(compiled: Iterable[Compiled]) -> list[Compiled]:
    """Each KPI after those that it reads, otherwise as given."""
    nodes = {each.name: each for each in compiled if each.unique_id.startswith("kpi.")}
    found: dict[str, Compiled] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in found or name not in nodes or name in path:
            return
        lowered = nodes[name].lowered
        for upstream in lowered.upstream if lowered is not None else ():
            visit(upstream, (*path, name))
        found[name] = nodes[name]

    for name in nodes:
        visit(name, ())
    return list(found.values())


@dataclass(slots=True)
class Planning:
    """The plan of one run or of a look; sources are asked through `reaches`, each once."""

    project: Project
    compiled: Sequence[Compiled]
    """Each after those that it reads."""
    asked: Asked
    reaches: Reaches
    _extents: dict[str, Extent] = field(default_factory=dict)
    _first_look: tuple[Step, ...] = ()

    def plan(self, state: StoreState) -> Plan:
        """A first look at the ledger alone; sources are asked how far they reach only for what is due."""
        first = make_plan(self.project, self.compiled, state, self.asked)
        self._first_look = first.steps
        if not first.steps:
            return first
        due = {step.kpi for step in first.steps}
        nodes = [each for each in self.compiled if each.name in due]
        extents = self._extents = self.reaches.extents(nodes)
        if not self.asked.back_dated and self.asked.backfill is None:
            self.reaches.broken.update({name: (told,) for name, told in self.reaches.old(nodes, extents).items()})
        # Without its source's reach a KPI would look as if nothing were due.
        sound = [each for each in nodes if each.name not in self.reaches.broken]
        looks = self.reaches.looks(sound, state, self.asked)
        second = make_plan(self.project, sound, state, self.asked, extents, looks)
        return replace(
            second,
            up_to_date=(*first.up_to_date, *second.up_to_date),
            refused=(*first.refused, *self.reaches.broken.items(), *second.refused),
        )

    def overview(self, store: Store) -> Overview:
        """The plan with what it depends on, what is different, and what it reads."""
        known = store.state()
        state = known.renamed(renames(self.project, known))
        planned = self.plan(state)
        found = world(self.project, self.compiled, state, store.runs(LAST_RUNS))
        planned = replace(planned, made_with=made_with(self.project), world=found)
        nodes = {each.name: each for each in self.compiled}
        read = with_dry_runs(self.project, self.cost(planned.steps), self._first_look, nodes)
        return look(self.project, self.compiled, state, planned, read)

    def rounds(self, steps: Sequence[Step], nodes: Mapping[str, Compiled]) -> list[list[Step]]:
        lowered = {step.kpi: found for step in steps if (found := nodes[step.kpi].lowered) is not None}
        return rounds(steps, lowered, self.reaches.statistics, cost_model.ROWS_AT_ONCE)

    def cost(self, steps: Sequence[Step]) -> Cost:
        nodes = {each.name: each for each in self.compiled}
        turns = self.rounds(steps, nodes)
        fused = ((turn, fuse(self.project, turn, nodes, self.reaches.statistics)) for turn in turns)
        return cost(self.project, fused, nodes, self._extents, self.reaches.size)

    def keep_limits(self, steps: Sequence[Step]) -> tuple[Diagnostic, ...]:
        """Raises Refused where the steps read more than the project allows; else what cannot be told of it."""
        limits = self.project.settings.limits
        if limits.rows is None and limits.bytes is None:
            return ()
        found = tuple(over(self.project, self.cost(steps)))
        if any(each.is_error for each in found):
            raise Refused(found)
        return found

    def next_tick(self) -> datetime | None:
        """When the first of the KPIs is computed again: until then the ledger alone says that nothing is due."""
        of = calendar(self.project.settings.timezone)
        schedules = {self.project.kpis[each.name].schedule for each in self.compiled}
        return min((next_tick(schedule, self.asked.now, of) for schedule in schedules), default=None)
