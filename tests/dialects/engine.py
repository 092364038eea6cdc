"""Runs cases on an engine, with constants and with columns as arguments, and says where it differs from the reference.

All rows of all cases are in one wide table, which an engine loads once; a case is one statement over its own rows, or
one statement of constants. Where an engine rejects such a statement, each row is tried alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from kpictl.diagnostics import Refused
from kpictl.dialects.dialect import Dialect, Refusal
from kpictl.dialects.render import Rendered, render
from kpictl.ir.functions import FUNCTIONS, Role
from kpictl.ir.query import Derived, Output, Query, Relation, Select, SetOperation, TableRef
from kpictl.ir.reference import evaluate, fold, over
from kpictl.ir.reference.values import Json
from kpictl.ir.scalars import Agg, Call, Col, Interval, Lit, Over, Scalar
from kpictl.model.types import BOOLEAN, INTEGER, Kind
from tests.dialects.cases import TABLE, Case, Row, cases, declared, literal, reference_value, stored_value
from tests.oracles.judge import Answer, Judge, Rejected, Table

NOTHING = object()
"""Expected of a row that no engine may answer: an error, or NULL where the result overflows."""
_A_STATEMENT = 16
_EACH_CONSTANT = {"druid": 4}
"""Of the rows of a case, each so manieth is asked as constants, too; an expression costs Druid's planner 0.1 s."""
_LONGEST = 40_000  # characters; with twice as many PostgreSQL in WebAssembly ends


@cache
def table() -> Table:
    """The rows of all cases."""
    columns: dict[str, str] = {"id": "int", "grp": "int"}
    for case in cases():
        columns.update(zip(case.stored, (kind for _, kind in case.columns), strict=True))
    at = {name: i for i, name in enumerate(columns)}
    rows: list[tuple[Any, ...]] = []
    for case in cases():
        for number, row in enumerate(case.rows, case.first):
            if number <= len(rows):
                continue  # of another case, too
            made: list[Any] = [None] * len(at)
            made[0], made[1] = number, row.group
            for name, (_, kind), value in zip(case.stored, case.columns, row.values, strict=True):
                made[at[name]] = stored_value(value, kind)
            rows.append(tuple(made))
    return Table(columns, rows)


@cache
def _columns() -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((name, declared(kind)) for name, kind in table().columns.items()))


# -- what the reference says


def expected(case: Case) -> list[Any]:
    """The reference's answer for each row, or for each group and then for no row at all."""
    return _expected(case.label)


@cache
def _expected(label: str) -> list[Any]:
    case = next(case for case in cases() if case.label == label)
    names = [name for name, _ in case.columns]
    kinds = [kind for _, kind in case.columns]
    rows = [
        dict(zip(names, (reference_value(v, k) for v, k in zip(row.values, kinds, strict=True)), strict=True))
        for row in case.rows
    ]
    made = case.expression(table=None, own=True)
    if isinstance(made, Agg):
        groups = [[v for v, r in zip(rows, case.rows, strict=True) if r.group == g] for g in range(case.groups)]
        return [fold(made, group) for group in groups] + [fold(made, [])]
    if isinstance(made, Over):
        return over(made, rows)
    return [_answer(made, told, row) for told, row in zip(rows, case.rows, strict=True)]


def _answer(made: Scalar, told: Mapping[str, Any], row: Row) -> Any:
    try:
        found = evaluate(made, told)
    except (ValueError, ArithmeticError, LookupError):
        if row.must == "answer":
            raise
        return NOTHING
    if row.must == "answer":
        return found
    assert row.must == "overflow", f"the reference answers {found!r}"
    assert found is None, f"the reference answers {found!r}"
    return NOTHING


# -- statements


