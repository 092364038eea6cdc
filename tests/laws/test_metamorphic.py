"""Law 8: changes of rows, texts and clocks that must change nothing, or change the answer in a known way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from kpictl.kinds.lower import lower_project
from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import MeasureSpec
from kpictl.project import load
from tests.laws.engine import Answer, answer, differences, fill
from tests.laws.reproduce import Broken, hold
from tests.laws.world import (
    DEFINITIONS,
    HERE,
    NAMES,
    ZONES,
    Range,
    Rows,
    World,
    lowered,
    project,
    settings,
    trees,
    worlds,
)

Answers = dict[tuple[str, ...], Answer]
Change = Callable[[World, Rows], Rows]
_WEEK = timedelta(days=7)
TIMES = ("at", "day", "wall", "started", "ended", "month")


def _answers(engine: duckdb.DuckDBPyConnection, kpi: Lowered, over: Range) -> Answers:
    return {dims: answer(engine, tree, over, dims) for tree, dims in trees(kpi)}


def _unlike(one: Answers, other: Answers) -> list[str]:
    return [line for dims in one for line in differences(one[dims], other[dims])]


def _hold(
    engine: duckdb.DuckDBPyConnection,
    law: str,
    zone: str,
    names: tuple[str, ...],
    change: Change,
    *,
    moved: timedelta = timedelta(),
    expected: Callable[[str, Answers], Answers] = lambda _, found: found,
) -> None:
    """Each KPI over changed rows, `moved` later, answers what is expected of its answer over the plain ones."""
    for world in worlds(law, zone):
        over = {name: world.range(lowered(zone)[name]) for name in names}

        def both(rows: Rows, asked: tuple[str, ...], given: Any = (world, over)) -> dict[str, list[str]]:
            world, over = given
            fill(engine, rows)
            plain = {name: expected(name, _answers(engine, lowered(zone)[name], over[name])) for name in asked}
            fill(engine, change(world, rows))
            told = {}
            for name in asked:
                later = Range(**{key: getattr(over[name], key) + moved for key in ("start", "stop", "as_of")})
                told[name] = _unlike(plain[name], _answers(engine, lowered(zone)[name], later))
            return told

        first = both(world.rows, names)

        def broken(name: str, rows: Rows, given: Any = (world, over, first, both)) -> Broken | None:
            world, over, first, both = given
            told = first[name] if rows is world.rows else both(rows, (name,))[name]
            return ([f"({law})", *told], over[name], None) if told else None

        hold(world, names, broken)


@pytest.mark.parametrize("zone", ZONES[:2])
def test_the_order_of_rows_is_nothing(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    def shuffled(world: World, rows: Rows) -> Rows:
        return {table: world.random.sample(found, len(found)) for table, found in rows.items()}

    _hold(engine, "permuted rows", zone, NAMES, shuffled)


@pytest.mark.parametrize("zone", ZONES[2:4])
def test_rows_that_know_nothing_change_no_value(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Rows without a time are in no bucket, and what has no time counts nowhere."""
    names = tuple(name for name in NAMES if lowered(zone)[name].reading.name not in ("SERIES", "SNAPSHOT"))

    def with_nulls(world: World, rows: Rows) -> Rows:
        lost = [{"id": 900 + n, "kind": "a", "qty": 3, "user_id": "u9", "amount": 1, "score": 1.0} for n in range(3)]
        ghosts = [{"id": 900, "plan": "x", "amount": 5}]
        more = {"events": lost, "days": lost, "walls": lost, "terms": ghosts, "spans": ghosts}
        return {table: [*found, *more.get(table, [])] for table, found in rows.items()}

    _hold(engine, "rows without a time", zone, names, with_nulls)


SCALED = (
    "m_sum_day",
    "m_sum_month",
    "m_double",
    "m_extremes",
    "m_joined",
    "win_sum",
    "win_month",
    "win_avg",
    "v_month",
    "q_month",
)


