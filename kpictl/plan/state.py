"""What a store knows that a plan depends on: which buckets are done, under which definition, since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime

from kpictl.records import dataclass

_NEVER = datetime.min.replace(tzinfo=UTC)
Range = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One KPI's ledger under one definition and grain: ranges that are final, and its first bucket."""

    ranges: tuple[Range, ...] = ()
    first_bucket: datetime | None = None
    body: str = ""
    """The definition as the store remembers it, in JSON; empty where it has none."""
    known_at: datetime | None = None
    """When the definition was first run."""
    evidence: str | None = None
    """What the last run saw of the rows within `lateness` (`plan.evidence`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """The ledger by (KPI, grain, definition)."""

    done: Mapping[tuple[str, str, str], Done] = field(default_factory=dict)

    def of(self, kpi: str, grain: str, definition: str) -> Done:
        return self.done.get((kpi, grain, definition), Done())

    def others(self, kpi: str, grain: str, definition: str) -> tuple[Range, ...]:
        """What is done of a KPI at a grain under other definitions."""
        return merged(
            [
                each
                for (name, unit, known), done in self.done.items()
                if (name, unit) == (kpi, grain) and known != definition
                for each in done.ranges
            ]
        )

    def renamed(self, names: Mapping[str, str]) -> StoreState:
        """The state with KPIs under their new names, by old one."""
        if not names:
            return self
        return StoreState(done={(names.get(k, k), g, d): found for (k, g, d), found in self.done.items()})

    def used(self) -> dict[str, tuple[str, str]]:
        """Grain and definition by which each KPI was last computed: those with done buckets, else the newest."""
        found: dict[str, tuple[bool, datetime, str, str]] = {}
        for (kpi, grain, definition), each in self.done.items():
            rank = (bool(each.ranges), each.known_at or _NEVER, grain, definition)
            found[kpi] = max(found.get(kpi, rank), rank)
        return {kpi: (grain, definition) for kpi, (_, _, grain, definition) in found.items()}


def merged(ranges: list[Range]) -> tuple[Range, ...]:
    """Half-open ranges in order, with those that touch or overlap made one."""
    found: list[Range] = []
    for start, stop in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        elif start < stop:
            found.append((start, stop))
    return tuple(found)