@dataclass(slots=True)
class Engine:
    """A dialect and its judge, with settings of a session that is not the usual one."""

    dialect: Dialect
    judge: Judge
    session: Mapping[str, object]

    def load(self) -> None:
        self.judge.load({TABLE: table()})

    def sql(self, query: Query) -> Rendered:
        return render(query, self.dialect, relations=lambda name: (name,))

    def run(self, query: Query) -> Answer:
        """Raises Refused (the target says so itself) or Rejected (the engine does)."""
        made = self.sql(query)
        doubled = self.dialect.escape_text("%") == "%%"
        text = made.sql.replace("%%", "%") if doubled else made.sql
        return self.judge.execute(text, settings={**self.session, **made.settings})

    def refuses(self, case: Case) -> bool:
        """Whether the target itself says that it has no form of this, with columns or with constants."""
        source, _ = self._source(case, range(len(case.rows)), False)
        made = [Query(Select((Output("v", case.expression()),), source))]
        if case.role is Role.SCALAR:
            made += [Query(Select((Output("v", case.expression(row)),))) for row in case.rows[:1]]
        try:
            for query in made:
                self.sql(query)
        except Refused:
            return True
        return False

    def differences(self, case: Case, *, constants: bool) -> list[str]:
        """Where the engine's answers are not the reference's."""
        if case.fn == "grouping":
            return [] if constants else list(self._grouping(case))
        wanted = expected(case)
        if isinstance(case.expression(), Agg):
            return list(self._groups(case, wanted, constants))
        found: list[str] = []
        together = [
            at
            for at, row in enumerate(case.rows)
            if row.must == "answer" and _sayable(row, constants, self.dialect.tick)
            if not _micros(wanted[at]) % self.dialect.tick
        ]
        if constants and case.role is Role.SCALAR:
            together = together[:: _EACH_CONSTANT.get(self.dialect.name, 1)]
        windows = isinstance(case.expression(), Over)
        size = len(together) if windows or not constants else _A_STATEMENT
        for start in range(0, len(together), max(size, 1)):
            found += self._together(case, wanted, together[start : start + size], constants)
        for at, row in enumerate(case.rows):
            if row.must != "answer" and _sayable(row, constants, self.dialect.tick):
                found += self._alone(case, wanted, at, constants)
        return found

    def _together(self, case: Case, wanted: list[Any], ats: list[int], constants: bool) -> Iterator[str]:
        try:
            answers = self._answers(case, ats, constants)
        except (Rejected, Refused) as rejected:
            if isinstance(rejected, Refused) and len(ats) == 1 and self.dialect.tick > 1:
                return  # a constant that is finer than the engine's time
            if len(ats) == 1:
                yield f"{shown(case, ats[0])}: {told(wanted[ats[0]])} expected, rejected: {first_line(rejected)}"
            elif case.role is Role.WINDOW:
                yield f"{case.label}: rejected: {first_line(rejected)}"
            else:
                for at in ats:
                    yield from self._together(case, wanted, [at], constants)
            return
        for at, got in zip(ats, answers, strict=True):
            got = self._in_full(wanted[at], got)
            if not self._agrees(wanted[at], got, case, None):
                yield f"{shown(case, at)}: {told(wanted[at])} expected, {got!r} answered"

    def _agrees(self, wanted: Any, got: Any, case: Case, group: int | None) -> bool:
        """Where there are decimals, nothing exact is answered as a double."""
        kinds = self.dialect.types
        has_decimals = not isinstance(kinds[Kind.DECIMAL], Refusal) and kinds[Kind.DECIMAL] != kinds[Kind.DOUBLE]
        if has_decimals and isinstance(wanted, int | Decimal) and isinstance(got, float) and math.isfinite(got):
            return False
        return agrees(wanted, got, case, self.judge.has_boolean, scale=self._scale(case, group))

    def _alone(self, case: Case, wanted: list[Any], at: int, constants: bool) -> Iterator[str]:
        try:
            (got,) = self._answers(case, [at], constants)
        except (Rejected, Refused):
            return
        if case.rows[at].must == "overflow" and (got is None or not math.isfinite(got)):
            return
        yield f"{shown(case, at)}: an error expected, {got!r} answered"

    def _answers(self, case: Case, ats: Sequence[int], constants: bool) -> list[Any]:
        if constants and case.role is Role.SCALAR:
            query = Query(Select(tuple(Output(f"v{at}", case.expression(case.rows[at])) for at in ats)))
            if len(ats) > 1 and len(self.sql(query).sql) > _LONGEST:
                half = len(ats) // 2
                return [*self._answers(case, ats[:half], constants), *self._answers(case, ats[half:], constants)]
            return list(self.run(query).rows[0])
        source, where = self._source(case, ats, constants)
        made = case.expression()
        answer = self.run(Query(Select((Output("id", _id()), Output("v", made)), source, (), where)))
        by_id = {int(number): value for number, value in answer.rows}  # type: ignore[call-overload]
        return [by_id[case.first + at] for at in ats]

    def _groups(self, case: Case, wanted: list[Any], constants: bool) -> Iterator[str]:
        made = case.expression()
        strange = {row.group for row in case.rows if not _sayable(row, constants, self.dialect.tick)}
        ats = [at for at, row in enumerate(case.rows) if row.group not in strange]
        source, where = self._source(case, ats, constants)
        group = Col("grp", TABLE, INTEGER)
        try:
            answer = self.run(Query(Select((Output("grp", group), Output("v", made)), source, (), where, ((group,),))))
            none = Call("lt", (_id(), Lit(0, INTEGER)), BOOLEAN)
            empty = self.run(Query(Select((Output("v", made),), source, (), none, ((),))))
        except NotImplementedError:
            return  # the judge takes the statement, and has no such function to execute it
        except Refused:
            if not constants:
                raise
            return  # a table of constants that the engine cannot plan
        except Rejected as rejected:
            yield f"{case.label}: rejected: {first_line(rejected)}"
            return
        by_group = {int(number): value for number, value in answer.rows}  # type: ignore[call-overload]
        for at, value in enumerate(wanted):
            got = empty.rows[0][0] if at == case.groups else by_group.get(at, NOTHING)
            got = self._in_full(value, got)
            if at not in strange and not self._agrees(value, got, case, at):
                rows = [row.values for row in case.rows if row.group == at]
                yield f"{case.label} of {rows}: {told(value)} expected, {got!r} answered"

    def _scale(self, case: Case, group: int | None) -> float:
        """The sum of the sizes of the doubles that an aggregate reads; decimals are some where the target says so."""
        if case.role is Role.SCALAR:
            return 0.0
        told = self.dialect.types
        kinds = ("double",) if told[Kind.DECIMAL] != told[Kind.DOUBLE] else ("double", "numeric")
        read = [at for at, (name, kind) in enumerate(case.columns) if kind.startswith(kinds) and _reads(case, name)]
        rows = [row for row in case.rows if group is None or row.group == group]
        sizes = [float(abs(row.values[at])) for row in rows for at in read if row.values[at] is not None]
        return math.fsum(size for size in sizes if math.isfinite(size))

    def _in_full(self, wanted: Any, got: Any) -> Any:
        """An answer with the type that the target has not: its instants without zone, its seconds as an interval."""
        told = self.dialect.types
        naive = (
            isinstance(wanted, datetime) and wanted.tzinfo is None and told[Kind.TIMESTAMP] == told[Kind.TIMESTAMPTZ]
        )
        if naive and isinstance(got, datetime):
            return got.replace(tzinfo=None)
        if isinstance(wanted, Interval) and isinstance(got, int | float) and told[Kind.INTERVAL] == told[Kind.DOUBLE]:
            return timedelta(seconds=got)
        return got

    def _source(self, case: Case, ats: Sequence[int], constants: bool) -> tuple[Relation, Scalar | None]:
        if not constants:
            low, high = Lit(case.first + min(ats), INTEGER), Lit(case.first + max(ats), INTEGER)
            where = Call("and", (Call("ge", (_id(), low), BOOLEAN), Call("le", (_id(), high), BOOLEAN)), BOOLEAN)
            return TableRef(TABLE, TABLE, _columns()), where
        queries = [Query(Select(tuple(_constants(case, at)))) for at in ats]
        union = queries[0]
        for query in queries[1:]:
            union = Query(SetOperation("union", union, query, all=True))
        return Derived(union, TABLE), None

    def _grouping(self, case: Case) -> Iterator[str]:
        """Rolled up columns, in every row of a GROUPING SETS."""
        made = case.expression()
        assert isinstance(made, Agg)
        named = {name: arg for (name, _), arg in zip(case.columns, made.args, strict=True)}
        sets = tuple(tuple(named[name] for name in keys) for keys in case.spec["sets"])
        source, where = self._source(case, range(len(case.rows)), False)
        answer = self.run(Query(Select((Output("v", made),), source, (), where, sets)))
        wanted = []
        for keys in case.spec["sets"]:
            kept = {
                tuple(v for v, (name, _) in zip(row.values, case.columns, strict=True) if name in keys)
                for row in case.rows
            }
            wanted += [fold(made, [{c: n not in keys for n, c in zip(named, case.stored, strict=True)}])] * len(kept)
        got = sorted(int(row[0]) for row in answer.rows)  # type: ignore[call-overload]
        if got != sorted(wanted):
            yield f"{case.label}: {sorted(wanted)} expected, {got} answered"


