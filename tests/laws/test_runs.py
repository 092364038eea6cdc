"""Laws 1 and 7 of runs: grown step by step is rebuilt at once, what was known is remembered, a second run does nothing.

Each case is a script, which is printed when it fails and can be kept as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from kpictl.model.calendar import Calendar, calendar
from kpictl.stores import Wish, open_store
from tests.laws.world import ZONES, World, worlds
from tests.runner.script import Case, comparable, read
from tests.runner.script import World as Player

LATENESS = 5
_HEAD = """\
case {name}
settings
  timezone: {zone}
  fiscal_year_start: april
define
  sources:
    events:
      connection: app
      time: at
      complete: now
      lateness: {lateness}d
      key: [id]
      updated_at: changed
      columns:
        {{id: integer, user_id: text, amount: "numeric(10,2)", score: double, kind: text, at: timestamptz, changed: timestamptz}}
    days:
      connection: app
      time: day
      lateness: {lateness}d
      updated_at: changed
      columns: {{id: integer, user_id: text, qty: integer, kind: text, day: date, changed: timestamptz}}
  kpis:
    rows: {{measure: count(*), source: events, grain: day, dimensions: [kind]}}
    hours: {{measure: count(*), source: events, grain: hour}}
    total: {{measure: sum(amount), source: events, grain: day, dimensions: [kind]}}
    scores: {{measure: sum(score), source: events, grain: day}}
    mean: {{measure: avg(amount), source: events, grain: week, dimensions: [kind]}}
    months: {{measure: sum(amount) / count(*), source: events, grain: month}}
    users: {{measure: count(distinct user_id), source: events, grain: day}}
    users_3d: {{measure: count(distinct user_id), source: events, window: 3d, grain: day, dimensions: [kind]}}
    total_4d: {{measure: sum(amount), source: events, window: 4d, grain: day}}
    users_month: {{measure: count(distinct user_id), source: days, window: 1 month, grain: day}}
    middle: {{measure: "percentile(qty, 0.5)", source: days, grain: day, dimensions: [kind]}}
    visits: {{measure: count(*), source: days, grain: day}}
    today: {{query: "SELECT COUNT(DISTINCT user_id) FROM days WHERE day = CURRENT_DATE"}}
    last_week: {{query: "SELECT SUM(qty) FROM days WHERE day >= CURRENT_DATE - 7"}}
    last_hours: {{query: "SELECT COUNT(*) FROM events WHERE at >= now() - interval '30 hours'"}}
    by_day: {{query: "SELECT day AS time, kind, SUM(qty) AS value FROM days GROUP BY day, kind"}}
    sticky: {{ratio: {{numerator: users, denominator: users_3d}}}}
    share: {{ratio: {{numerator: visits, denominator: rows}}}}
    change: {{expr: "rows - lag(rows, 2d)"}}
    growth: {{expr: "total / lag(total, 1d) - 1"}}
    both: {{expr: rows + visits}}
    to_month: {{cumulative: {{of: total, to_date: month}}, dimensions: [kind]}}
    users_to_week: {{cumulative: {{of: users, to_date: week}}}}
    share_5d: {{cumulative: {{of: share, window: 5d}}}}
    standing: {{measure: sum(amount), source: events, grain: day, over_time: last, entity: user_id, carry: 4d}}
    stood: {{expr: "standing - lag(standing, 1d)"}}
