"""What a run has done so far with each KPI. Threads that compute different KPIs may tell it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field, replace

from kpictl.diagnostics import Diagnostic
from kpictl.model.project import Project
from kpictl.records import dataclass
from kpictl.runner.results import RunResult


@dataclass(slots=True)
class Tally:
    """Results by KPI; `hide` takes secrets out of what they say."""

    project: Project
    hide: Callable[[str], str] = str
    results: dict[str, RunResult] = field(default_factory=dict)
    first_failure: str | None = None

    def bad(self, name: str) -> bool:
        """Whether a KPI has failed, or was skipped."""
        found = self.results.get(name)
        return found is not None and found.failed

    def before(self, name: str) -> RunResult:
        """What is known of a KPI, of which more pieces may come."""
        unique_id = self.project.kpis[name].unique_id
        return self.results.get(name) or RunResult(unique_id=unique_id, status="success")

    def fail(self, name: str, diagnostics: Iterable[Diagnostic], seconds: float = 0.0) -> None:
        """Ends a KPI with what is wrong, at its own place where that has none."""
        kpi = self.project.kpis[name]
        found = tuple(replace(each, place=each.place or kpi.place, node=each.node or name) for each in diagnostics)
        message = found[0].message if found else "it could not be compiled"
        self.end(name, "error", self.hide(message), seconds, found)

    def end(
        self, name: str, status: str, message: str, seconds: float = 0.0, found: tuple[Diagnostic, ...] = ()
    ) -> None:
        """Ends a KPI without success; what earlier pieces of it have written stays, and is told."""
        before = self.before(name)
        seconds += before.seconds
        self.results[name] = replace(before, status=status, message=message, seconds=seconds, diagnostics=found)
        if status == "error":
            self.first_failure = self.first_failure or name