def _id() -> Col:
    return Col("id", TABLE, INTEGER)


def _constants(case: Case, at: int) -> Iterator[Output]:
    row = case.rows[at]
    yield Output("id", Lit(case.first + at, INTEGER))
    yield Output("grp", Lit(row.group, INTEGER))
    for name, (_, kind), value in zip(case.stored, case.columns, row.values, strict=True):
        yield Output(name, literal(value, declared(kind)))


# -- whether an answer is right


def agrees(wanted: Any, got: Any, case: Case, has_boolean: bool = True, *, scale: float = 0.0) -> bool:
    """Exact for everything but doubles; NaN and Infinity are NULL, as they are when a value leaves an engine.

    Drivers hand over a JSON null as None. `scale` is the sum of what a double is computed of.
    """
    if isinstance(got, float) and not math.isfinite(got):
        got = None
    if isinstance(wanted, Json):
        return _documents(wanted, got)
    if wanted is None or got is None:
        return wanted is got
    if isinstance(wanted, bool):
        return got is wanted or (not has_boolean and got in (0, 1) and bool(got) is wanted)
    if isinstance(got, bool):
        return False
    if isinstance(wanted, int | Decimal | float):
        return isinstance(got, int | Decimal | float) and _numbers(wanted, got, case, scale)
    if isinstance(wanted, tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(wanted)
            and all(agrees(w, g, case, has_boolean, scale=scale) for w, g in zip(wanted, got, strict=True))
        )
    return _others(wanted, got)