"""


_EDITS = (
    ("total: {measure: sum(amount)", "total: {measure: sum(amount + 1)"),
    ("users: {measure: count(distinct user_id)", "users: {measure: count(distinct kind)"),
    ("source: events, window: 3d", "source: events, window: 2d"),
    ("lag(rows, 2d)", "lag(rows, 1d)"),
    ("of: share, window: 5d", "of: share, window: 3d"),
    ("carry: 4d", "carry: 2d"),
    ("SUM(qty) FROM", "SUM(qty + 1) FROM"),
    ("visits: {measure: count(*)", "visits: {measure: count(qty)"),
)
"""What an author may change meanwhile: what it makes of earlier buckets is computed again."""


def _grown(world: World) -> str:
    """Runs on some days, each after rows that came, changed, moved or went late by less than `lateness`."""
    random, zone = world.random, world.zone
    known = calendar(zone)
    today = date(2024, 3, 1) + timedelta(days=random.randrange(40))
    head = _HEAD.format(name=f"grown in {zone} ({world.seed})", zone=zone, lateness=LATENESS)
    lines, defined = [head], head[head.index("define") :].rstrip()
    lines += list(_loads(random, zone, known.day_start(today - timedelta(days=12)), known.day_start(today), 25))
    for _ in range(4):
        today += timedelta(days=random.choice((1, 1, 2, 4)))
        # Rows before the tick less the lateness come too late for this run.
        first = known.shift(known.day_start(today), -LATENESS, "day")
        lines += list(_loads(random, zone, first, known.day_start(today), random.choice((0, 1, 6))))
        lines += ["sql", *random.sample(_changes(random, known, first), random.randrange(3))]
        if random.random() < 0.4:
            defined = defined.replace(*random.choice(_EDITS))
            lines.append(defined)
        lines += [f"now {today.isoformat()}T{random.choice(('00:00', '06:30', '23:59'))}", "run"]
    return "\n".join(lines) + "\n"


def _changes(random: Random, known: Calendar, first: datetime) -> list[str]:
    """Statements on rows since `first` that an `updated_at` notes, or that only the number of rows gives away."""
    events = f"\"at\" >= '{first.isoformat(sep=' ')}' AND id % 5 = {random.randrange(5)}"
    days = f"day >= DATE '{known.local_date(first)}' AND id % 4 = {random.randrange(4)}"
    now = f"changed = '{_stamp(random)}'"
    return [
        f"  UPDATE events SET amount = 77, kind = 'a', {now} WHERE {events};",
        f'  UPDATE events SET "at" = "at" + INTERVAL 1 MINUTE, {now} WHERE {events};',
        f"  DELETE FROM events WHERE {events};",
        f"  UPDATE days SET qty = 5, user_id = 'u2', {now} WHERE {days};",
        # Not the last ones: they say how far the source is complete.
        f"  DELETE FROM days WHERE {days} AND day < (SELECT max(day) FROM days);",
    ]


def _stamp(random: Random) -> str:
    """Some `updated_at`: a row may become visible after others that bear a later one."""
    return f"2024-0{random.randrange(1, 7)}-{random.randrange(1, 29):02} 00:00:{random.random() * 60:09.6f}+00"


def _loads(random: Random, zone: str, first: datetime, stop: datetime, count: int) -> Iterator[str]:
    minutes = int((stop - first).total_seconds() // 60)
    known = calendar(zone)
    yield "load events"
    yield "  id:INT user_id:TEXT amount:DECIMAL(10,2) score:DOUBLE kind:TEXT at:TIMESTAMPTZ changed:TIMESTAMPTZ"
    for at in [0, *(random.randrange(minutes) for _ in range(count))]:
        amount = random.choice(("-", f"{random.randrange(1000) / 100:.2f}"))
        time = (first + timedelta(minutes=at)).isoformat(sep=" ")
        user, kind = random.choice(("u1", "u2", "u3", "-")), random.choice("aab-")
        yield f'  {random.randrange(10**6)} {user} {amount} {random.random()!r} {kind} "{time}" "{_stamp(random)}"'
    yield "load days"
    yield "  id:INT user_id:TEXT qty:INT kind:TEXT day:DATE changed:TIMESTAMPTZ"
    for _ in range(count // 2):
        day = known.local_date(first + timedelta(minutes=random.randrange(minutes)))
        user, kind = random.choice(("u1", "u2", "u3", "-")), random.choice("ab-")
        qty = random.choice("-0123")
        yield f'  {random.randrange(10**6)} {user} {qty} {kind} {day} "{_stamp(random)}"'


def _values(player: Player, known_at: datetime | None = None) -> dict[str, list[str]]:
    store = open_store(player.loaded().project)
    wish = Wish(kpis=dict.fromkeys(player.names), known_at=known_at, dimensions=None)
    found: dict[str, list[str]] = {name: [] for name in player.names}
    for row in store.values(wish):
        found[row.kpi].append(comparable(row))
    return {name: sorted(rows) for name, rows in found.items()}


def _unlike(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    return [
        f"{name}: {sign} {line}"
        for name in one
        for sign, lines in (("-", set(one[name]) - set(other[name])), ("+", set(other[name]) - set(one[name])))
        for line in sorted(lines)
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_grown_is_rebuilt_and_what_was_known_is_remembered(zone: str, tmp_path: Path) -> None:
    for n, world in enumerate(worlds("runs", zone)):
        text = _grown(world)
        [case] = read(text)
        folder = tmp_path / str(n)
        folder.mkdir()
        player = Player(folder)
        known: list[tuple[datetime, dict[str, list[str]]]] = []
        (folder / "kpis").mkdir()
        for step in case.steps:
            player.play(Case(case.name, (step,)))
            if step.word == "run":
                known.append((datetime.now(UTC), _values(player)))
        for at, values in known:
            told = _unlike(values, _values(player, at))
            assert not told, "what was known is told otherwise (- then, + now)\n" + "\n".join(told) + "\n\n" + text
        again = player.run([])
        assert {result.status for result in again.results} <= {"success", "nothing_to_do"}, text
        assert not any(result.values for result in again.results), f"a second run wrote something\n\n{text}"
        player.store = "target/rebuilt.duckdb"
        player.run([])
        told = _unlike(known[-1][1], _values(player))
        assert not told, "rebuilt differs (- grown, + rebuilt)\n" + "\n".join(told) + "\n\n" + text


_MANY = """\
case sums of doubles on several threads
settings
  timezone: Europe/Berlin
