"""Law 12: what is late reaches all that reads it, what is purged changes nothing that is frozen, what is stale is no zero.

Grown = rebuilt under windows, to-date, stocks, lags and expressions stands in `test_runs`; here are purged and stale sources.
Each case is a script, which is printed when it fails and can be kept as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from kpictl.model.calendar import calendar
from kpictl.stores import StoredValue, Wish, open_store
from tests.laws.world import ZONES, worlds
from tests.runner.script import World as Player
from tests.runner.script import comparable, read

KEPT = 20
"""Days that the source keeps in the cases of a purge."""
_HEAD = """\
case {name}
settings
  timezone: {zone}
define
  sources:
    events:
      connection: app
      time: at
      lateness: 3d
      key: [id]
      {more}
      columns: {{id: integer, user_id: text, amount: "numeric(10,2)", kind: text, at: timestamptz}}
  kpis:
    rows: {{measure: count(*), source: events, grain: day, dimensions: [kind]}}
    hours: {{measure: count(*), source: events, grain: hour}}
    total: {{measure: sum(amount), source: events, grain: day}}
    weeks: {{measure: avg(amount), source: events, grain: week}}
    months: {{measure: count(*), source: events, grain: month}}
    users_3d: {{measure: count(distinct user_id), source: events, window: 3d, grain: day}}
    middle: {{measure: "percentile(amount, 0.5)", source: events, grain: day}}
    total_4d: {{cumulative: {{of: total, window: 4d}}}}
    this_week: {{cumulative: {{of: rows, to_date: week}}, dimensions: [kind]}}
    standing: {{measure: sum(amount), source: events, grain: day, over_time: last, entity: user_id, carry: 3d}}
    today: {{query: "SELECT COUNT(*) FROM events WHERE at::date = CURRENT_DATE"}}
    mean: {{ratio: {{numerator: total, denominator: rows}}}}
    growth: {{expr: "rows - lag(rows, 2d)"}}
"""


def _rows(random: Random, first: datetime, stop: datetime, count: int) -> Iterator[str]:
    yield "load events"
    yield "  id:INT user_id:TEXT amount:DECIMAL(10,2) kind:TEXT at:TIMESTAMPTZ"
    minutes = int((stop - first).total_seconds() // 60)
    for at in [0, *(random.randrange(minutes) for _ in range(count)), minutes - 1]:
        time = (first + timedelta(minutes=at)).isoformat(sep=" ")
        amount = f"{random.randrange(1000) / 100:.2f}"
        yield f'  {random.randrange(10**9)} u{random.randrange(3)} {amount} {random.choice("ab-")} "{time}"'


def _values(player: Player) -> list[StoredValue]:
    store = open_store(player.loaded().project)
    try:
        return store.values(Wish(kpis=dict.fromkeys(player.names), dimensions=None))
    finally:
        store.close()


def _play(player: Player, text: str) -> list[StoredValue]:
    [case] = read(text)
    player.play(case)
    return _values(player)


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_purged_changes_nothing_that_is_frozen(zone: str, tmp_path: Path) -> None:
    known = calendar(zone)
    for n, world in enumerate(worlds("purged", zone)):
        random = world.random
        today = date(2024, 3, 12) + timedelta(days=random.randrange(40))
        head = _HEAD.format(
            name=f"purged in {zone} ({world.seed})", zone=zone, more=f"retention: {KEPT}d\n      complete: now"
        )
        lines = [head.rstrip()]
        lines += _rows(random, known.day_start(today - timedelta(days=45)), known.day_start(today), 60)
        lines += [f"now {today}", "run"]
        folder = tmp_path / str(n)
        folder.mkdir()
        player = Player(folder)
        before = _play(player, "\n".join(lines) + "\n")
        later = today + timedelta(days=random.choice((1, 2, 5)))
        purged = known.day_start(later - timedelta(days=KEPT))
        more = ["case later", "sql", f"  DELETE FROM events WHERE \"at\" < '{purged.isoformat(sep=' ')}'"]
        more += _rows(random, known.day_start(today - timedelta(days=2)), known.day_start(later), 9)
        more += [f"now {later}", random.choice(("run", "run --full-refresh"))]
        after = {_key(row): comparable(row) for row in _play(player, "\n".join(more) + "\n")}
        frozen = [row for row in before if row.time < purged and known.next(row.time, row.grain) <= purged]
        assert len({row.kpi for row in frozen}) >= 10
        told = [
            f"{row.kpi}: {comparable(row)} -> {after.get(_key(row))}"
            for row in frozen
            if comparable(row) != after.get(_key(row))
        ]
        assert not told, "\n".join([*told, "", *lines, *more[1:]])


def _key(row: StoredValue) -> tuple[object, ...]:
    return (row.kpi, row.grain, row.time, tuple(sorted(row.dimensions.items())))


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_stale_is_no_value(zone: str, tmp_path: Path) -> None:
    known = calendar(zone)
    for n, world in enumerate(worlds("stale", zone)):
        random = world.random
        cut = date(2024, 3, 12) + timedelta(days=random.randrange(40))
        today = cut + timedelta(days=random.choice((2, 3, 9)))
        lines = [_HEAD.format(name=f"stale in {zone} ({world.seed})", zone=zone, more="").rstrip()]
        lines += _rows(random, known.day_start(cut - timedelta(days=12)), known.day_start(cut), 25)
        lines += [f"now {today}", "run"]
        folder = tmp_path / str(n)
        folder.mkdir()
        player = Player(folder)
        found = _play(player, "\n".join(lines) + "\n")
        last = known.day_start(cut) - timedelta(minutes=1)
        late = [row for row in found if row.time > last]
        assert {"rows", "total_4d", "growth", "mean", "standing"} <= {row.kpi for row in late}
        told = [f"{row.kpi}: {comparable(row)}" for row in late if row.status == "ok" or row.value is not None]
        assert not told, "\n".join([*told, "", *lines])
        again = _play(
            player,
            "\n".join(
                ["case again", *_rows(random, known.day_start(cut), known.day_start(today), 9), f"now {today}", "run"]
            )
            + "\n",
        )
        final = {_key(row): row for row in again}
        still = [
            row for row in late if row.kpi == "rows" and not row.dimensions and final[_key(row)].status == "no_data"
        ]
        assert not still, "\n".join([*map(comparable, still), "", *lines])
