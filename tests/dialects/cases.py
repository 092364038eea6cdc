"""The cases of canonical functions, read from `functions/*.yml`: hurtful arguments, whose answer the reference knows.

A file maps a function to a list of cases. A case has `args` (one for each argument) and `rows` of values:

    round:
      - args: [$double, 2]          # $type: a value of each row; anything else is a constant
        rows: [[1.005], [null]]

An argument may be a nested call `{make_interval: [$int, $int, 0]}`, `{cast: [$text, integer]}`, `{decimal: "0.5"}`,
`{text: $x}` or `{interval: [months, days, micros]}`. A row that must fail is `{raises: [..]}`; one whose result no
double holds is `{overflow: [..]}`: the engine answers NULL or fails, never a number.

Aggregates have `groups` (lists of rows) and may have `columns: {x: text, k: int}` read as `$x`, `order: [$k desc]`,
`where`, `distinct: true`, and `more` groups beside shared ones. Window functions have `columns`, `rows`, `partition`,
`order` and `frame: rows -1 0`. Floats are written as texts, so that no digit is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kpictl.ir.functions import FUNCTIONS, Role
from kpictl.ir.reference.values import as_json
from kpictl.ir.scalars import Agg, Call, Cast, Col, Frame, FrameBound, Interval, Lit, Over, Scalar, SortKey
from kpictl.model import types
from kpictl.model.types import Kind, Type
from tests.corpus.scopes import declared
from tests.oracles.judge import base, precision

FOLDER = Path(__file__).parent / "functions"
TABLE = "args"
CASTS = "cast"
"""Not a function: the casts between types, which targets render, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Values by column, as Python has them; `must` is `answer`, `raise` or `overflow`."""

    values: tuple[Any, ...]
    must: str = "answer"
    group: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One expression over typed columns, and the rows to try."""

    fn: str
    label: str
    spec: Mapping[str, Any]
    columns: tuple[tuple[str, str], ...]
    """Name in `spec` and declared type."""
    rows: tuple[Row, ...]
    stored: tuple[str, ...] = ()
    """Name of each column in the one table that holds the rows of all cases."""
    first: int = 0
    """Id of the first row in that table."""
    groups: int = 0

    @property
    def role(self) -> Role:
        if "partition" in self.spec:
            return Role.WINDOW
        return FUNCTIONS[self.fn].role if self.fn in FUNCTIONS else Role.SCALAR

    def expression(self, row: Row | None = None, *, table: str | None = TABLE, own: bool = False) -> Scalar:
        """Over the columns of a table (under their `own` names, or as they are stored), or over a row's constants."""
        return _Builder(self, row, table, own).expression()


@dataclass(slots=True)
class _Builder:
    case: Case
    row: Row | None
    table: str | None
    own: bool
    used: int = field(default=0)

    def expression(self) -> Scalar:
        spec, fn = self.case.spec, self.case.fn
        if self.case.role is Role.SCALAR:
            return self._nested({fn: spec["args"]})
        args = tuple(self.argument(a) for a in spec.get("args", ()))
        order = tuple(self._key(k) for k in spec.get("order", ()))
        if self.case.role is Role.AGGREGATE:
            return self._aggregate(fn, args, order)
        is_aggregate = FUNCTIONS[fn].role is Role.AGGREGATE
        call = self._aggregate(fn, args, ()) if is_aggregate else Call(fn, args, result(fn, args))
        partition = tuple(self.argument(a) for a in spec.get("partition", ()))
        return Over(call, partition, order, _frame(spec.get("frame")), call.type)

    def _aggregate(self, fn: str, args: tuple[Scalar, ...], order: tuple[SortKey, ...]) -> Agg:
        where = self.case.spec.get("where")
        return Agg(
            fn,
            args,
            bool(self.case.spec.get("distinct")),
            None if where is None else self._nested(where),
            order,
            result(fn, args),
        )

    def argument(self, told: Any) -> Scalar:
        if isinstance(told, dict):
            return self._nested(told)
        if isinstance(told, str) and told.startswith("$"):
            return self._column(told[1:])
        return _constant(told)

    def _column(self, name: str) -> Scalar:
        names = [n for n, _ in self.case.columns]
        if "columns" in self.case.spec:
            at = names.index(name)
        else:
            at, self.used = self.used, self.used + 1
        type_ = declared(self.case.columns[at][1])
        if self.row is not None:
            return literal(self.row.values[at], type_)
        return Col(names[at] if self.own else self.case.stored[at], self.table, type_)

    def _nested(self, told: Mapping[str, Any]) -> Scalar:
        ((fn, args),) = told.items()
        if fn == "text":
            return _constant(args)
        if fn == "decimal":
            return literal(Decimal(args), Type(Kind.DECIMAL))
        if fn == "interval":
            return Lit(Interval(*args), types.INTERVAL)
        if fn in ("cast", "try_cast"):
            return Cast(self.argument(args[0]), _goal(args[1]), fn == "try_cast")
        made = tuple(self.argument(a) for a in args)
        return Call(fn, made, result(fn, made))

    def _key(self, told: str) -> SortKey:
        name, *words = told.split()
        descending = "desc" in words
        last = words[-1] == "last" if "nulls" in words else not descending
        return SortKey(self.argument(name), descending, last)


def _goal(text: str) -> Type:
    kinds = {k.value: Type(k) for k in Kind}
    return declared(text) if text.startswith("numeric") else kinds[text]


def _constant(value: Any) -> Lit:
    kinds: dict[type, Type] = {bool: types.BOOLEAN, int: types.INTEGER, str: types.TEXT}
    return Lit(value, kinds[type(value)] if value is not None else types.NULL)