def _others(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, Interval):
        years, months = divmod(abs(wanted.months), 12)
        days = wanted.days + (years * 365 + months * 30) * (1 if wanted.months >= 0 else -1)
        return isinstance(got, timedelta) and got == timedelta(days=days, microseconds=wanted.micros)
    if isinstance(wanted, datetime):
        if wanted.tzinfo is None:
            return isinstance(got, datetime) and got.tzinfo is None and got == wanted
        return isinstance(got, datetime) and got.tzinfo is not None and got.astimezone(UTC) == wanted
    if isinstance(wanted, date):
        return type(got) is date and got == wanted
    if not (isinstance(got, str) and isinstance(wanted, str)):
        return False
    return got == wanted or (wanted[:1] in ("{", "[") and _documents(Json(_loads(wanted)), _loads(got)))


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return NOTHING


def _documents(wanted: Json, got: Any) -> bool:
    decoded = _loads(got) if isinstance(got, str) and isinstance(wanted.value, dict | list) else got
    return bool(_json(wanted.value, decoded))


def _json(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, dict):
        same = isinstance(got, dict) and wanted.keys() == got.keys()
        return same and all(_json(v, got[k]) for k, v in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(got, list) and len(wanted) == len(got)
        return same and all(map(_json, wanted, got))
    if isinstance(wanted, Decimal | float) or isinstance(got, Decimal | float):
        numbers = not isinstance(wanted, bool | str) and not isinstance(got, bool | str) and None not in (wanted, got)
        return numbers and float(wanted) == float(got)
    return type(wanted) is type(got) and bool(wanted == got)


def _numbers(wanted: int | Decimal | float, got: int | Decimal | float, case: Case, scale: float) -> bool:
    function = FUNCTIONS.get(case.fn)
    if function is not None and function.approximate:
        return math.isclose(wanted, got, rel_tol=0.1)
    if not isinstance(wanted, float) and not isinstance(got, float):
        return wanted == got
    return math.isclose(wanted, got, rel_tol=1e-12, abs_tol=1e-9 * scale)


def _reads(case: Case, name: str) -> bool:
    return f"${name}" in repr(case.spec.get("args"))


def _sayable(row: Row, constants: bool, tick: int) -> bool:
    """NaN and Infinity stand in columns only: there are no such constants. No engine holds times finer than its own."""
    if any(_micros(v) % tick for v in row.values):
        return False
    return not constants or all(math.isfinite(v) for v in row.values if isinstance(v, float))


def _micros(value: object) -> int:
    if isinstance(value, datetime):
        return value.microsecond
    return value.micros if isinstance(value, Interval) else 0


def shown(case: Case, at: int) -> str:
    """A row of a case, for people."""
    return f"{case.label} {case.spec.get('args')} of {case.rows[at].values}"


def told(value: Any) -> str:
    return "an error" if value is NOTHING else repr(value)


def first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]
