"""What the runner and the readers ask of a store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Any, Protocol

from kpictl.plan.state import StoreState
from kpictl.records import dataclass


@dataclass(slots=True)
class NewValues:
    """Computed values on their way into the store, as columns of one length; dimensions and metadata are canonical JSON."""

    times: list[datetime] = field(default_factory=list)
    buckets: list[str] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    metadata: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All values of one KPI in some ranges of time: what the store holds there beyond them is superseded."""

    kpi: str
    grain: str
    zone: str
    definition: str
    body: str
    """The definition as canonical JSON."""
    first_bucket: datetime
    ranges: tuple[tuple[datetime, datetime], ...]
    values: NewValues
    done: tuple[tuple[datetime, datetime], ...]
    """Ranges whose buckets are final: they are not due again."""
    keep_from: datetime | None = None
    """Values before it are past the KPI's retention and are dropped."""
    evidence: str | None = None
    """What was seen of the rows within `lateness`; None: what was noted before stays."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many values of a KPI a write has put down."""

    values: int = 0
    """New or different from what was stored."""
    restated: int = 0
    """Of them, those that replaced another value that was final."""
    not_finite: int = 0
    """Of what a server computed in place, those that are NaN or infinite, and stored without a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked for a run, with which kpictl and which options."""

    who: str
    version: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What a run did with one KPI."""

    run_id: str
    kpi: str
    status: str
    as_of: datetime
    started_at: datetime
    seconds: float
    buckets: int = 0
    written: int = 0
    message: str | None = None
    asked: Asker | None = None
    """None for runs that were not noted with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which stored values are wanted. `dimensions`: () the total, names: the rows of exactly those, None: all rows."""

    kpis: Mapping[str, str | None]
    """Names, each with the grain (None: any)."""
    start: datetime | None = None
    stop: datetime | None = None
    last: int | None = None
    """The last so many buckets of each KPI, at each grain."""
    known_at: datetime | None = None
    """Values as they stood then (values replaced since come from the history); None: as they stand now."""
    dimensions: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValue:
    """A value as it stands in the store."""

    time: datetime
    bucket: str
    kpi: str
    value: float | None
    dimensions: Mapping[str, Any]
    grain: str
    status: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    definition: str
    run_id: str
    known_at: datetime

    def record(self) -> dict[str, Any]:
        """The shape of `--format json`."""
        return {
            "time": _iso(self.time),
            "bucket": self.bucket,
            "kpi": self.kpi,
            "value": _number(self.value),
            "dimensions": dict(self.dimensions),
            "grain": self.grain,
            "status": self.status,
            "metadata": dict(self.metadata),
            "definition": self.definition,
            "run_id": self.run_id,
            "known_at": _iso(self.known_at),
        }


Recorded = Callable[[Mapping[str, Written]], Sequence[RunRecord]]


class Store(Protocol):
    """Where values are kept. Failures are `Refused` with a KPI91x diagnostic; a write happens wholly or not at all."""

    def state(self) -> StoreState:
        """What is done, for the planner. A store that does not exist yet is an empty state."""

    def write(
        self, batches: Sequence[Batch], run_id: str, known_at: datetime, records: Recorded | None = None
    ) -> Mapping[str, Written]:
        """Writes batches in one transaction; how many values of each KPI were new or different, or restated.

        `records` makes of these numbers what a run did, which is noted in the same transaction.
        """

    def record(self, records: Sequence[RunRecord]) -> None:
        """Notes what a run did."""

    def rename(self, names: Mapping[str, str]) -> None:
        """Puts all that is kept of KPIs under their new names, by old one, in one transaction."""

    def runs(self, last: int) -> list[RunRecord]:
        """What the last so many runs did, newest first, by KPI."""

    def values(self, wish: Wish) -> list[StoredValue]:
        """Stored values by KPI, time and dimensions."""

    def close(self) -> None:
        """Lets go of everything that is held."""


def _number(value: float | None) -> float | int | None:
    """A whole number as one: counts read 216, not 216.0."""
    return int(value) if value is not None and value.is_integer() and abs(value) < 2**53 else value


def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