def literal(value: Any, type_: Type) -> Scalar:
    """A constant of a type, as the front door makes it."""
    if type_.kind is Kind.JSON:
        return Cast(Lit(value, types.TEXT), types.JSON) if value is not None else Lit(None, types.JSON)
    if type_.kind is Kind.ARRAY:
        made = Call("array", tuple(map(_constant, value or ())), type_)
        return Lit(None, type_) if value is None else made if value else Cast(made, type_)
    if isinstance(value, Decimal) and type_.precision is None:
        _, digits, exponent = value.as_tuple()
        scale = max(-int(exponent), 0)
        type_ = Type(Kind.DECIMAL, max(len(digits), scale), scale)
    return Lit(value, type_)


def result(fn: str, args: Sequence[Scalar]) -> Type:
    """The type of a call, by the word of the function's table."""
    word = FUNCTIONS[fn].result
    kinds = [a.type for a in args]
    numeric = next((t for k in (Kind.DOUBLE, Kind.DECIMAL, Kind.INTEGER) for t in kinds if t.kind is k), None)
    if word in ("numeric", "common") and numeric is not None:
        return Type(numeric.kind)
    if word in ("arg", "common"):
        return next((t for t in kinds if t.kind is not Kind.NULL), types.NULL)
    if word == "array":
        return Type(Kind.ARRAY, element=kinds[0])
    return Type(Kind(word)) if word != "numeric" else types.INTEGER


def _frame(told: str | None) -> Frame | None:
    if told is None:
        return None
    mode, start, end = told.split()
    return Frame(mode, _bound(start, following=False), _bound(end, following=True))


def _bound(told: str, *, following: bool) -> FrameBound:
    if told == "all":
        return FrameBound(None, following)
    offset: int | Interval = Interval(days=int(told[:-1])) if told.endswith("d") else int(told)
    number = int(told.rstrip("d"))
    return FrameBound(offset if number else 0, number > 0)


# -- reading the files


class _Loader(yaml.SafeLoader):
    """Numbers with a point and dates stay text; their column's type says what they are."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":float", ":timestamp"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _value(told: Any, kind: str) -> Any:
    if told is None:
        return None
    match base(kind):
        case "double":
            return float(told)
        case "numeric":
            digits = precision(kind)
            return Decimal(str(told)).quantize(Decimal(1).scaleb(-digits[1])) if digits else Decimal(str(told))
        case "date":
            return date.fromisoformat(told)
        case "timestamp":
            return datetime.fromisoformat(told)
        case "timestamptz":
            found = datetime.fromisoformat(told)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        case "text[]":
            return tuple(told)
        case "int" | "bigint":
            return int(told)
    assert isinstance(told, {"text": str, "jsonb": str, "boolean": bool}[base(kind)]), (told, kind)
    return told


def _row(told: Any, kinds: Sequence[str], group: int = 0) -> Row:
    must = "answer"
    if isinstance(told, dict):
        ((must, told),) = told.items()
    values = (
        told
        if isinstance(told, list)
        and (len(kinds) != 1 or kinds[0] != "text[]" or not told or isinstance(told[0], list) or told[0] is None)
        else [told]
    )
    assert len(values) == len(kinds), (told, kinds)
    return Row(values=tuple(map(_value, values, kinds)), must={"raises": "raise"}.get(must, must), group=group)


def _dollars(told: Any) -> Iterator[str]:
    if isinstance(told, str) and told.startswith("$"):
        yield told[1:]
    elif isinstance(told, dict):
        for each in (value for name, value in told.items() if name != "text"):
            yield from _dollars(each)
    elif isinstance(told, list):
        for each in told:
            yield from _dollars(each)


@cache
def cases() -> tuple[Case, ...]:
    """Every case of every file. Rows are numbered through; cases of the same rows share them."""
    found: list[Case] = []
    blocks: dict[Any, int] = {}
    first = 1
    for file in sorted(FOLDER.glob("*.yml")):
        for fn, told in (yaml.load(file.read_text(), _Loader) or {}).items():
            if fn.startswith("_"):
                continue
            for number, spec in enumerate(told, 1):
                case = _case(fn, number, spec)
                key = repr((case.stored, case.rows))
                if key not in blocks:
                    blocks[key] = first
                    first += len(case.rows)
                found.append(replace(case, first=blocks[key]))
    return tuple(found)


def _case(fn: str, number: int, spec: dict[str, Any]) -> Case:
    named = spec.get("columns")
    columns = tuple(named.items()) if named else tuple((f"c{i}", t) for i, t in enumerate(_dollars(spec["args"])))
    kinds = [kind for _, kind in columns]
    groups = [*spec.get("groups", ()), *spec.get("more", ())]
    if groups:
        rows = [_row(told, kinds, at) for at, group in enumerate(groups) for told in group]
    else:
        rows = [_row(told, kinds) for told in spec.get("rows", [[]])]
    label = f"{fn}-{number}" if "partition" not in spec else f"{fn}-over-{number}"
    stored = tuple(_stored(kinds, at) for at in range(len(kinds)))
    return Case(fn=fn, label=label, spec=spec, columns=columns, rows=tuple(rows), stored=stored, groups=len(groups))


def _stored(kinds: list[str], at: int) -> str:
    plain = "".join(c for c in kinds[at].replace("[]", "s") if c.isalnum())
    return f"{plain}_{kinds[: at + 1].count(kinds[at])}"


def reference_value(value: Any, kind: str) -> Any:
    """A row's value as the reference takes it."""
    return as_json(value) if value is not None and base(kind) == "jsonb" else value


def stored_value(value: Any, kind: str) -> Any:
    """A row's value as a judge takes it."""
    if value is None:
        return None
    if base(kind) == "jsonb":
        return json.loads(value)
    return list(value) if base(kind) == "text[]" else value
