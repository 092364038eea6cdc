"""The project of the laws in any zone, and worlds: rows for its sources around what is awkward in the zone's calendar."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from kpictl.ir.relations import Relation
from kpictl.kinds.lower import ProjectLowering
from kpictl.kinds.lowered import Lowered, Reading
from kpictl.model.calendar import Calendar, calendar
from kpictl.model.project import Project
from kpictl.plan.lowering import lowering
from kpictl.project import load

HERE = Path(__file__).parent
DEFINITIONS = HERE / "definitions.yml"
ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "America/New_York", "Asia/Kolkata")
FIRST, LAST = date(2024, 2, 20), date(2024, 5, 10)
"""Both sides of a leap day and of each zone's change of offset; Cairo's is at midnight, Lord Howe's half an hour."""
CHANGES = {
    "Europe/Berlin": datetime(2024, 3, 31, 1, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2024, 4, 6, 15, tzinfo=UTC),
    "Africa/Cairo": datetime(2024, 4, 25, 22, tzinfo=UTC),
    "Asia/Kathmandu": datetime(2024, 3, 31, 18, 15, tzinfo=UTC),
    "America/New_York": datetime(2024, 3, 10, 7, tzinfo=UTC),
    "Asia/Kolkata": datetime(2024, 3, 31, 18, 30, tzinfo=UTC),
}
Rows = dict[str, list[dict[str, Any]]]
MICROSECOND = timedelta(microseconds=1)


@cache
def project(zone: str) -> Project:
    """The definitions, with days that begin in a zone."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "kpis").mkdir()
        text = DEFINITIONS.read_text(encoding="utf-8").replace("ZONE", zone)
        (root / "kpis" / "all.yml").write_text(text, encoding="utf-8")
        (root / "kpi_project.yml").write_text(settings(zone), encoding="utf-8")
        loaded = load(root, profiles_dir=None, target=None, variables=None, profile=False)
    assert loaded.project is not None
    assert not loaded.diagnostics, loaded.diagnostics
    return loaded.project


def settings(zone: str) -> str:
    """kpi_project.yml of the laws."""
    return f"name: world\ntimezone: {zone}\nfiscal_year_start: april\nweek_start: monday\n"


@cache
def lowered(zone: str) -> Mapping[str, Lowered]:
    """Every definition in the ir."""
    found = {}
    for name, outcome in lowering(project(zone)).items():
        assert isinstance(outcome, Lowered), (name, outcome)
        found[name] = outcome
    return found


@cache
def at(zone: str, name: str, unit: str, dimensions: tuple[str, ...]) -> Lowered:
    """A definition at a coarser grain and with fewer dimensions than its own."""
    return ProjectLowering(project(zone)).at(name, unit, dimensions)


def calendar_of(kpi: Lowered) -> Calendar:
    """The calendar of a KPI's grain."""
    return calendar(kpi.grain.zone, kpi.grain.week_start, kpi.grain.fiscal_start)


def trees(kpi: Lowered) -> Iterator[tuple[Relation, tuple[str, ...]]]:
    """Finest and total, each with the dimensions that it has."""
    yield kpi.finest, kpi.dimensions
    if kpi.total is not None:
        yield kpi.total, ()


NAMES = tuple(project("Asia/Kolkata").kpis)
TIMED = tuple(name for name in NAMES if lowered("Asia/Kolkata")[name].reading is not Reading.SNAPSHOT)
BY_ROWS = tuple(
    name for name in TIMED if lowered("Asia/Kolkata")[name].reading not in (Reading.SERIES, Reading.ROW_SERIES)
)
"""A series is evaluated whole: its buckets may read what its text reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Buckets that are asked for, and what NOW() says."""

    start: datetime
    stop: datetime
    as_of: datetime


@dataclass(frozen=True, slots=True)
class World:
    """A zone and rows for all sources. `random` draws what else a law needs, in its own order."""

    zone: str
    seed: str
    rows: Rows
    random: Random = field(repr=False, compare=False)

    def instant(self) -> datetime:
        """A time at or around a midnight or the zone's change of offset."""
        return _instant(self.random, self.zone, [self.random.randrange((LAST - FIRST).days)])

    def range(self, kpi: Lowered, *, opened: bool = False) -> Range:
        """Whole buckets around what is awkward, or (`opened`) up to a moment within the last one."""
        known, unit, change = calendar_of(kpi), kpi.grain.unit, CHANGES[self.zone]
        if unit == "hour":
            start, stop = change - timedelta(hours=9), change + timedelta(hours=9)
        elif unit == "day":
            start = known.day_start(date(2024, 2, 27) + timedelta(days=self.random.randrange(45)))
            stop = start + timedelta(days=21)
        else:
            start, stop = known.day_start(date(2024, 2, 27)), known.day_start(date(2024, 5, 2))
        start, stop = known.floor(start, unit), known.floor(stop, unit)
        stop = known.next(stop, unit) if stop <= start else stop
        if opened:
            stop = max(stop - timedelta(hours=self.random.randrange(1, 40), minutes=7), start + timedelta(minutes=20))
            return Range(start=start, stop=stop, as_of=stop)
        return Range(start=start, stop=stop, as_of=stop - MICROSECOND)