@pytest.mark.parametrize("zone", ZONES[4:])
def test_scaled_values_give_scaled_sums(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    def scaled(world: World, rows: Rows) -> Rows:
        def times(row: dict[str, Any]) -> dict[str, Any]:
            return {k: v * 8 if k in ("amount", "score") and v is not None else v for k, v in row.items()}

        return {table: [times(row) for row in found] for table, found in rows.items()}

    def eightfold(_: str, found: Answers) -> Answers:
        def times(row: dict[str, Any]) -> dict[str, Any]:
            return {**row, "value": None if row["value"] is None else row["value"] * 8}

        return {dims: {key: times(row) for key, row in each.items()} for dims, each in found.items()}

    _hold(engine, "values times 8", zone, SCALED, scaled, expected=eightfold)


@pytest.mark.parametrize("zone", ZONES[-1:])
def test_a_week_later_all_is_a_week_later(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    """In a zone whose clocks stay, for what hangs on days, hours and weeks alone."""
    names = tuple(n for n in NAMES if lowered(zone)[n].grain.unit in ("hour", "day", "week") and not _reads_months(n))

    def later(_: World, rows: Rows) -> Rows:
        def moved(row: dict[str, Any]) -> dict[str, Any]:
            return {k: v + _WEEK if k in TIMES and isinstance(v, date | datetime) else v for k, v in row.items()}

        return {table: [moved(row) for row in found] for table, found in rows.items()}

    def expected(_: str, found: Answers) -> Answers:
        def moved(key: tuple[Any, ...]) -> tuple[Any, ...]:
            return (key[0] + _WEEK, *key[1:]) if isinstance(key[0], datetime) else key

        return {dims: {moved(key): row for key, row in each.items()} for dims, each in found.items()}

    _hold(engine, "a week later", zone, names, later, moved=_WEEK, expected=expected)


def _reads_months(name: str) -> bool:
    block = yaml.load(DEFINITIONS.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)["kpis"][name]
    operands = [up for up in lowered("Asia/Kolkata")[name].upstream if _reads_months(up)]
    return any(unit in str(block) for unit in ("month", "quarter", "year")) or bool(operands)


# -- texts


@pytest.mark.parametrize("zone", ZONES[1:3])
def test_a_filter_that_is_true_filters_nothing(engine: duckdb.DuckDBPyConnection, zone: str) -> None:
    whole = project(zone)
    true = "(qty is null or qty = qty) and not (1 = 2) and coalesce(id, 0) >= 0"
    changed = {}
    for name, kpi in whole.kpis.items():
        if isinstance(kpi.spec, MeasureSpec) and kpi.spec.source in ("events", "days", "walls"):
            where = true if kpi.spec.where is None else f"({kpi.spec.where}) and {true}"
            changed[name] = replace(kpi, spec=replace(kpi.spec, where=where))
    outcomes = lower_project(replace(whole, kpis={**whole.kpis, **changed}), changed)
    for world in worlds("true filters", zone):
        fill(engine, world.rows)
        for name in changed:
            other = outcomes[name]
            assert isinstance(other, Lowered), other
            over = world.range(lowered(zone)[name])
            told = _unlike(_answers(engine, lowered(zone)[name], over), _answers(engine, other, over))
            assert not told, f"{name} in {zone} ({world.seed}):\n" + "\n".join(told)


@cache
def _texts() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = yaml.load(
        (HERE / "same_texts.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader
    )
    return found


@pytest.mark.parametrize("group", _texts())
def test_other_words_for_the_same(engine: duckdb.DuckDBPyConnection, group: str, tmp_path: Path) -> None:
    """Reformatted texts, renamed aliases, swapped operands: the same answers, and the same ir where the file says so."""
    zone = ZONES[0]
    whole = yaml.load(DEFINITIONS.read_text(encoding="utf-8").replace("ZONE", zone), Loader=yaml.BaseLoader)
    forms = _texts()[group]
    same_ir = group.endswith("(same ir)")
    kpis = {f"form_{n}": form for n, form in enumerate(forms)}
    (tmp_path / "kpis").mkdir()
    text = yaml.safe_dump({"sources": whole["sources"], "kpis": kpis}, default_flow_style=None)
    (tmp_path / "kpis" / "all.yml").write_text(text, encoding="utf-8")
    (tmp_path / "kpi_project.yml").write_text(settings(zone), encoding="utf-8")
    loaded = load(tmp_path, profiles_dir=None, target=None, variables=None, profile=False)
    assert loaded.project is not None, loaded.diagnostics
    found = lower_project(loaded.project)
    first = found["form_0"]
    assert isinstance(first, Lowered), first
    for world in worlds("texts", zone):
        fill(engine, world.rows)
        over = world.range(first)
        plain = _values(_answers(engine, first, over))
        assert any(plain.values()), "the rows of this world say nothing about it"
        for n, form in enumerate(forms):
            other = found[f"form_{n}"]
            assert isinstance(other, Lowered), (form, other)
            assert not _unlike(plain, _values(_answers(engine, other, over))), form
            if same_ir:
                assert other.trees() == first.trees(), form
                # How a text was read decides which of its first buckets are partial, so it is part of the fingerprint.
                assert (other.fingerprint == first.fingerprint) is (other.reading is first.reading), form


def _values(found: Answers) -> Answers:
    """Without divisors: texts that say the same may divide by another number."""
    return {dims: {key: {"value": row["value"]} for key, row in each.items()} for dims, each in found.items()}
