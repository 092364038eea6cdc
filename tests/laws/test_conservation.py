"""Law 4: each row is in exactly one bucket; buckets and rejected rows together are all rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import duckdb
import pytest

from kpictl.model.calendar import UNITS, calendar
from tests.laws.engine import asked, fill, statement
from tests.laws.world import MICROSECOND, Range, at
from tests.runner.script import World, read

CHANGES = {
    "Europe/Berlin": (date(2024, 3, 31), date(2024, 10, 27)),
    "America/New_York": (date(2024, 3, 10), date(2024, 11, 3)),
    "Australia/Lord_Howe": (date(2024, 4, 7), date(2024, 10, 6)),
    "Africa/Cairo": (date(2024, 4, 26), date(2024, 10, 31)),
    "America/Havana": (date(2024, 3, 10), date(2024, 11, 3)),
    "America/St_Johns": (date(2024, 3, 10), date(2024, 11, 3)),
    "Asia/Kolkata": (date(2024, 3, 31), date(2024, 12, 31)),
    "Asia/Kathmandu": (date(2024, 3, 31), date(2024, 12, 31)),
}
"""A day on which clocks go forward and one on which they go back; two of +05:30 and +05:45, which have none."""
COUNTS = {"events": "m_rows_hour", "days": "d_rows_day", "walls": "w_rows_hour"}


@pytest.mark.parametrize("zone", CHANGES)
def test_each_row_is_in_the_bucket_of_its_time(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    """The engine's buckets are the calendar's, row by row, at every grain."""
    known, random = calendar(zone, 0, 4), Random(zone)
    events, days, walls = [], [], []
    for change in CHANGES[zone]:
        begin = known.day_start(change - timedelta(days=1))
        for n in range(3 * 24 * 4):
            instant = begin + timedelta(minutes=15 * n) + random.choice((-MICROSECOND, timedelta()))
            wall = datetime.combine(change, datetime.min.time()) + timedelta(minutes=15 * n) - timedelta(days=1)
            events.append({"id": n, "at": instant})
            walls.append({"id": n, "wall": wall})
        days += [{"id": n, "day": change + timedelta(days=n - 10)} for n in range(20)]
    fill(engine, {"events": events, "days": days, "walls": walls})
    times = {
        "events": [row["at"] for row in events],
        "days": [known.day_start(row["day"]) for row in days],
        "walls": [known.instant(row["wall"]) for row in walls],
    }
    over = Range(
        start=known.floor(datetime(2023, 1, 1, tzinfo=UTC), "fiscal_year"),
        stop=known.floor(datetime(2026, 6, 1, tzinfo=UTC), "fiscal_year"),
        as_of=datetime(2026, 6, 1, tzinfo=UTC),
    )
    for source, name in COUNTS.items():
        for unit in UNITS:
            if source == "days" and unit == "hour":
                continue
            expected = Counter(known.floor(time, unit) for time in times[source])
            rows = asked(engine, statement(at(zone, name, unit, ()).finest), over)
            found = {row["time"]: row["value"] for row in rows}
            assert len(found) == len(rows), f"{source} by {unit}: two rows for a bucket"
            assert sum(found.values()) == len(times[source]), f"{source} by {unit}"
            assert found == expected, f"{source} by {unit}"


@pytest.mark.parametrize("zone", CHANGES)
def test_wall_clocks_are_read_once(zone: str) -> None:
    """A repeated wall time is the later instant, a skipped one moves forward by what the clocks moved."""
    known, info = calendar(zone), ZoneInfo(zone)
    for change in CHANGES[zone]:
        for n in range(-8, 24 * 4):
            wall = datetime.combine(change, datetime.min.time()) + timedelta(minutes=15 * n)
            found = known.instant(wall)
            back = found.astimezone(info).replace(tzinfo=None, fold=0)
            instants = [wall.replace(tzinfo=info, fold=fold).astimezone(UTC) for fold in (0, 1)]
            assert found == max(instants)
            assert back >= wall


_SCRIPT = """\
case all rows
settings
  timezone: {zone}
  start: 2024-01-01
define
  sources:
    events: {{connection: app, time: at, complete: now, columns: {{id: integer, at: timestamptz}}}}
  kpis:
    hours: {{measure: count(*), source: events, grain: hour}}
    days: {{measure: count(*), source: events, grain: day}}
    weeks: {{measure: count(*), source: events, grain: week}}
load events
  id:INT at:TIMESTAMPTZ
{rows}
now 2024-04-29T00:00
run
"""


def test_buckets_and_rejected_rows_are_all_rows(tmp_path: Path) -> None:
    """What a run stores and what it says it could not place is all that the source holds before its end."""
    for zone in ("Africa/Cairo", "Australia/Lord_Howe"):
        random, of = Random(zone), calendar(zone)
        begin = of.day_start(date(2024, 4, 1))
        good = [begin + timedelta(minutes=random.randrange(28 * 24 * 60)) for _ in range(200)]
        bad = ["-", "-", '"1899-12-30 00:00+00"', '"9999-12-31 00:00+00"']
        lines = [f"  {n} {each}" for n, each in enumerate([*(f'"{time.isoformat(" ")}"' for time in good), *bad])]
        root = tmp_path / zone.replace("/", "-")
        root.mkdir()
        world = World(root)
        [case] = read(_SCRIPT.format(zone=zone, rows="\n".join(lines)))
        world.play(case)
        for name in ("hours", "days", "weeks"):
            end = of.floor(of.day_start(date(2024, 4, 29)), {"hours": "hour", "days": "day", "weeks": "week"}[name])
            expected = sum(1 for time in good if time < end)
            assert sum(row.value or 0 for row in world.stored(name)) == expected, name
