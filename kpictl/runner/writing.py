"""Computed batches on their way into the store: many in one transaction, and one that it refuses holds up no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime

from kpictl.diagnostics import Refused
from kpictl.records import dataclass
from kpictl.runner.results import RunResult
from kpictl.runner.tally import Tally
from kpictl.stores import Asker, Batch, Recorded, RunRecord, Store, Written
from kpictl.stores.findings import StoreUnreadable, ValuesRefused


@dataclass(frozen=True, slots=True)
class Computed:
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
class Writer:
    """The only one of a run that writes. `clock` says when values became known."""

    store: Store
    tally: Tally
    run_id: str
    as_of: datetime
    clock: Callable[[], datetime]
    asker: Asker | None = None
    at_once: int = 200_000
    """Values that may wait."""
    _waiting: list[Computed] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, computed: Computed) -> None:
        """Takes a batch; what waits is written once it is much."""
        with self._lock:
            self._waiting.append(computed)
            if sum(len(each.batch.values) for each in self._waiting) >= self.at_once:
                self.flush()

    def flush(self) -> None:
        """Writes what waits in one transaction."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            if waiting:
                self._write(waiting)

    def finish(self, started: datetime) -> None:
        """Writes the rest, and notes with it what the run did with each KPI."""

        def records(written: Mapping[str, Written]) -> list[RunRecord]:
            now = {**self.tally.results}
            now.update((each.batch.kpi, each.written(written[each.batch.kpi])) for each in waiting)
            return self._records(started, now)

        waiting, self._waiting = self._waiting, []
        if not waiting or not self._write(waiting, records):
            self.store.record(self._records(started, self.tally.results))

    def _write(self, waiting: Sequence[Computed], records: Recorded | None = None) -> bool:
        """Writes batches; where the store refuses values of them, halves until those KPIs alone are left out.

        Whether all is written, and with it the records.
        """
        try:
            written = self.store.write([each.batch for each in waiting], self.run_id, self.clock(), records)
        except Refused as refused:
            codes = {each.code for each in refused.diagnostics}
            if StoreUnreadable.code in codes:
                raise  # nothing more is written into a damaged file, not even that it is one
            kpis = list(dict.fromkeys(each.batch.kpi for each in waiting))
            if codes == {ValuesRefused.code} and len(kpis) > 1:
                half = set(kpis[: len(kpis) // 2])
                self._write([each for each in waiting if each.batch.kpi in half])
                self._write([each for each in waiting if each.batch.kpi not in half])
            else:
                for kpi in kpis:
                    self.tally.fail(kpi, refused.diagnostics)
            return False
        for each in waiting:
            self.tally.results[each.batch.kpi] = each.written(written[each.batch.kpi])
        return True

    def _records(self, started: datetime, results: Mapping[str, RunResult]) -> list[RunRecord]:
        return [
            RunRecord(
                run_id=self.run_id,
                kpi=name,
                status=result.status,
                as_of=self.as_of,
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
