"""Laws 1, 2, 7 and 12 over generated projects: KPIs of every kind that are made of drawn measures, run into a store.

Each case is a script, which is printed when it fails and can be kept as it is. `KPICTL_LAWS` times as many are tried; the same
ones in every run.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kpictl.diagnostics import Place
from kpictl.kinds.lowered import Lowered, Reading
from kpictl.kinds.query_lowering import scope
from kpictl.model.calendar import calendar
from kpictl.model.kpis import QuerySpec
from kpictl.model.project import Project
from kpictl.plan.lowering import lowering
from kpictl.project import load
from kpictl.sql.frontdoor import query
from kpictl.stores import StoredValue, Wish, open_store
from tests.laws.engine import Answer, answer, asked, differences, printed
from tests.laws.generated import COLUMNS, _conditions, _measures
from tests.laws.world import MICROSECOND, ZONES, Range
from tests.laws.world import settings as zoned
from tests.runner.script import World as Player
from tests.runner.script import comparable, read

EXAMPLES = 2
KEPT = 20
"""Days that the source keeps in the cases of a purge."""
_LOADED = "id:INTEGER at:TIMESTAMPTZ amount:DECIMAL(10,2) qty:INTEGER kind:TEXT"
Definitions = dict[str, Any]


def _few(law: Callable[..., None], examples: int) -> Callable[..., None]:
    """The law over so many drawn cases; nothing is made small, as a case is a whole history."""
    return settings(
        max_examples=examples * int(os.environ.get("KPICTL_LAWS", "1")),
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )(law)


# -- projects


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Definitions]:
    """KPIs by name: two measures that are drawn, and one of each other kind that is made of them."""
    drawn = st.integers(2, 5)
    lagged = st.sampled_from(
        ("one - lag(one, {n}d)", "one + two", "coalesce(two, 0) * {n}", "two / lag(two, {n}d) - 1")
    )
    since = st.sampled_from(
        ("at >= CURRENT_DATE - {n}", "at >= now() - interval '{n}0 hours'", "at::date = CURRENT_DATE")
    )
    found = {
        "one": _measure(draw, draw(st.sampled_from(("hour", "day")))),
        "two": _measure(draw, "day"),
        "coarse": _measure(draw, draw(st.sampled_from(("week", "month")))),
        "windowed": {**_measure(draw, "day"), "window": f"{draw(drawn)}d"},
        "standing": {
            "measure": draw(st.sampled_from(("sum(amount)", "count(*)", "sum(qty)"))),
            "source": "facts",
            "grain": "day",
            "over_time": "last",
            "entity": "kind",
            "carry": f"{draw(drawn)}d",
        },
        "share": {"ratio": {"numerator": "two", "denominator": "one"}},
        "told": {"expr": draw(lagged).format(n=draw(drawn))},
        "moved": {"cumulative": {"of": "two", "window": f"{draw(drawn)}d"}},
        "to_date": {"cumulative": {"of": "two", "to_date": draw(st.sampled_from(("week", "month", "fiscal_year")))}},
        "lifted": {"query": f"SELECT {draw(_measures())} FROM facts WHERE {draw(since).format(n=draw(drawn))}"},
    }
    condition = draw(_conditions())
    found["lifted"]["query"] += f" AND ({condition})"
    return found


def _measure(draw: st.DrawFn, grain: str) -> Definitions:
    found: Definitions = {"measure": draw(_measures()), "source": "facts", "grain": grain}
    where = draw(st.one_of(st.none(), _conditions()))
    if where is not None:
        found["where"] = where
    if draw(st.booleans()):
        found["dimensions"] = ["kind"]
    return found


def _definitions(kpis: dict[str, Definitions], more: Definitions) -> Definitions:
    source = {"connection": "app", "time": "at", "key": ["id"], "lateness": "5d", "columns": COLUMNS, **more}
    return {"sources": {"facts": source}, "kpis": kpis}


def _project(kpis: dict[str, Definitions], zone: str) -> Project:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "kpis").mkdir()
        (root / "kpis" / "all.yml").write_text(yaml.safe_dump(_definitions(kpis, {})), encoding="utf-8")
        (root / "kpi_project.yml").write_text(zoned(zone), encoding="utf-8")
        loaded = load(root, profiles_dir=None, target=None, variables=None, profile=False)
    assert loaded.project is not None, loaded.diagnostics
    return loaded.project


def _sound(kpis: dict[str, Definitions]) -> dict[str, Definitions]:
    """Without those that have no meaning together, such as a stock of what has no closing value: they are refused."""
    while True:
        found = lowering(_project(kpis, "UTC"))
        kept = {name: kpi for name, kpi in kpis.items() if isinstance(found[name], Lowered)}
        reads = {
            name: str(kpi.get("ratio", "")) + str(kpi.get("expr", "")) + str(kpi.get("cumulative", ""))
            for name, kpi in kept.items()
        }
        gone = kpis.keys() - kept.keys()
        kept = {name: kpi for name, kpi in kept.items() if not any(each in reads[name] for each in gone)}
        if len(kept) == len(kpis):
            return kept
        kpis = kept


# -- scripts


def _head(name: str, zone: str, kpis: dict[str, Definitions], more: Definitions) -> list[str]:
    told = [f"case {name}", "settings", f"  timezone: {zone}", "  fiscal_year_start: april"]
    return [*told, *_define(kpis, more)]


def _define(kpis: dict[str, Definitions], more: Definitions) -> list[str]:
    text = yaml.safe_dump(_definitions(kpis, more), sort_keys=False, default_flow_style=None, width=1000)
    return ["define", *(f"  {line}" for line in text.rstrip().split("\n"))]


def _rows(random: Random, first: datetime, stop: datetime, count: int) -> Iterator[str]:
    yield "load facts"
    yield f"  {_LOADED}"
    minutes = int((stop - first).total_seconds() // 60)
    for at in [0, *(random.randrange(minutes) for _ in range(count)), minutes - 1]:
        time = (first + timedelta(minutes=at)).isoformat(sep=" ")
        amount = random.choice(("-", f"{random.randrange(-300, 900) / 100:.2f}"))
        yield f'  {random.randrange(10**9)} "{time}" {amount} {random.choice("-012345")} {random.choice("aabB-")}'


def _values(player: Player) -> list[StoredValue]:
    store = open_store(player.loaded().project)
    try:
        return store.values(Wish(kpis=dict.fromkeys(player.names), dimensions=None))
    finally:
        store.close()


def _play(player: Player, lines: list[str]) -> list[StoredValue]:
    [case] = read("\n".join(lines) + "\n")
    player.play(case)
    return _values(player)


def _texts(values: list[StoredValue]) -> list[str]:
    return sorted(f"{row.kpi} {row.grain} {comparable(row)}" for row in values)


def _key(row: StoredValue) -> tuple[object, ...]:
    return (row.kpi, row.grain, row.time, tuple(sorted(row.dimensions.items())))


# -- the laws


def test_grown_is_rebuilt_and_a_second_run_writes_nothing(tmp_path: Path) -> None:
    """Rows that come late, definitions that change meanwhile; then rebuilt, and run again on other threads."""

    def law(kpis: dict[str, Definitions], later: dict[str, Definitions], seed: int) -> None:
        random, zone = Random(seed), ZONES[seed % len(ZONES)]
        known, today = calendar(zone), date(2024, 3, 12) + timedelta(days=seed % 40)
        kpis, complete = _sound(kpis), {"complete": "now"}
        lines = _head(f"grown in {zone} ({seed})", zone, kpis, complete)
        lines += _rows(random, known.day_start(today - timedelta(days=12)), known.day_start(today), 25)
        lines += [f"now {today}", "run"]
        for edited in (False, True):
            today += timedelta(days=random.choice((1, 2, 4)))
            # Rows before the tick less the lateness come too late for this run.
            first = known.shift(known.day_start(today), -5, "day")
            lines += _rows(random, first, known.day_start(today), 6)
            if edited:
                lines += _define(_sound({**kpis, "two": later["two"], "windowed": later["windowed"]}), complete)
            lines += [f"now {today}T{random.choice(('00:00', '06:30'))}", "run"]
        player = Player(Path(tempfile.mkdtemp(dir=tmp_path)))
        grown = _texts(_play(player, lines))
        player.threads = 3
        again = {each.unique_id: each.values for each in player.run([]).results if each.values}
        assert not again, f"a second run wrote {again}\n\n" + "\n".join(lines)
        player.store = "target/rebuilt.duckdb"
        player.run([])
        rebuilt = _texts(_values(player))
        told = [f"- {line}" for line in sorted(set(grown) - set(rebuilt))]
        told += [f"+ {line}" for line in sorted(set(rebuilt) - set(grown))]
        assert not told, "rebuilt differs (- grown, + rebuilt)\n" + "\n".join([*told, "", *lines])

    _few(given(projects(), projects(), st.integers(0, 10**6))(law), EXAMPLES)()


def test_what_is_purged_changes_nothing_that_is_frozen(tmp_path: Path) -> None:
    def law(kpis: dict[str, Definitions], seed: int) -> None:
        random, zone = Random(seed), ZONES[seed % len(ZONES)]
        known, today = calendar(zone), date(2024, 3, 12) + timedelta(days=seed % 40)
        more = {"complete": "now", "retention": f"{KEPT}d"}
        lines = _head(f"purged in {zone} ({seed})", zone, _sound(kpis), more)
        lines += _rows(random, known.day_start(today - timedelta(days=45)), known.day_start(today), 50)
        lines += [f"now {today}", "run"]
        player = Player(Path(tempfile.mkdtemp(dir=tmp_path)))
        before = _play(player, lines)
        later = today + timedelta(days=random.choice((1, 2, 5)))
        purged = known.day_start(later - timedelta(days=KEPT))
        after = ["case later", "sql", f"  DELETE FROM facts WHERE \"at\" < '{purged.isoformat(sep=' ')}'"]
        after += [f"now {later}", random.choice(("run", "run --full-refresh"))]
        found = {_key(row): comparable(row) for row in _play(player, after)}
        frozen = [row for row in before if row.time < purged and known.next(row.time, row.grain) <= purged]
        told = [
            f"{_key(row)}: {comparable(row)} -> {found.get(_key(row))}"
            for row in frozen
            if comparable(row) != found.get(_key(row))
        ]
        assert frozen
        assert not told, "\n".join([*told, "", *lines, *after])

    _few(given(projects(), st.integers(0, 10**6))(law), EXAMPLES)()


def test_what_is_stale_is_no_value(tmp_path: Path) -> None:
    def law(kpis: dict[str, Definitions], seed: int) -> None:
        random, zone = Random(seed), ZONES[seed % len(ZONES)]
        known, cut = calendar(zone), date(2024, 3, 12) + timedelta(days=seed % 40)
        today = cut + timedelta(days=random.choice((2, 3, 9)))
        lines = _head(f"stale in {zone} ({seed})", zone, _sound(kpis), {})
        lines += _rows(random, known.day_start(cut - timedelta(days=12)), known.day_start(cut), 25)
        lines += [f"now {today}", "run"]
        found = _play(Player(Path(tempfile.mkdtemp(dir=tmp_path))), lines)
        late = [row for row in found if row.time >= known.day_start(cut)]
        told = [f"{_key(row)}: {comparable(row)}" for row in late if row.status == "ok" or row.value is not None]
        assert late
        assert not told, "\n".join([*told, "", *lines])

    _few(given(projects(), st.integers(0, 10**6))(law), EXAMPLES)()


def test_a_lifted_bucket_is_the_query_then() -> None:
    """The text as anybody would run it, with the clock at the bucket's as-of, on the rows before its end."""
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute('CREATE TABLE held (id INTEGER, "at" TIMESTAMPTZ, amount DECIMAL(10,2), qty INTEGER, kind TEXT)')
        engine.execute("CREATE VIEW facts AS SELECT * FROM held WHERE \"at\" < getvariable('ends')")
        judged = []

        def law(kpis: dict[str, Definitions], seed: int) -> None:
            random, zone = Random(seed), ZONES[seed % len(ZONES)]
            project, known = _project({"lifted": kpis["lifted"]}, zone), calendar(zone)
            kpi = lowering(project)["lifted"]
            if not isinstance(kpi, Lowered) or kpi.reading is not Reading.AS_OF:
                return
            spec = project.kpis["lifted"].spec
            assert isinstance(spec, QuerySpec)
            text = printed(query(spec.query, scope(project), Place("laws.sql")))
            first = date(2024, 3, 28)
            start, stop = known.day_start(first), known.day_start(first + timedelta(days=5))
            rows = [
                (n, start + timedelta(minutes=random.randrange(-3000, 7000)), *_cells(random))
                for n in range(random.randrange(1, 20))
            ]
            engine.execute("DELETE FROM held")
            engine.executemany("INSERT INTO held VALUES (?, ?, ?, ?, ?)", rows)
            engine.execute("SET VARIABLE ends = ?", [stop + timedelta(days=9)])
            lifted = answer(engine, kpi.finest, Range(start=start, stop=stop, as_of=stop - MICROSECOND), ())
            then: Answer = {}
            unit = kpi.grain.unit
            spine = list(known.spine(start, stop, unit))
            for at in spine:
                end = known.next(at, unit)
                engine.execute("SET VARIABLE ends = ?", [end])
                [found] = asked(engine, text, Range(start=at, stop=end, as_of=end - MICROSECOND))
                then[(at,)] = {"value": next(iter(found.values()))}
            empty = None if kpi.empty is None else float(kpi.empty)
            shown: Answer = {(at,): {"value": lifted.get((at,), {}).get("value", empty)} for at in spine}
            told = differences(then, shown)
            judged.append(spec.query)
            assert not told, "\n".join([f"{zone}: {spec.query}", *told, *map(str, rows)])

        _few(given(projects(), st.integers(0, 10**6))(law), EXAMPLES * 8)()
        assert len(judged) > EXAMPLES * 4


def _cells(random: Random) -> tuple[Any, ...]:
    amount = random.choice((None, Decimal(random.randrange(-300, 900)) / 100))
    return amount, random.choice((None, 0, 1, 2, 5)), random.choice((None, "a", "b", "B"))