define
  sources:
    facts:
      connection: app
      time: at
      complete: now
      lateness: 400d
      columns: {x: double, n: "numeric(12,2)", user_id: integer, kind: text, at: timestamptz}
  kpis:
    sum_x: {measure: sum(x), source: facts, grain: day, dimensions: [kind]}
    avg_x: {measure: avg(x), source: facts, grain: week}
    spread: {measure: stddev_samp(x), source: facts, grain: month}
    sum_n: {measure: sum(n), source: facts, grain: day}
    users: {measure: count(distinct user_id), source: facts, window: 7d, grain: day}
    share: {ratio: {numerator: sum_x, denominator: sum_n}}
sql
  CREATE TABLE facts AS SELECT (hash(i) % 1000003) / 7.0 * pow(10, i % 9) AS x, (hash(i) % 100000)::DECIMAL(12,2) / 100 AS n,
  (hash(i) % 5000)::INT AS user_id, 'k' || (i % 4) AS kind, TIMESTAMPTZ '2024-03-01 00:00+00' + to_seconds(i * 25) AS "at"
  FROM range(200000) t(i)
now 2024-05-01
run
"""


@pytest.mark.parametrize("threads", [2, 4])
def test_a_second_run_with_other_threads_writes_nothing(threads: int, tmp_path: Path) -> None:
    [case] = read(_MANY)
    player = Player(tmp_path)
    player.play(case)
    player.threads = threads
    for arguments in ([], ["--full-refresh"]):
        again = player.run(arguments)
        assert {result.status for result in again.results} <= {"success", "nothing_to_do"}
        wrote = {result.unique_id: result.values for result in again.results if result.values}
        assert not wrote, f"{threads} threads {arguments}: {wrote}"
    assert player.superseded() == 0
