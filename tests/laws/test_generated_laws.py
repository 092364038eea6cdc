"""Laws 1, 3, 4, 5, 6, 8 and 9 over generated KPIs and tables, on DuckDB; what breaks one is made small and kept as a script.

The laws of the modules beside this one hold over written definitions of every kind and generated rows; here the definitions are
generated, too. `KPICTL_LAWS` times as many are tried; the same ones in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kpictl import passes
from kpictl.kinds.lower import ProjectLowering
from kpictl.kinds.lowered import Lowered
from tests.dialects.test_sessions import HOSTILE
from tests.laws.engine import Answer, differences, near
from tests.laws.generated import COLUMNS, Generated
from tests.laws.judged import answer, statement_of
from tests.laws.test_generated import hold
from tests.laws.world import MICROSECOND, Range
from tests.oracles.plugin import Counted

EXAMPLES = 6
_COARSER = {"hour": ("day",), "day": ("week", "month"), "month": ("quarter", "year"), "week": (), "quarter": ("year",)}
_MERGED: dict[str, Callable[[list[Any]], Any]] = {"sum": sum, "count": sum, "min": min, "max": max}
Law = Callable[[Generated, Counted], list[str]]


def _answers(
    case: Generated,
    judge: Counted,
    over: Range | None = None,
    unit: str | None = None,
    session: Mapping[str, object] | None = None,
) -> dict[tuple[str, ...], Answer]:
    """The finest set and the total."""
    project = case.project()
    kpi = case.lowered(project)
    if unit is not None:
        coarse = ProjectLowering(project).at("k", unit, kpi.dimensions)
        assert isinstance(coarse, Lowered)
        kpi = coarse
    judge.load(case.tables())
    found = {}
    for tree, dims in [(kpi.finest, kpi.dimensions)] + ([] if kpi.total is None else [(kpi.total, ())]):
        statement = statement_of(project, tree, "duckdb", over or case.range())
        assert statement is not None
        rows = answer(judge, "duckdb", statement, dims, session)
        found[dims] = {(key[0].replace(tzinfo=UTC), *key[1:]): row for key, row in rows.items()}
    return found


def _unlike(one: dict[tuple[str, ...], Answer], other: dict[tuple[str, ...], Answer]) -> list[str]:
    return [line for dims in one for line in differences(one[dims], other[dims])]


def _where(found: dict[tuple[str, ...], Answer], keep: Callable[[datetime], bool]) -> dict[tuple[str, ...], Answer]:
    return {dims: {key: row for key, row in each.items() if keep(key[0])} for dims, each in found.items()}


def _over(start: datetime, stop: datetime) -> Range:
    return Range(start=start, stop=stop, as_of=stop - MICROSECOND * 1000)


# -- the laws


def passes_change_nothing(case: Generated, judge: Counted) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "PASSES", ())
        plain = _answers(case, judge)
    return _unlike(plain, _answers(case, judge))


def any_chunks_are_the_whole(case: Generated, judge: Counted) -> list[str]:
    whole, known = case.range(), case.calendar()
    spine = list(known.spine(whole.start, whole.stop, case.grain))
    middle = spine[len(spine) // 2]
    parts = [
        _answers(case, judge, _over(*each))
        for each in ((whole.start, middle), (middle, whole.stop))
        if each[0] < each[1]
    ]
    joined = {dims: {key: row for part in parts for key, row in part[dims].items()} for dims in parts[0]}
    return _unlike(_answers(case, judge), joined)


def no_value_knows_its_future(case: Generated, judge: Counted) -> list[str]:
    times = sorted(row[1] for row in case.rows)
    cut = case.calendar().floor(times[len(times) // 2], case.grain)
    known = replace(case, rows=tuple(row for row in case.rows if row[1] < cut))
    over = case.range()
    found = [_where(_answers(each, judge, over), lambda at: at < cut) for each in (case, known)]
    return _unlike(*found)


def a_row_changes_its_own_bucket_alone(case: Generated, judge: Counted) -> list[str]:
    gone, *rest = case.rows
    bucket = case.calendar().floor(gone[1], case.grain)
    over = case.range()
    without = replace(case, rows=tuple(rest))
    return _unlike(*(_where(_answers(each, judge, over), lambda at: at != bucket) for each in (case, without)))


def each_row_is_in_one_bucket(case: Generated, judge: Counted) -> list[str]:
    counted = _answers(replace(case, measure="count(*)", where=None), judge)
    sums = {dims: sum(row["value"] or 0 for row in each.values()) for dims, each in counted.items()}
    return [f"{dims}: {number} of {len(case.rows)} rows" for dims, number in sums.items() if number != len(case.rows)]


def parts_merge_to_the_whole(case: Generated, judge: Counted) -> list[str]:
    case, fn = _mergeable(case)
    known, told = case.calendar(), []
    times = [row[1] for row in case.rows]
    for unit in _COARSER[case.grain]:
        over = _over(known.floor(min(times), unit), known.next(known.floor(max(times), unit), unit))
        fine, direct = _answers(case, judge, over), _answers(case, judge, over, unit)
        for dims, found in direct.items():
            parts: dict[tuple[Any, ...], list[Any]] = {}
            for (at, *members), row in fine[dims].items():
                if row["value"] is not None:
                    parts.setdefault((known.floor(at, unit), *members), []).append(row["value"])
            for key in parts.keys() | {key for key, row in found.items() if row["value"] is not None}:
                merged = _MERGED[fn](parts[key]) if key in parts else None
                value = found.get(key, {}).get("value")
                if not near(merged, value):
                    told.append(f"by {unit}, {key}: {merged} against {value}")
    return told


def _mergeable(case: Generated) -> tuple[Generated, str]:
    """The case, where its measure is one aggregate that merges; else a sum under its filter."""
    fn, _, rest = case.measure.partition("(")
    depth, ends = 1, [n for n, sign in enumerate(rest, 1) if sign == ")"]
    for n, sign in enumerate(rest, 1):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            ends = [n]
            break
    if fn in _MERGED and "distinct" not in rest and ends == [len(rest)]:
        return case, fn
    return replace(case, measure=f"sum(case when {case.where or 'qty > 0'} then amount end)"), "sum"


def a_hostile_session_changes_nothing(case: Generated, judge: Counted) -> list[str]:
    return _unlike(_answers(case, judge), _answers(case, judge, session=HOSTILE["duckdb"]))


def the_order_of_rows_is_nothing(case: Generated, judge: Counted) -> list[str]:
    return _unlike(_answers(case, judge), _answers(replace(case, rows=case.rows[::-1]), judge))


def a_true_filter_filters_nothing(case: Generated, judge: Counted) -> list[str]:
    where = "id >= 0" if case.where is None else f"({case.where}) and (id is not null or kind = 'a')"
    return _unlike(_answers(case, judge), _answers(replace(case, where=where), judge))


def a_week_later_all_is_a_week_later(case: Generated, judge: Counted) -> list[str]:
    case = replace(case, zone="UTC", grain=case.grain if case.grain in ("hour", "day", "week") else "day")
    week = timedelta(days=7)
    later = replace(case, rows=tuple((row[0], row[1] + week, *row[2:]) for row in case.rows))
    moved = {
        dims: {(key[0] + week, *key[1:]): row for key, row in each.items()}
        for dims, each in _answers(case, judge).items()
    }
    return _unlike(moved, _answers(later, judge))


def whole_numbers_are_decimals(case: Generated, judge: Counted) -> list[str]:
    wide = replace(
        case,
        columns=tuple({**COLUMNS, "qty": "numeric(12,2)"}.items()),
        rows=tuple((*row[:3], None if row[3] is None else Decimal(row[3]), *row[4:]) for row in case.rows),
    )
    return _unlike(_answers(case, judge), _answers(wide, judge))


LAWS: tuple[Law, ...] = (
    passes_change_nothing,
    any_chunks_are_the_whole,
    no_value_knows_its_future,
    a_row_changes_its_own_bucket_alone,
    each_row_is_in_one_bucket,
    parts_merge_to_the_whole,
    a_hostile_session_changes_nothing,
    the_order_of_rows_is_nothing,
    a_true_filter_filters_nothing,
    a_week_later_all_is_a_week_later,
    whole_numbers_are_decimals,
)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Law, judge: Callable[[str], Counted]) -> None:
    engine = judge("duckdb")
    hold(lambda case: law(case, engine), EXAMPLES)
