"""How a run goes about it, and what it did, KPI by KPI."""

from __future__ import annotations

from datetime import datetime

from kpictl.diagnostics import Diagnostic
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a run goes about it, whatever is due."""

    threads: int = 4
    """Connections that are asked at once."""
    fail_fast: bool = False
    """Nothing more is begun after the first failure."""


FAILED = ("error", "skipped")
"""The statuses of what was due and has no new value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run did with one KPI."""

    unique_id: str
    status: str
    """success, nothing_to_do, error, skipped (something that it reads has failed)."""
    buckets: int = 0
    """Buckets whose values are written."""
    values: int = 0
    """Values written: new or different from what was stored. A KPI that fails later keeps what it had written."""
    restated: int = 0
    """Of them, those that replaced another value that was final."""
    seconds: float = 0.0
    message: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it was due and has no new value."""
        return self.status in FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did."""

    run_id: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    results: tuple[RunResult, ...]
    scans: tuple[int, int] = (0, 0)
    """Statements before and after KPIs that read the same rows share one."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What is found about the whole run."""
    quiet_until: datetime | None = None
    """Where nothing is left to do: as long as project and store stay as they are, nothing is before this instant."""
