"""A run: look at the ledger, compute what is due, write it. A KPI that fails keeps its values and stops no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from uuid import uuid4

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.engines import Engine, Reach
from kpictl.ir.relations import Grain
from kpictl.kinds.lowered import Lowered
from kpictl.model.calendar import calendar
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind, Source
from kpictl.plan import cost_model
from kpictl.plan.budget import Cost, cost, over
from kpictl.plan.changes import body_of
from kpictl.plan.chunks import rounds
from kpictl.plan.compiled import Compiled
from kpictl.plan.due import Asked, Extent, make_plan, source_times, timed_sources
from kpictl.plan.fusion import Task, fuse
from kpictl.plan.plan import Mode, Plan, Step
from kpictl.plan.schedule import next_tick
from kpictl.plan.state import Range, StoreState
from kpictl.records import dataclass
from kpictl.runner.axis import Axis
from kpictl.runner.findings import RowsWithoutTime, SeveralConnections, UpstreamFailed
from kpictl.runner.join_keys import JoinKey, check, join_keys
from kpictl.runner.overview import LAST_RUNS, Overview, check_world, look, made_with, world
from kpictl.runner.results import RunReport, RunResult
from kpictl.runner.shared import SharedAnswers
from kpictl.runner.values import ValueMaker
from kpictl.stores import Asker, Batch, Recorded, RunRecord, Store, Written
from kpictl.stores.canonical import canonical
from kpictl.stores.findings import StoreUnreadable
from kpictl.targets import open_engine

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
) -> RunReport:
    """Brings the compiled KPIs up to date. Raises `Refused` only where the store itself cannot be used, where the plan
    reads more than the project allows, or where it is not what `planned` says.

    `on_step` hears a KPI's name, how many are done, and of how many. Engines are opened only where something is due.
    `hide` takes secrets out of what the report says and the store remembers.
    """
    running = _Run(project, _in_order(compiled), store, asked, on_step, clock, hide, asker)
    try:
        return running.all(planned)
    finally:
        running.close()


def overview(project: Project, compiled: Sequence[Compiled], store: Store, asked: Asked) -> Overview:
    """What `run` would do, why, and what it would read. Nothing is computed or written."""
    running = _Run(project, _in_order(compiled), store, asked, _silent, lambda: datetime.now(UTC))
    try:
        return running.overview()
    finally:
        running.close()


def _in_order(compiled: Iterable[Compiled]) -> list[Compiled]:
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
class _Computed:
    """A KPI's batch that waits to be written."""

    batch: Batch
    buckets: int
    result: RunResult
    """Of what was written before it."""

    def written(self, found: Written) -> RunResult:
        """The result once the batch stands in the store."""
        result = self.result
        return replace(
            result,
            buckets=result.buckets + self.buckets,
            values=result.values + found.values,
            restated=result.restated + found.restated,
        )


