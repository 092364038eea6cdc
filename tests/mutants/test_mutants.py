"""Every mutant dies: the data of functions, the corpora or the worlds of the laws catch what is swapped or dropped.

In this process and on DuckDB alone. `survivors.yml` lists those that change nothing, each with the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from types import ModuleType

import pytest

from kpictl.diagnostics import Place, Refused
from kpictl.dialects.dialect import Dialect
from kpictl.dialects.duckdb import DUCKDB
from kpictl.dialects.render import render
from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.query import Query, Relation, TableRef
from kpictl.ir.scalars import Agg, Call, Over, Scalar
from kpictl.sql.frontdoor import query
from kpictl.sql.walk import find
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.extended import extended
from tests.corpus.outcomes import reviewed
from tests.corpus.scopes import scope
from tests.dialects.cases import TABLE, Case, cases
from tests.dialects.engine import Engine, table
from tests.dialects.refusals import listed
from tests.dialects.test_sessions import HOSTILE
from tests.mutants import world
from tests.mutants.duckdb_fast import FastDuckdb
from tests.mutants.passes import Mutant
from tests.mutants.passes import mutants as mutants_of_passes
from tests.mutants.renderings import Use, mutants
from tests.mutants.trees import CHANGES, Change, mutated
from tests.mutants.verdicts import Verdicts
from tests.oracles.judge import Rejected

CORPORA: tuple[ModuleType, ...] = (corpus, extended)


class _ByBlock(Engine):
    """Reads the rows of a case from a table of their own: a WHERE would be a mutant's, too."""

    def _source(self, case: Case, ats: Sequence[int], constants: bool) -> tuple[Relation, Scalar | None]:
        if constants:
            return super()._source(case, ats, constants)
        return TableRef(f"rows_{case.first}", TABLE), None


@cache
def _judge(settings: tuple[tuple[str, object], ...] = ()) -> FastDuckdb:
    found = FastDuckdb({TABLE: table()}, dict(settings))
    for first, last in {(case.first, case.first + len(case.rows) - 1) for case in cases()}:
        found.execute(f"CREATE VIEW rows_{first} AS SELECT * FROM {TABLE} WHERE id BETWEEN {first} AND {last}")
    return found


_HOSTILE = tuple(HOSTILE["duckdb"].items())
_OBEYED = (*_HOSTILE, *DUCKDB.settings.items())
"""A hostile session with the settings of the statement."""


def _caught(dialect: Dialect, own: Iterable[Case], *, settings: tuple[tuple[str, object], ...] = ()) -> bool:
    engine = _ByBlock(dialect, _judge(settings), {})
    return any(_differs(engine, case, constants) for constants in (False, True) for case in own)


def _differs(engine: Engine, case: Case, constants: bool) -> bool:
    try:
        return bool(engine.differences(case, constants=constants))
    except (Refused, AssertionError, ValueError, LookupError, TypeError):  # a mutant may end the printer itself
        return True


@cache
def _accepted() -> tuple[Case, ...]:
    refused = listed("duckdb")
    return tuple(case for case in cases() if case.label not in refused)


# -- renderings


def _uses(fn: str) -> Iterator[tuple[Case, Use]]:
    for case in _accepted():
        made = case.expression()
        for call in find(made.call if isinstance(made, Over) else made, (Call, Agg)):
            if call.fn == fn:
                yield case, Use(call)


@pytest.mark.parametrize("fn", [name for name in FUNCTIONS if name != "grouping"])
def test_renderings(verdicts: Verdicts, fn: str) -> None:
    found = sorted(_uses(fn), key=lambda pair: pair[0].fn != fn)
    names = set()
    for mutant in mutants(DUCKDB, fn, [use for _, use in found]):
        own = {found[at][0].label: found[at][0] for at in mutant.calls}
        names.add(mutant.name)
        verdicts.note(
            mutant.name,
            _caught(mutant.dialect, own.values()) or _caught(mutant.dialect, own.values(), settings=_OBEYED),
        )
    assert verdicts.surprises(names) == []


# -- queries


@cache
def _queries(source: ModuleType) -> tuple[tuple[corpus.Query, Query], ...]:
    refused = reviewed("duckdb")
    return tuple(
        (one, query(one.sql, scope(source), Place("x.sql"))) for one in source.queries() if one.id not in refused
    )