def worlds(law: str, zone: str) -> Iterator[World]:
    """Worlds for a law in a zone, the same ones in every run unless the seed is changed."""
    for n in range(int(os.environ.get("KPICTL_LAWS", "1"))):
        seed = f"{os.environ.get('KPICTL_LAWS_SEED', '')}{law} {zone} {n}"
        random = Random(seed)
        yield World(zone, seed, _rows(random, zone), random)


# -- rows


def _rows(random: Random, zone: str) -> Rows:
    # Rows crowd on a few days, so that windows, lags and dimensions meet each other's rows.
    days = sorted(random.sample(range((LAST - FIRST).days), 9))
    known = calendar(zone)

    def when() -> datetime:
        return _instant(random, zone, days)

    def day() -> date:
        return FIRST + timedelta(days=random.choice(days))

    def wall() -> datetime:
        return when().astimezone(known.tzinfo).replace(tzinfo=None, fold=0)

    def of(count: int, make: Any) -> list[dict[str, Any]]:
        return [{"id": n, **make()} for n in range(count)]

    def span(start: Any) -> dict[str, Any]:
        first, last = start(), start()
        kept = random.random() < 0.3
        return {
            "plan": random.choice("xy"),
            "amount": _cents(random),
            "started": first,
            "ended": None if kept else last,
        }

    months = random.sample((2, 3, 4, 5), 3)
    return {
        "events": of(24, lambda: {**_fact(random), "at": when()}),
        "days": of(24, lambda: {**_fact(random), "day": day()}),
        "walls": of(12, lambda: {**_fact(random), "wall": wall()}),
        "readings": [
            {"user_id": user, "amount": _cents(random), "day": FIRST + timedelta(days=n)}
            for user in ("u1", "u2", "u3")
            for n in random.sample(days, 4)
        ],
        "users": [{"user_id": "u1", "country": "DE"}, {"user_id": "u2", "country": None}],
        "terms": of(8, lambda: span(day)),
        "spans": of(8, lambda: span(when)),
        "monthly": [
            {"month": date(2024, m, 1), "spend": _cents(random), "starts": random.randrange(3)} for m in months
        ],
    }


def _fact(random: Random) -> dict[str, Any]:
    return {
        "user_id": random.choice(("u1", "u2", "u3", "u4", None)),
        "amount": None if random.random() < 0.15 else _cents(random),
        "qty": None if random.random() < 0.15 else random.randrange(6),
        "score": None if random.random() < 0.15 else random.choice((0.0, 0.1, 0.25, 3.0, 17.5, 99.99)),
        "kind": random.choice(("a", "a", "b", None)),
    }


def _cents(random: Random) -> Decimal:
    return Decimal(random.randrange(900)) / 100


def _instant(random: Random, zone: str, days: list[int]) -> datetime:
    near = random.choice((-MICROSECOND, timedelta(), timedelta(minutes=29), timedelta(minutes=31), timedelta(hours=5)))
    if random.random() < 0.3:
        return CHANGES[zone] + timedelta(minutes=30 * random.randrange(-6, 7)) + near
    return calendar(zone).day_start(FIRST + timedelta(days=random.choice(days))) + near


def time_of(source: str, row: Mapping[str, Any], zone: str) -> datetime | None:
    """When a row comes to be known; None for a row without a time."""
    known = calendar(zone)
    columns = {
        "events": "at",
        "days": "day",
        "readings": "day",
        "walls": "wall",
        "terms": "started",
        "spans": "started",
        "monthly": "month",
    }
    value = row.get(columns.get(source, ""))
    if value is None:
        return None
    if not isinstance(value, datetime):
        return known.day_start(value)
    return known.instant(value) if value.tzinfo is None else value


def known_before(rows: Rows, end: datetime, zone: str) -> Rows:
    """The rows that are there before an instant; those that have no time always are."""

    def kept(source: str, row: Mapping[str, Any]) -> bool:
        at = time_of(source, row, zone)
        return at is None or at < end

    return {source: [row for row in found if kept(source, row)] for source, found in rows.items()}
