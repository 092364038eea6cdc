"""Tries mutants on a target: the cases of functions and the queries of the corpora, on its judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from kpictl.diagnostics import Place, Refused
from kpictl.dialects import named
from kpictl.dialects.dialect import Dialect
from kpictl.dialects.render import Rendered, render
from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.query import Output, Query, Relation, Select, TableRef
from kpictl.ir.scalars import Agg, Call, Cast, Over, Scalar
from kpictl.sql.frontdoor import query
from kpictl.sql.walk import find
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.extended import extended
from tests.corpus.outcomes import beyond, load, reviewed
from tests.corpus.scopes import scope
from tests.dialects.cases import CASTS, TABLE, Case, cases
from tests.dialects.engine import Engine, shown, table
from tests.mutants.renderings import Mutant, Use, mutants
from tests.oracles.judge import Answer, EngineLost, Judge, Rejected, Table

CORPORA: tuple[ModuleType, ...] = (corpus, extended)
_READING = ("and", "ge", "le", "lt")
"""What the statement of a case says of its own rows: mutants of these read rows of tables apart."""
_MOST, _MOST_CONSTANT = 48, 12
"""How many cases try a mutant, those of the function itself first."""
NAMES = (CASTS, *FUNCTIONS)
_ENDS = (Refused, AssertionError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, EngineLost)
"""A mutant may end the printer itself."""


class Quick(Engine):
    """Tells of the first difference; rows that are rejected together are not tried one by one."""

    by_blocks = False
    as_instants = False

    def load(self) -> None:
        if self.by_blocks:
            self.judge.load(_blocks())
        else:
            super().load()

    def run(self, query: Query) -> Answer:
        answer = super().run(query)
        if not self.as_instants:
            return answer
        return Answer(answer.columns, [tuple(map(_instant, row)) for row in answer.rows])

    def _source(self, case: Case, ats: Sequence[int], constants: bool) -> tuple[Relation, Scalar | None]:
        if constants or not self.by_blocks:
            return super()._source(case, ats, constants)
        return TableRef(f"rows_{case.first}", TABLE), None

    def _together(self, case: Case, wanted: list[Any], ats: list[int], constants: bool) -> Iterator[str]:
        try:
            answers = self._answers(case, ats, constants)
        except (Rejected, Refused) as rejected:
            yield f"{case.label}: rejected: {rejected}"
            return
        for at, got in zip(ats, answers, strict=True):
            if not self._agrees(wanted[at], self._in_full(wanted[at], got), case, None):
                yield f"{shown(case, at)}: {got!r}"
                return


def _instant(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _blocks() -> dict[str, Table]:
    """The rows of the cases that say what reads rows, each in a table of its own."""
    whole, found = table(), {}
    for case in cases():
        if case.fn in _READING:
            rows = whole.rows[case.first - 1 : case.first - 1 + len(case.rows)]
            kept = [0, 1, *(list(whole.columns).index(name) for name in case.stored)]
            columns = list(whole.columns.items())
            found[f"rows_{case.first}"] = Table(
                dict(columns[at] for at in kept), [tuple(row[at] for at in kept) for row in rows]
            )
    return found


@dataclass(slots=True)
class Trial:
    """A target, its judge and what they answer without mutants."""

    judge: Judge
    target: str
    session: Mapping[str, object] = field(default_factory=dict)
    _right: dict[tuple[str, bool, bool], bool] = field(default_factory=dict)
    _used: dict[str, list[tuple[Case, Use]]] = field(default_factory=dict)
    _queries: dict[str, tuple[ModuleType, corpus.Query]] = field(default_factory=dict)
    _trees: dict[str, Query] = field(default_factory=dict)
    _answered: dict[str, bool] = field(default_factory=dict)
    _held: str = ""

    @property
    def dialect(self) -> Dialect:
        return named(self.target)

    # -- cases

    def uses(self, fn: str) -> list[tuple[Case, Use]]:
        """Where the statements of cases say a function, those of its own cases first."""
        if not self._used:
            for case in cases():
                for name, use in _uses(self.dialect, case):
                    self._used.setdefault(name, []).append((case, use))
        return sorted(self._used.get(fn, ()), key=lambda pair: pair[0].fn != fn)

    def mutants(self, fn: str) -> Iterator[tuple[Mutant, list[Case]]]:
        """The mutants of a function, each with the cases that it changes."""
        found = self.uses(fn)
        for mutant in mutants(self.dialect, fn, [use for _, use in found]):
            yield mutant, list({found[at][0].label: found[at][0] for at in mutant.calls}.values())

    def killer(self, dialect: Dialect, own: Iterable[Case], *, apart: bool = False) -> str | None:
        """The case that fails with this dialect and passes without."""
        tried = [*own][:_MOST]
        for constants in (False, True):
            for case in tried[: _MOST_CONSTANT if constants else None]:
                if self._is_right(case, constants, apart) and self._differs(dialect, case, constants, apart):
                    return case.label
        return None

    def of_function(self, fn: str, mutant: Mutant, own: Iterable[Case]) -> str | None:
        """The case that a mutant of a function fails."""
        apart = fn in _READING
        return self.killer(mutant.dialect, [case for case in own if not apart or case.fn in _READING], apart=apart)

    def _is_right(self, case: Case, constants: bool, apart: bool) -> bool:
        key = (case.label, constants, apart)
        if key not in self._right:
            self._right[key] = not self._differs(self.dialect, case, constants, apart)
        return self._right[key]

    def _differs(self, dialect: Dialect, case: Case, constants: bool, apart: bool) -> bool:
        engine = Quick(dialect, self.judge, self.session)
        engine.by_blocks = apart
        engine.as_instants = self.judge.evidence == "checked" and case.expression().type.kind.value == "timestamptz"
        self._hold("blocks" if apart else "cases", engine.load)
        try:
            return bool(engine.differences(case, constants=constants))
        except _ENDS:
            return True

    def _hold(self, name: str, act: Callable[[], object]) -> None:
        """Has the judge hold these tables, which costs some of them a second."""
        if self._held != name:
            act()
            self._held = name

    # -- queries

    def queries(self) -> dict[str, tuple[ModuleType, corpus.Query]]:
        """Those of the corpora that the front door takes, and the engine holds."""
        if not self._queries:
            left_out = {*reviewed("every"), *beyond(self.target)}
            pairs = ((source, one) for source in CORPORA for one in source.queries())
            self._queries = {one.id: (source, one) for source, one in pairs if one.id not in left_out}
        return self._queries

    def statement(self, dialect: Dialect, name: str) -> Rendered | None:
        """The statement of a query; None where the dialect ends or refuses."""
        source, one = self.queries()[name]
        if name not in self._trees:
            self._trees[name] = query(one.sql, scope(source), Place("x.sql"))
        literals = {"as_of": source.AS_OF}
        try:
            return render(self._trees[name], dialect, relations=lambda table: (table,), literals=literals)
        except _ENDS:
            return None

    def answers(self, name: str, statement: Rendered | None) -> bool:
        """Whether a statement is a right one of a query."""
        source, one = self.queries()[name]
        if statement is None:
            return False
        self._hold(source.__name__, lambda: load(self.judge, source.tables()))
        sql = statement.sql if self.dialect.escape_text("%") == "%" else statement.sql.replace("%%", "%")
        try:
            answer = self.judge.execute(sql, settings={**self.session, **statement.settings})
        except Rejected:
            return False
        except NotImplementedError:
            return True
        return difference(one.rows, answer.rows, one.ordered, booleans=self.judge.has_boolean) is None

    def query_killer(self, dialect: Dialect) -> str | None:
        """The query of the corpora that is answered otherwise with this dialect, or is refused no more."""
        return next((name for name in self.queries() if self.fails(dialect, name)), None)

    def fails(self, dialect: Dialect, name: str) -> bool:
        """Whether a query is right on the target, and wrong with this dialect; or is refused, and with this one is not."""
        right, other = self.statement(self.dialect, name), self.statement(dialect, name)
        if right is None or other is None or right == other:
            return (right is None) != (other is None)
        if name not in self._answered:
            self._answered[name] = self.answers(name, right)
        return self._answered[name] and not self.answers(name, other)


def _uses(dialect: Dialect, case: Case) -> Iterator[tuple[str, Use]]:
    """The functions in the statement of a case, as the target's passes leave it, each text once."""
    tree: Any = Query(Select((Output("v", case.expression()),), TableRef(TABLE, TABLE)))
    try:
        for apply in dialect.passes:
            tree = apply(tree)
    except Refused:
        return
    windowed = {id(over.call) for over in find(tree, (Over,))}
    seen = set()
    for call in find(tree, (Call, Agg, Cast)):
        use = Use(call, id(call) in windowed)
        if use not in seen:
            seen.add(use)
            yield (CASTS if isinstance(call, Cast) else call.fn), use
