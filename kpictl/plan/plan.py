"""A plan decides everything that a run does: which KPIs, which buckets, as of when. Frozen, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum
from typing import Any

from kpictl.diagnostics import Diagnostic, Severity
from kpictl.ir.relations import Grain
from kpictl.plan.state import Range
from kpictl.records import dataclass

SCHEMA_VERSION = 1


class Mode(Enum):
    """How an evaluation's rows become values."""

    CLOSED = "closed"
    """Buckets that have ended; the total is dense over them."""
    OPEN = "open"
    """The bucket that has not ended; its value is partial."""
    SNAPSHOT = "snapshot"
    """One row without a time, which is the value of the one bucket."""
    SERIES = "series"
    """A query that names its own times, evaluated whole; only the due buckets are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One run of a KPI's statements over the buckets in [start, stop)."""

    mode: Mode
    start: datetime
    stop: datetime
    visible: datetime
    """Rows at or after it are invisible: the parameter `to`."""
    as_of: datetime
    """What NOW() says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """All that is due of one KPI."""

    kpi: str
    connection: str | None
    grain: Grain
    definition: str
    why: str
    """new, missing, late, asked, open."""
    due: tuple[Range, ...]
    """The ranges whose stored values are replaced."""
    evaluations: tuple[Evaluation, ...]
    first_bucket: datetime
    final_until: datetime
    """Buckets that end after it are not complete yet: they hold no value, and stay due."""
    complete_until: datetime | None = None
    """Buckets that end after it are partial, and stay due: the watermark of a source, at the end of a bucket."""
    open_from: datetime | None = None
    """Start of the due bucket that has not ended at the tick: its value is partial, and it stays due."""
    partial: tuple[Range, ...] = ()
    """Where buckets are partial though they have ended: a window that they read begins before its first bucket."""
    keep_from: datetime | None = None
    upstream: tuple[str, ...] = ()
    evidence: str | None = None
    """What was seen of the rows that it reads, for the ledger; None where nothing can be proved by them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps in the order in which they run, each after what it reads."""

    project: str
    as_of: datetime
    steps: tuple[Step, ...]
    up_to_date: tuple[str, ...] = ()
    refused: tuple[tuple[str, tuple[Diagnostic, ...]], ...] = ()
    made_with: str = ""
    """The version of kpictl and the output for which it was made."""
    world: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By KPI what the plan depends on: a hash of its definition and where it runs, and one of what the store holds."""

    def record(self) -> dict[str, Any]:
        """The plan as `plan.json` holds it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "project": self.project,
            "as_of": _iso(self.as_of),
            "made_with": self.made_with,
            "world": {kpi: list(each) for kpi, each in self.world.items()},
            "steps": [_step(step) for step in self.steps],
            "up_to_date": list(self.up_to_date),
            "refused": [
                {"kpi": kpi, "findings": [{"code": each.code, "message": each.message} for each in found]}
                for kpi, found in self.refused
            ],
        }


def write_plan(plan: Plan) -> str:
    """The plan as JSON, the same bytes for the same plan."""
    return json.dumps(plan.record(), indent=2, ensure_ascii=False) + "\n"


def read_plan(text: str) -> Plan:
    """A plan from its JSON; ValueError when it is none, or of a newer version."""
    found = json.loads(text)
    if not isinstance(found, dict) or found.get("schema_version") != SCHEMA_VERSION:
        raise ValueError("this is no plan of this version of kpictl")
    try:
        return Plan(
            project=found["project"],
            as_of=_time(found["as_of"]),
            steps=tuple(_read_step(step) for step in found["steps"]),
            up_to_date=tuple(found["up_to_date"]),
            refused=tuple((each["kpi"], tuple(map(_read_finding, each["findings"]))) for each in found["refused"]),
            made_with=found["made_with"],
            world={kpi: (project, store) for kpi, (project, store) in found["world"].items()},
        )
    except KeyError as error:
        raise ValueError(f"the plan lacks {error}") from None
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"the plan is damaged: {error}") from None


def _read_finding(found: dict[str, str]) -> Diagnostic:
    return Diagnostic(code=found["code"], severity=Severity.ERROR, message=found["message"])


def _step(step: Step) -> dict[str, Any]:
    return {
        "kpi": step.kpi,
        "connection": step.connection,
        "grain": [step.grain.unit, step.grain.zone, step.grain.week_start, step.grain.fiscal_start],
        "definition": step.definition,
        "why": step.why,
        "due": [[_iso(start), _iso(stop)] for start, stop in step.due],
        "evaluations": [
            {
                "mode": each.mode.value,
                "start": _iso(each.start),
                "stop": _iso(each.stop),
                "visible": _iso(each.visible),
                "as_of": _iso(each.as_of),
            }
            for each in step.evaluations
        ],
        "first_bucket": _iso(step.first_bucket),
        "final_until": _iso(step.final_until),
        "complete_until": None if step.complete_until is None else _iso(step.complete_until),
        "open_from": None if step.open_from is None else _iso(step.open_from),
        "partial": [[_iso(start), _iso(stop)] for start, stop in step.partial],
        "keep_from": None if step.keep_from is None else _iso(step.keep_from),
        "upstream": list(step.upstream),
        "evidence": step.evidence,
    }


def _read_step(found: dict[str, Any]) -> Step:
    return Step(
        kpi=found["kpi"],
        connection=found["connection"],
        grain=Grain(*found["grain"]),
        definition=found["definition"],
        why=found["why"],
        due=tuple((_time(start), _time(stop)) for start, stop in found["due"]),
        evaluations=tuple(
            Evaluation(
                mode=Mode(each["mode"]),
                start=_time(each["start"]),
                stop=_time(each["stop"]),
                visible=_time(each["visible"]),
                as_of=_time(each["as_of"]),
            )
            for each in found["evaluations"]
        ),
        first_bucket=_time(found["first_bucket"]),
        final_until=_time(found["final_until"]),
        complete_until=None if found["complete_until"] is None else _time(found["complete_until"]),
        open_from=None if found["open_from"] is None else _time(found["open_from"]),
        partial=tuple((_time(start), _time(stop)) for start, stop in found["partial"]),
        keep_from=None if found["keep_from"] is None else _time(found["keep_from"]),
        upstream=tuple(found["upstream"]),
        evidence=found["evidence"],
    )


def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
