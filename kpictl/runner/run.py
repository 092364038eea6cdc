"""A run: look at the ledger, compute what is due, write it. A KPI that fails keeps its values and stops no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from uuid import uuid4

from kpictl.diagnostics import Refused
from kpictl.ir.relations import Grain
from kpictl.kinds.lowered import Lowered
from kpictl.model.project import Project
from kpictl.plan import cost_model
from kpictl.plan.changes import body_of
from kpictl.plan.compiled import Compiled
from kpictl.plan.fusion import Fusion, Task, fuse
from kpictl.plan.inputs import Asked
from kpictl.plan.plan import Mode, Plan, Step
from kpictl.plan.state import Range
from kpictl.records import dataclass
from kpictl.runner.axis import Axis
from kpictl.runner.connections import Connections, at_once
from kpictl.runner.findings import UpstreamFailed
from kpictl.runner.in_place import InPlace
from kpictl.runner.join_keys import JoinKey, check, join_keys
from kpictl.runner.left_behind import left_behind
from kpictl.runner.overview import LAST_RUNS, check_world, world
from kpictl.runner.planning import Planning, in_order, renames
from kpictl.runner.reaches import Reaches
from kpictl.runner.results import How, RunReport, RunResult
from kpictl.runner.shared import SharedAnswers
from kpictl.runner.tally import Tally
from kpictl.runner.values import ValueMaker
from kpictl.runner.writing import Computed, Writer
from kpictl.stores import Asker, Batch, NewValues, Store
from kpictl.stores.canonical import canonical

OnStep = Callable[[str, int, int], None]


def _silent(_name: str, _done: int, _total: int) -> None:
    return


def run(
    project: Project,
    compiled: Sequence[Compiled],
    store: Store,
    asked: Asked,
    *,
    on_step: OnStep = _silent,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    hide: Callable[[str], str] = str,
    planned: Plan | None = None,
    asker: Asker | None = None,
    how: How | None = None,
) -> RunReport:
    """Brings the compiled KPIs up to date. Raises `Refused` only where the store itself cannot be used, where the plan
    reads more than the project allows, or where it is not what `planned` says.

    `on_step` hears a KPI's name, how many are done, and of how many. Engines are opened only where something is due.
    `hide` takes secrets out of what the report says and the store remembers.
    """
    running = _Run(project, in_order(compiled), store, asked, clock, on_step, how or How(), hide, asker)
    try:
        return running.all(planned)
    finally:
        running.connections.close()


@dataclass(slots=True)
class _Run:
    project: Project
    compiled: list[Compiled]
    store: Store
    asked: Asked
    clock: Callable[[], datetime]
    on_step: OnStep = _silent
    how: How = How()
    hide: Callable[[str], str] = str
    asker: Asker | None = None
    keys: dict[tuple[str | None, JoinKey], Refused | None] = field(default_factory=dict)
    axes: dict[Grain, Axis] = field(default_factory=dict)
    scans: tuple[int, int] = (0, 0)
    shared: SharedAnswers | None = None
    halted: bool = False
    run_id: str = field(default_factory=lambda: uuid4().hex)
    connections: Connections = field(init=False)
    reaches: Reaches = field(init=False)
    planning: Planning = field(init=False)
    tally: Tally = field(init=False)
    writer: Writer = field(init=False)
    in_place: InPlace = field(init=False)

    def __post_init__(self) -> None:
        self.connections = Connections(self.project)
        self.reaches = Reaches(self.project, self.connections, self.asked.now)
        self.planning = Planning(self.project, self.compiled, self.asked, self.reaches)
        self.tally = Tally(self.project, self.hide)
        self.in_place = InPlace(
            self.project, self.connections, self.store, self._batch, lambda step: self._axis(step.grain)
        )
        self.writer = Writer(
            self.store,
            self.tally,
            self.run_id,
            self.asked.now,
            self.clock,
            self.asker,
            at_once=cost_model.ROWS_AT_ONCE,
        )

    def all(self, planned: Plan | None = None) -> RunReport:
        started = self.clock()
        known = self.store.state()
        names = renames(self.project, known)
        state = known.renamed(names)
        if planned is None:
            planned = self.planning.plan(state)
        else:
            check_world(planned, world(self.project, self.compiled, state, self.store.runs(LAST_RUNS)), self.project)
        self._note_refused(planned)
        notes = self.planning.keep_limits(planned.steps)
        if names:
            self.store.rename(names)
        self._steps(planned.steps)
        for name in planned.up_to_date:
            self.tally.results[name] = RunResult(unique_id=f"kpi.{name}", status="nothing_to_do")
        self.writer.finish(started)
        if self.asked.backfill is not None or self.asked.full_refresh:
            notes += left_behind(self.project, self.compiled, state, planned.steps, self.tally.results)
        told = self.tally.results
        results = tuple(told[each.name] for each in self.compiled if each.name in told)
        steps = {f"kpi.{step.kpi}": step for step in planned.steps}
        is_late = any(source.lateness is not None for source in self.project.sources.values())
        is_done = all(_is_done(each, None if is_late else steps.get(each.unique_id)) for each in results)
        return RunReport(
            run_id=self.run_id,
            as_of=self.asked.now,
            started_at=started,
            finished_at=self.clock(),
            results=results,
            scans=self.scans,
            diagnostics=notes,
            quiet_until=self.planning.next_tick() if is_done else None,
        )

    def _steps(self, steps: Sequence[Step]) -> None:
        """All steps, in rounds of what fits in memory, each connection's on its own."""
        nodes = {each.name: each for each in self.compiled}
        turns = self.planning.rounds(steps, nodes)
        number = sum(map(len, turns))
        done = count()
        for turn in turns:
            fusion = fuse(self.project, turn, nodes, self.reaches.statistics)
            self.shared = SharedAnswers(fusion, self.connections.engine)
            self.scans = (self.scans[0] + fusion.before, self.scans[1] + fusion.after)
            lanes: dict[str | None, list[Step]] = {}
            left = self._in_place(turn, fusion, nodes)
            for step in turn:
                if step not in left:
                    self.on_step(step.kpi, next(done), number)
            for step in left:
                lanes.setdefault(self.connections.name(step.connection), []).append(step)

            def lane(mine: Sequence[Step]) -> None:
                for step in mine:
                    if self.halted:
                        return
                    self.on_step(step.kpi, next(done), number)
                    self._step(step, nodes[step.kpi])

            at_once([partial(lane, mine) for mine in lanes.values()], self.how.threads, self._halt)
            if turn is not turns[-1]:
                self.writer.flush()

    def _halt(self) -> None:
        """Ends what other threads do for this run."""
        self.halted = True
        self.connections.stop()

    def _note_refused(self, planned: Plan) -> None:
        for name, diagnostics in planned.refused:
            self.tally.fail(name, diagnostics)
        for each in self.compiled:
            if each.statement is None or each.lowered is None:
                self.tally.fail(each.name, each.diagnostics)

    def _step(self, step: Step, compiled: Compiled) -> None:
        if self.tally.bad(step.kpi):
            return  # an earlier piece of it: what that has left is still due
        began = time.perf_counter()
        failed = [name for name in step.upstream if self.tally.bad(name)]
        if failed:
            text = f"`{step.kpi}` reads `{failed[0]}`, which has failed"
            self.tally.end(step.kpi, "skipped", UpstreamFailed.at(None, text, node=step.kpi).message)
            return
        if self.how.fail_fast and self.tally.first_failure is not None:
            self.tally.end(step.kpi, "skipped", f"`{self.tally.first_failure}` has failed, and this run ends with that")
            return
        try:
            batch, buckets = self._compute(step, compiled)
        except Refused as refused:
            self.tally.fail(step.kpi, refused.diagnostics, time.perf_counter() - began)
            return
        except Exception as error:  # an outer edge: one KPI's surprise must not stop the others
            message = f"internal error, which is ours: {type(error).__name__}: {error}"
            self.tally.end(step.kpi, "error", self.hide(message), time.perf_counter() - began)
            return
        before = self.tally.before(step.kpi)
        seconds = before.seconds + time.perf_counter() - began
        result = replace(before, seconds=seconds, diagnostics=tuple(self.reaches.warnings.get(step.kpi, ())))
        self.tally.results[step.kpi] = result
        self.writer.add(Computed(batch, buckets, result))

    def _compute(self, step: Step, compiled: Compiled) -> tuple[Batch, int]:
        lowered, statement = compiled.lowered, compiled.statement
        assert lowered is not None
        assert statement is not None
        if step.evaluations:
            self._check_keys(lowered, step)
        axis = self._axis(step.grain)
        maker = ValueMaker(step, lowered, axis)
        for number, each in enumerate(step.evaluations):
            values = {"from": each.start, "to": each.visible, "as_of": each.as_of}
            if each.mode in (Mode.CLOSED, Mode.SNAPSHOT):
                values["to"] = each.stop
            if not self._take_shared(Task(kpi=step.kpi, evaluation=number, total=False), maker, axis):
                answer = self.connections.engine(step.connection, step.kpi).query(statement, values)
                maker.add(answer, each, lowered.dimensions)
            if compiled.total is None or not lowered.dimensions:
                continue
            if not self._take_shared(Task(kpi=step.kpi, evaluation=number, total=True), maker, axis):
                answer = self.connections.engine(step.connection, step.kpi).query(compiled.total, values)
                maker.add(answer, each, ())
        found = maker.values(step.evaluations)
        if maker.without_time:
            self.reaches.warn(
                step.kpi, f"{maker.without_time:,} rows of `{step.kpi}` have no time and are in no bucket"
            )
        if maker.not_finite:
            self.reaches.not_finite(step.kpi, maker.not_finite)
        return replace(self._batch(step, compiled), values=found), len(set(found.times))

    def _batch(self, step: Step, compiled: Compiled) -> Batch:
        """What a step replaces, and with what meaning; without values."""
        return Batch(
            kpi=step.kpi,
            grain=step.grain.unit,
            zone=step.grain.zone,
            definition=step.definition,
            body=canonical(body_of(self.project.kpis[compiled.name])),
            first_bucket=step.first_bucket,
            ranges=step.due,
            values=NewValues(),
            done=_final(step),
            keep_from=step.keep_from,
            evidence=step.evidence,
        )

    def _in_place(self, turn: Sequence[Step], fusion: Fusion, nodes: Mapping[str, Compiled]) -> list[Step]:
        """What is left of a round once the store's own server has computed what it can."""
        began = time.perf_counter()
        ready = [step for step in turn if not any(map(self.tally.bad, (step.kpi, *step.upstream)))]
        ready = [step for step in ready if self._has_sound_keys(step, nodes[step.kpi])]
        try:
            kept = self.in_place.write(ready, fusion, nodes, self.run_id, self.clock)
        except Refused as refused:
            for step in ready:
                self.tally.fail(step.kpi, refused.diagnostics)
            return [step for step in turn if step not in ready]
        for each in kept:
            before = self.tally.before(each.step.kpi)
            if each.written.not_finite:
                self.reaches.not_finite(each.step.kpi, each.written.not_finite)
            self.tally.results[each.step.kpi] = replace(
                before,
                buckets=before.buckets + each.buckets,
                values=before.values + each.written.values,
                restated=before.restated + each.written.restated,
                seconds=before.seconds + (time.perf_counter() - began) / len(kept),
                diagnostics=tuple(self.reaches.warnings.get(each.step.kpi, ())),
            )
        done = {each.step.kpi for each in kept}
        return [step for step in turn if step.kpi not in done]

    def _has_sound_keys(self, step: Step, compiled: Compiled) -> bool:
        try:
            if compiled.lowered is not None and self.in_place.may(step, compiled):
                self._check_keys(compiled.lowered, step)
                return True
        except Refused:
            pass  # said where the step is computed by itself
        return False

    def _take_shared(self, task: Task, maker: ValueMaker, axis: Axis) -> bool:
        return self.shared is not None and self.shared.take(task, maker, axis)

    def _check_keys(self, lowered: Lowered, step: Step) -> None:
        """Raises Refused where a join would count rows twice; each key is looked at once a run."""
        for key in join_keys(lowered.bare[0]):
            place = (step.connection, key)
            if place not in self.keys:
                engine = self.connections.engine(step.connection, step.kpi)
                self.keys[place] = check(key, self.project, engine, self.asked.now)
            found = self.keys[place]
            if found is not None:
                raise found

    def _axis(self, grain: Grain) -> Axis:
        found = self.axes.get(grain)
        if found is None:
            found = self.axes[grain] = Axis(grain)
        return found


def _final(step: Step) -> tuple[Range, ...]:
    """What of the due ranges is done: complete, and over."""
    opened = step.open_from
    found = []
    for start, stop in step.due:
        end = min(stop, step.final_until, *(at for at in (opened, step.complete_until) if at is not None))
        if start < end:
            found.append((start, end))
    return tuple(found)


def _is_done(result: RunResult, step: Step | None) -> bool:
    """Whether nothing of a KPI is due before the next tick: nothing was, or its source reaches all closed buckets of `step`."""
    if step is None or result.status != "success" or result.diagnostics:
        return result.status == "nothing_to_do"
    closed = step.open_from or max((stop for _, stop in step.due), default=step.final_until)
    return closed <= min(step.final_until, step.complete_until or step.final_until)