@cache
def _corpus_judge(source: ModuleType) -> FastDuckdb:
    return FastDuckdb(source.tables())


def _caught_by_corpus(change: Change) -> bool:
    return any(_answers_otherwise(source, one, tree, change) for source in CORPORA for one, tree in _queries(source))


def _answers_otherwise(source: ModuleType, one: corpus.Query, tree: Query, change: Change) -> bool:
    other = mutated(tree, change)
    if other is tree:
        return False
    try:
        done = render(other, DUCKDB, relations=lambda name: (name,), literals={"as_of": source.AS_OF})
        rows = _corpus_judge(source).execute(done.sql).rows
    except Rejected:
        return True
    return difference(one.rows, rows, one.ordered) is not None


@pytest.mark.parametrize("name", CHANGES)
def test_queries(verdicts: Verdicts, name: str) -> None:
    change = CHANGES[name]
    dialect = replace(DUCKDB, passes=(*DUCKDB.passes, lambda tree: mutated(tree, change)))
    own = [case for case in _accepted() if mutated(made := case.expression(), change) is not made]
    caught = _caught_by_corpus(change) or _caught(dialect, own)
    verdicts.note(f"queries: {name}", caught)
    assert verdicts.surprises({f"queries: {name}"}) == []


# -- what a dialect says of its engine


DIALECTS = {
    "NULLs last is the default": (replace(DUCKDB, default_nulls=lambda descending: True), True),
    "NULLs first is the default of descending": (
        replace(DUCKDB, default_nulls=lambda descending: not descending),
        False,
    ),
    "order by length": (
        replace(DUCKDB, order_value=lambda piece, type: replace(piece, text=f"len({piece.text})")),
        False,
    ),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_dialects(verdicts: Verdicts, name: str) -> None:
    dialect, hostile = DIALECTS[name]
    own = [case for case in _accepted() if case.spec.get("order")]
    verdicts.note(f"dialect: {name}", _caught(dialect, own, settings=_OBEYED if hostile else ()))
    assert verdicts.surprises({f"dialect: {name}"}) == []


@pytest.mark.parametrize("name", DUCKDB.settings)
def test_settings(verdicts: Verdicts, name: str) -> None:
    """In a hostile session in which all settings but one are made."""
    kept = {setting: value for setting, value in DUCKDB.settings.items() if setting != name}
    some = [case for case in _accepted() if case.fn in ("eq", "to_local", "rank", "sqrt")]
    verdicts.note(f"setting: {name}", _caught(DUCKDB, some, settings=(*_HOSTILE, *kept.items())))
    assert verdicts.surprises({f"setting: {name}"}) == []


# -- passes


@pytest.fixture(scope="module")
def right() -> dict[str, tuple[str, tuple[str, ...]]]:
    """The statements of every KPI as they should be."""
    return {name: world.statement(name) for name in world.lowered()}


@pytest.mark.parametrize("name", world.lowered())
def test_the_world_is_right(right: dict[str, tuple[str, tuple[str, ...]]], name: str) -> None:
    assert world.wrong(name, right[name]) is None


@pytest.mark.parametrize(
    ("name", "mutant"), [*mutants_of_passes()], ids=lambda value: value if isinstance(value, str) else ""
)
def test_passes(
    verdicts: Verdicts,
    right: dict[str, tuple[str, tuple[str, ...]]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    mutant: Mutant,
) -> None:
    module, attribute, change = mutant
    monkeypatch.setattr(sys.modules[module], attribute, change(getattr(sys.modules[module], attribute)))
    touched = [kpi for kpi in right if _other(right, kpi)]
    if not touched:
        return  # nothing there says this
    verdicts.note(f"passes: {name}", any(_wrong(kpi) for kpi in touched))
    assert verdicts.surprises({f"passes: {name}"}) == []


def _other(right: dict[str, tuple[str, tuple[str, ...]]], kpi: str) -> bool:
    try:
        return world.statement(kpi) != right[kpi]
    except (AssertionError, LookupError, TypeError, ValueError):
        return True


def _wrong(kpi: str) -> bool:
    try:
        return world.wrong(kpi, world.statement(kpi)) is not None
    except (Rejected, AssertionError, LookupError, TypeError, ValueError):
        return True