@dataclass(slots=True)
class _Run:
    project: Project
    compiled: list[Compiled]
    store: Store
    asked: Asked
    on_step: OnStep
    clock: Callable[[], datetime]
    hide: Callable[[str], str] = str
    asker: Asker | None = None
    engines: dict[str, Engine | Refused] = field(default_factory=dict)
    warnings: dict[str, list[Diagnostic]] = field(default_factory=dict)
    broken: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    keys: dict[tuple[str | None, JoinKey], Refused | None] = field(default_factory=dict)
    results: dict[str, RunResult] = field(default_factory=dict)
    waiting: list[_Computed] = field(default_factory=list)
    axes: dict[Grain, Axis] = field(default_factory=dict)
    scans: tuple[int, int] = (0, 0)
    shared: SharedAnswers | None = None
    statistics: dict[str, tuple[int, dict[str, int | None]] | None] = field(default_factory=dict)
    sizes: dict[str, int | None] = field(default_factory=dict)
    extents: dict[str, Extent] = field(default_factory=dict)
    run_id: str = field(default_factory=lambda: uuid4().hex)

    def all(self, planned: Plan | None = None) -> RunReport:
        started = self.clock()
        state = self.store.state()
        if planned is None:
            planned = self.plan(state)
        else:
            check_world(planned, world(self.project, self.compiled, state, self.store.runs(LAST_RUNS)), self.project)
        self._note_refused(planned)
        notes = self._keep_limits(planned.steps)
        self._steps(planned.steps)
        for name in planned.up_to_date:
            self.results[name] = RunResult(unique_id=f"kpi.{name}", status="nothing_to_do")
        self._finish(started)
        results = tuple(self.results[each.name] for each in self.compiled if each.name in self.results)
        return RunReport(
            run_id=self.run_id,
            as_of=self.asked.now,
            started_at=started,
            finished_at=self.clock(),
            results=results,
            scans=self.scans,
            diagnostics=notes,
            quiet_until=self._next_tick() if all(r.status == "nothing_to_do" for r in results) else None,
        )

    def _steps(self, steps: Sequence[Step]) -> None:
        """All steps, in rounds of what fits in memory."""
        nodes = {each.name: each for each in self.compiled}
        turns = self._rounds(steps, nodes)
        number = sum(map(len, turns))
        done = 0
        for turn in turns:
            fusion = fuse(self.project, turn, nodes, self._statistics)
            self.shared = SharedAnswers(fusion, self._engine)
            self.scans = (self.scans[0] + fusion.before, self.scans[1] + fusion.after)
            for step in turn:
                self.on_step(step.kpi, done, number)
                self._step(step, nodes[step.kpi])
                done += 1
                if sum(len(each.batch.values) for each in self.waiting) >= cost_model.ROWS_AT_ONCE:
                    self._flush()
            if turn is not turns[-1]:
                self._flush()

    def _rounds(self, steps: Sequence[Step], nodes: Mapping[str, Compiled]) -> list[list[Step]]:
        lowered = {step.kpi: found for step in steps if (found := nodes[step.kpi].lowered) is not None}
        return rounds(steps, lowered, self._statistics, cost_model.ROWS_AT_ONCE)

    def overview(self) -> Overview:
        """The plan with what it depends on, what is different, and what it reads."""
        state = self.store.state()
        planned = self.plan(state)
        found = world(self.project, self.compiled, state, self.store.runs(LAST_RUNS))
        planned = replace(planned, made_with=made_with(self.project), world=found)
        return look(self.project, self.compiled, state, planned, self._cost(planned.steps))

    def _cost(self, steps: Sequence[Step]) -> Cost:
        nodes = {each.name: each for each in self.compiled}
        turns = self._rounds(steps, nodes)
        fused = ((turn, fuse(self.project, turn, nodes, self._statistics)) for turn in turns)
        return cost(self.project, fused, nodes, self.extents, self._size)

    def _size(self, name: str) -> tuple[int | None, int | None]:
        told = self._statistics(name, ())
        return (None, None) if told is None else (told[0], self.sizes.get(name))

    def _keep_limits(self, steps: Sequence[Step]) -> tuple[Diagnostic, ...]:
        """Raises Refused where the steps read more than the project allows; else what cannot be told of it."""
        limits = self.project.settings.limits
        if limits.rows is None and limits.bytes is None:
            return ()
        found = tuple(over(self.project, self._cost(steps)))
        if any(each.is_error for each in found):
            raise Refused(found)
        return found

    def plan(self, state: StoreState) -> Plan:
        """A first look at the ledger alone; sources are asked how far they reach only for what is due."""
        first = make_plan(self.project, self.compiled, state, self.asked)
        if not first.steps:
            return first
        due = {step.kpi for step in first.steps}
        nodes = [each for each in self.compiled if each.name in due]
        extents = self.extents = self._extents(nodes)
        # Without its source's reach a KPI would look as if nothing were due.
        sound = [each for each in nodes if each.name not in self.broken]
        second = make_plan(self.project, sound, state, self.asked, extents)
        return replace(
            second,
            up_to_date=(*first.up_to_date, *second.up_to_date),
            refused=(*first.refused, *self.broken.items(), *second.refused),
        )

    def _next_tick(self) -> datetime | None:
        """When the first of the KPIs is computed again: until then the ledger alone says that nothing is due."""
        of = calendar(self.project.settings.timezone)
        schedules = {self.project.kpis[each.name].schedule for each in self.compiled}
        return min((next_tick(schedule, self.asked.now, of) for schedule in schedules), default=None)

    def close(self) -> None:
        for engine in self.engines.values():
            if not isinstance(engine, Refused):
                engine.close()

    def _note_refused(self, planned: Plan) -> None:
        for name, diagnostics in planned.refused:
            self._fail(name, diagnostics, 0.0)
        for each in self.compiled:
            if each.statement is None or each.lowered is None:
                self._fail(each.name, each.diagnostics, 0.0)

    def _step(self, step: Step, compiled: Compiled) -> None:
        if self._failed(step.kpi):
            return  # an earlier piece of it: what that has left is still due
        began = time.perf_counter()
        failed = [name for name in step.upstream if self._failed(name)]
        if failed:
            text = f"`{step.kpi}` reads `{failed[0]}`, which has failed"
            skipped = UpstreamFailed.at(None, text, node=step.kpi)
            self._end(step.kpi, "skipped", skipped.message)
            return
        try:
            batch, buckets = self._compute(step, compiled)
        except Refused as refused:
            self._fail(step.kpi, refused.diagnostics, time.perf_counter() - began)
            return
        except Exception as error:  # an outer edge: one KPI's surprise must not stop the others
            message = f"internal error, which is ours: {type(error).__name__}: {error}"
            self._end(step.kpi, "error", self.hide(message), time.perf_counter() - began)
            return
        before = self.results.get(step.kpi) or RunResult(unique_id=compiled.unique_id, status="success")
        result = replace(
            before,
            seconds=before.seconds + time.perf_counter() - began,
            diagnostics=tuple(self.warnings.get(step.kpi, ())),
        )
        self.results[step.kpi] = result
        self.waiting.append(_Computed(batch, buckets, result))

    def _failed(self, name: str) -> bool:
        found = self.results.get(name)
        return found is not None and found.status in ("error", "skipped")

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
                answer = self._engine(step.connection, step.kpi).query(statement, values)
                maker.add(answer, each, lowered.dimensions)
            if compiled.total is None or not lowered.dimensions:
                continue
            if not self._take_shared(Task(kpi=step.kpi, evaluation=number, total=True), maker, axis):
                maker.add(self._engine(step.connection, step.kpi).query(compiled.total, values), each, ())
        found = maker.values(step.evaluations)
        if maker.without_time:
            self._warn(step.kpi, f"{maker.without_time:,} rows of `{step.kpi}` have no time and are in no bucket")
        kpi = self.project.kpis[step.kpi]
        batch = Batch(
            kpi=step.kpi,
            grain=step.grain.unit,
            zone=step.grain.zone,
            definition=step.definition,
            body=canonical(body_of(kpi)),
            first_bucket=step.first_bucket,
            ranges=step.due,
            values=found,
            done=_final(step),
            keep_from=step.keep_from,
        )
        return batch, len(set(found.times))

    def _take_shared(self, task: Task, maker: ValueMaker, axis: Axis) -> bool:
        return self.shared is not None and self.shared.take(task, maker, axis)

    def _statistics(self, name: str, columns: tuple[str, ...]) -> tuple[int, dict[str, int | None]] | None:
        """What the engine estimates of a source; each column is asked for once."""
        source = self.project.sources.get(name)
        if source is None:
            return None
        rows, known = self.statistics.get(name) or (0, {})
        asked = [column for column in columns if column not in known]
        if name not in self.statistics or asked:
            try:
                counts = self._engine(source.connection, name).counts(source.relation, asked)
            except Refused:
                return None
            rows, known = counts.rows, {**known, **counts.distinct}
            self.statistics[name] = (rows, known)
            self.sizes[name] = counts.bytes
        return rows, known

    def _check_keys(self, lowered: Lowered, step: Step) -> None:
        """Raises Refused where a join would count rows twice; each key is looked at once a run."""
        for key in join_keys(lowered.finest):
            place = (step.connection, key)
            if place not in self.keys:
                engine = self._engine(step.connection, step.kpi)
                self.keys[place] = check(key, self.project, engine, self.asked.now)
            found = self.keys[place]
            if found is not None:
                raise found

    def _axis(self, grain: Grain) -> Axis:
        found = self.axes.get(grain)
        if found is None:
            found = self.axes[grain] = Axis(grain)
        return found

    def _engine(self, connection: str | None, kpi: str) -> Engine:
        output = self.project.output
        assert output is not None
        name = connection
        if name is None and len(output.connections) == 1:
            name = output.connections[0].name
        if name is None:
            raise Refused(
                [SeveralConnections.at(None, f"the operands of `{kpi}` are on several connections", node=kpi)]
            )
        known = self.engines.get(name)
        if known is None:
            bound = output.connection(name)
            try:
                if bound is None:
                    from kpictl.engines.findings import CannotConnect

                    message = f"the output `{output.name}` has no connection `{name}`"
                    raise Refused([CannotConnect.at(output.place, message)])
                known = open_engine(self.project, bound)
            except Refused as refused:
                known = refused
            self.engines[name] = known
        if isinstance(known, Refused):
            raise known
        return known

    def _extents(self, nodes: Sequence[Compiled]) -> dict[str, Extent]:
        """How far the sources of what is due reach, each source asked once."""
        readers: dict[str, list[str]] = {}
        for each in nodes:
            if each.lowered is not None:
                for source in timed_sources(self.project, each.lowered, self.project.kpis[each.name]):
                    readers.setdefault(source.name, []).append(each.name)
        found: dict[str, Extent] = {}
        for name, kpis in readers.items():
            source = self.project.sources[name]
            try:
                found[name] = self._extent(source, kpis)
            except Refused as refused:
                for kpi in kpis:
                    self.broken[kpi] = refused.diagnostics
        return found

    def _extent(self, source: Source, kpis: Sequence[str]) -> Extent:
        engine = self._engine(source.connection, kpis[0])
        zone = source.timezone or self.project.settings.timezone
        reaches = [engine.reach(source.relation, column, self.asked.now, zone) for column in source_times(source)]
        lost = _lost(source, reaches)
        if lost:
            for kpi in kpis:
                self._warn(kpi, f"{lost} of `{source.name}` are in no bucket", source.place)
        firsts, lasts = (
            [r.first for r in reaches[:1] if r.first is not None],
            [r.last for r in reaches if r.last is not None],
        )
        return Extent(first=min(firsts, default=None), last=max(lasts, default=None))

    def _warn(self, kpi: str, message: str, place: Place | None = None) -> None:
        self.warnings.setdefault(kpi, []).append(RowsWithoutTime.at(place, message))

    def _fail(self, name: str, diagnostics: Iterable[Diagnostic], seconds: float) -> None:
        kpi = self.project.kpis[name]
        found = tuple(replace(each, place=each.place or kpi.place, node=each.node or name) for each in diagnostics)
        message = found[0].message if found else "it could not be compiled"
        self._end(name, "error", self.hide(message), seconds, found)

    def _end(
        self, name: str, status: str, message: str, seconds: float = 0.0, found: tuple[Diagnostic, ...] = ()
    ) -> None:
        """Ends a KPI without success; what earlier pieces of it have written stays, and is told."""
        before = self.results.get(name) or RunResult(unique_id=self.project.kpis[name].unique_id, status=status)
        seconds += before.seconds
        self.results[name] = replace(before, status=status, message=message, seconds=seconds, diagnostics=found)

    def _flush(self, records: Recorded | None = None) -> bool:
        """Writes what waits in one transaction; a failure of it is one of every KPI in it. Whether it was written."""
        if not self.waiting:
            return False
        waiting, self.waiting = self.waiting, []
        try:
            written = self.store.write([each.batch for each in waiting], self.run_id, self.clock(), records)
        except Refused as refused:
            if any(each.code == StoreUnreadable.code for each in refused.diagnostics):
                raise  # nothing more is written into a damaged file, not even that it is one
            for each in waiting:
                self._fail(each.batch.kpi, refused.diagnostics, 0.0)
            return False
        for each in waiting:
            self.results[each.batch.kpi] = each.written(written[each.batch.kpi])
        return True

    def _finish(self, started: datetime) -> None:
        """Writes the rest, and notes with it what the run did with each KPI."""

        def records(written: Mapping[str, Written]) -> list[RunRecord]:
            now = {**self.results}
            now.update((each.batch.kpi, each.written(written[each.batch.kpi])) for each in waiting)
            return self._records(started, now)

        waiting = list(self.waiting)
        if not self._flush(records):
            self.store.record(self._records(started, self.results))

    def _records(self, started: datetime, results: Mapping[str, RunResult]) -> list[RunRecord]:
        return [
            RunRecord(
                run_id=self.run_id,
                kpi=name,
                status=result.status,
                as_of=self.asked.now,
                started_at=started,
                seconds=result.seconds,
                buckets=result.buckets,
                written=result.values,
                message=result.message,
                asked=self.asker,
            )
            for name, result in results.items()
            if result.status != "nothing_to_do"
        ]


def _final(step: Step) -> tuple[Range, ...]:
    """What of the due ranges is done: complete, and over."""
    opened = step.open_from
    found = []
    for start, stop in step.due:
        end = min(stop, step.final_until, *([opened] if opened is not None else []))
        if start < end:
            found.append((start, end))
    return tuple(found)


def _lost(source: Source, reaches: Sequence[Reach]) -> str:
    """Rows without a sane time, in words; an open end of a `valid:` row is none."""
    if source.history.kind is HistoryKind.VALID:
        reaches = reaches[:1]
    missing, absurd = sum(r.without_time for r in reaches), sum(r.absurd for r in reaches)
    parts = []
    if missing:
        parts.append(f"{missing:,} rows without a time")
    if absurd:
        parts.append(f"{absurd:,} rows with an absurd time")
    return " and ".join(parts)
