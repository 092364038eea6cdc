"""What `updated_at` proves: which days of a KPI's sources hold the same rows as when it was last computed.

For each day within `lateness` a run keeps a digest of the rows: how many they are, the last of their `updated_at` and the sum of
all of them. Where the next run finds the same digest, no row came, went or was changed, and the day's buckets need not be
computed again. The last `updated_at` alone would prove less: a row that was deleted, that moved to another day, or whose
transaction ended late leaves it as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from kpictl.graph.references import references
from kpictl.kinds.lowered import Lowered, Reading
from kpictl.model.calendar import Calendar
from kpictl.model.kpis import CumulativeSpec, ExprSpec, Kpi, MeasureSpec, QuerySpec, RatioSpec
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind
from kpictl.plan.state import Range, merged
from kpictl.records import dataclass

_READINGS = (Reading.MEASURE, Reading.AS_OF, Reading.DERIVED)
WHOLE = ""
"""The day under which a source stands that is read whatever its rows' time is: the other side of a join."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A source as a KPI reads it: by the days of one of its times, or whole (None)."""

    source: str
    time: str | None

    @property
    def name(self) -> str:
        return self.source if self.time is None else f"{self.source}.{self.time}"


Looks = Mapping[Axis, Mapping[str, str]]
"""By axis the digests of its days in the reporting zone (ISO dates). A day without rows is not in it; one whose rows prove
nothing (an `updated_at` that is NULL, or so young that a further change could bear the same) has the digest ''."""


def axes(project: Project, kpi: Kpi, lowered: Lowered) -> tuple[Axis, ...]:
    """How a KPI reads its sources; () where `updated_at` proves nothing of it: a source has none, or the text is opaque."""
    if lowered.reading not in _READINGS:
        return ()
    timed = _timed(project, kpi, lowered)
    if timed is None:
        return ()
    found = list(dict.fromkeys(timed))
    measured = {axis.source for axis in found}
    found += [Axis(name, None) for name in lowered.sources if name not in measured]
    for block in (project.sources.get(axis.source) for axis in found):
        if block is None or block.updated_at is None or block.history.kind is HistoryKind.VALID:
            return ()
        if any(join.source in measured for join in block.joins):
            return ()  # it may be read beyond the days that are looked at
    return tuple(found) if measured else ()


def _timed(project: Project, kpi: Kpi, lowered: Lowered | None) -> list[Axis] | None:
    """The measured sources, each with its time; None where that is not known, or a value reads rows after its bucket."""
    match kpi.spec:
        case MeasureSpec(source=source, time=time):
            block = project.sources.get(source)
            read = time or (None if block is None else block.time)
            return None if read is None else [Axis(source, read)]
        case QuerySpec() if lowered is not None and lowered.reading is Reading.AS_OF and len(lowered.sources) == 1:
            block = project.sources.get(lowered.sources[0])
            return None if block is None or block.time is None else [Axis(block.name, block.time)]
        case RatioSpec() | ExprSpec() | CumulativeSpec():
            found: list[Axis] = []
            for each in references(kpi):
                of = project.kpis.get(each.name) if each.kind == "kpi" else None
                axes = None if of is None else _timed(project, of, None)
                if axes is None:
                    return None
                found += axes
            return found
        case _:
            return None


def text_of(looks: Looks, read: Sequence[Axis], begin: datetime, until: datetime, of: Calendar) -> str | None:
    """What a KPI's ledger keeps of a look: the days from `begin` on; None where an axis was not looked at."""
    if any(axis not in looks for axis in read):
        return None
    first = _date(begin, of).isoformat()
    seen = {
        axis.name: {day: found for day, found in looks[axis].items() if day == WHOLE or day >= first} for axis in read
    }
    told = {"from": begin.isoformat(), "to": until.isoformat(), "seen": seen}
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def changed(text: str, looks: Looks, read: Sequence[Axis], asked: Range, of: Calendar) -> tuple[Range, ...] | None:
    """The parts of `asked` whose rows are not known to be those of the earlier look, as whole days; None: nothing is known."""
    before = json.loads(text)
    known = (datetime.fromisoformat(before["from"]), datetime.fromisoformat(before["to"]))
    found: list[Range] = []
    for axis in read:
        old, new = before["seen"].get(axis.name), looks.get(axis)
        if old is None or new is None:
            return None
        if axis.time is None:
            if not new.get(WHOLE) or old.get(WHOLE) != new[WHOLE]:
                return None
            continue
        for day in _days(asked, of):
            start, stop = of.day_start(day), of.day_start(day + timedelta(days=1))
            name = day.isoformat()
            same = old.get(name) == new.get(name) != ""
            entered = _date(known[0], of) == day and asked[0] >= known[0]
            covered = start < known[1] and (start >= known[0] or entered)
            if not (same and covered):
                found.append((start, stop))
    return merged(found)


def _days(asked: Range, of: Calendar) -> Iterator[date]:
    day, last = _date(asked[0], of), _date(asked[1] - timedelta(microseconds=1), of)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _date(at: datetime, of: Calendar) -> date:
    return at.astimezone(of.tzinfo).date()
