"""The state of one reading: the text, the scope, the tables in view, and what was found wrong so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field, replace
from typing import Any

from sqlglot import exp

from kpictl.diagnostics import Diagnostic, Finding, Label, Place, Refused, did_you_mean
from kpictl.ir.query import Query
from kpictl.ir.scalars import Call, Col, Lit, Scalar
from kpictl.model.types import JSON, TEXT, UNKNOWN, Type
from kpictl.records import dataclass
from kpictl.sql.facts import FactsFound
from kpictl.sql.findings import AmbiguousColumn, UndeclaredColumns, UnknownColumn
from kpictl.sql.reading import MARK, Source
from kpictl.sql.scope import Scope

BAD = Lit(None, UNKNOWN)
"""Stands for what could not be read; its type fits everywhere, so that one mistake is reported once."""
OVER_KPIS = "in an expression over KPIs"
"""Where an `expr` stands, in the words of a refusal."""
LAGGED = "use `lag(revenue, 1 month)` for an earlier value, or a KPI with `cumulative:`"
"""What an `expr` writes instead of a window function."""


@dataclass(slots=True)
class Rel:
    """A relation in view. `columns` maps the name that is written to the real one and its type; None: undeclared."""

    alias: str
    columns: dict[str, tuple[str, Type]] | None
    build: Callable[[Rel], Any]
    source: str | None = None
    zone: str | None = None
    """Zone of its naive timestamps."""
    ways: frozenset[str] = frozenset()
    """Names of several parts under which its columns may be written, too: `sales.orders`, `buyer.region`."""
    bare: bool = False
    """Columns are written without a table: the main table of an expression."""
    as_text: bool = False
    broken: bool = False
    """Stands for a table that was refused: what is read from it is not reported again."""
    reads: dict[str, Type] = field(default_factory=dict)

    def column(self, name: str, place: Place | None) -> Scalar:
        real, kind = (name, UNKNOWN) if self.columns is None else self.columns[name]
        self.reads[real] = kind
        column = Col(real, None if self.bare else self.alias, JSON if self.as_text else kind, place)
        return Call("json_text", (column,), TEXT, place) if self.as_text else column


@dataclass(slots=True)
class Level:
    """The relations of one SELECT, what USING merged, and the level around it."""

    parent: Level | None
    rels: list[Rel] = field(default_factory=list)
    merged: dict[str, Scalar] = field(default_factory=dict)
    windows: dict[str, exp.Expr] = field(default_factory=dict)
    ctes: dict[str, Query] = field(default_factory=dict)
    rolled: bool = False
    """Has grouping sets, so that a grouped column may be NULL for a total."""
    constant_group: bool = False
    """Is grouped by constants alone: one group, or none where there is no row."""

    def rel(self, alias: str) -> Rel | None:
        return next((r for r in self.rels if r.alias == alias or alias in r.ways), None)


class Reader:
    """Reads one text. Findings are collected; `finish` raises them all."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.place = source.place
        self.level: Level | None = None
        self.facts = FactsFound()
        self.diagnostics: list[Diagnostic] = []
        self.no_aggregates: str | None = None
        """Why an aggregate may not stand here; None where it may."""
        self.no_windows: str | None = None
        self.names = 0

    # -- findings
    def fail(
        self,
        finding: type[Finding],
        node: exp.Expr | Place | None,
        message: str,
        *,
        label: str = "",
        help: tuple[str, ...] = (),
        others: tuple[Label, ...] = (),
    ) -> Lit:
        """Report; the value stands in for what could not be read."""
        found = finding.at(self.locate(node), message, label=label, help=help, others=others)
        if found not in self.diagnostics:
            self.diagnostics.append(found)
        return BAD

    def finish(self) -> None:
        if self.diagnostics:
            raise Refused(sorted(self.diagnostics, key=_position))

    # -- places
    def locate(self, node: exp.Expr | Place | None) -> Place:
        if node is None:
            return self.place
        if isinstance(node, Place):
            return node
        start, end = self.source.span(node)
        return self.place.within(start, end)

    def keyword(self, node: exp.Expr, word: str | None = None) -> Place:
        """The word that begins a statement: the nearest one at or before what is in it."""
        wanted = (word or node.key).upper()
        start, end = self.source.span(node)
        before = [t for t in self.source.tokens if t.text.upper() == wanted and t.start <= end]
        near = [t for t in before if t.start <= start] or before
        near = near or [t for t in self.source.tokens if t.text.upper().split(" ")[0] == wanted]
        return self.place.within(near[-1].start, near[-1].end + 1) if near else self.place.within(start, end)

    def at(self, node: exp.Expr) -> Place | None:
        """The place of a name, cheaply: where its token stands, with the arguments of a call."""
        meta = node.meta
        if "start" not in meta:
            return None
        start = meta["start"]
        return self._place(start, self.source.ends.get(start, meta["end"] + 1))

    def between(self, a: Scalar, b: Scalar) -> Place | None:
        """From the start of one to the end of the other."""
        first, last = a.place, b.place
        if first is None or last is None:
            return first or last
        if first.start is None or last.end is None:
            return first
        return self._place(first.start, last.end)

    def _place(self, start: int, end: int) -> Place:
        place = self.place
        return Place(place.path, place.keys, False, start, end)

    # -- names
    def name(self, node: exp.Expr | str | None) -> str:
        """An identifier as Postgres reads it: in lower case unless quoted."""
        if isinstance(node, exp.Identifier):
            text: str = node.this
            if text.startswith(MARK):
                text = text[1:]
            return text if node.args.get("quoted") else text.lower()
        return str(node or "").removeprefix(MARK).lower()

    def fresh(self, base: str) -> str:
        """A name that the text does not use."""
        self.names += 1
        return f"{base}_{self.names}"

    def resolve(self, node: exp.Expr, name: str, table: str | None) -> Scalar:
        """The column that a name means, in the nearest SELECT that has it."""
        place = self.at(node.this) if isinstance(node.this, exp.Identifier) else None
        level = self.level
        while level is not None:
            found = self._at_level(level, node, name, table, place)
            if found is not None:
                return found
            level = level.parent
        return self._unknown(node, name, table)

    def _at_level(
        self, level: Level, node: exp.Expr, name: str, table: str | None, place: Place | None
    ) -> Scalar | None:
        if table is not None:
            rel = level.rel(table)
            if rel is None:
                return None
            if rel.columns is None or name in rel.columns:
                return rel.column(name, place)
            return self._no_such(node, name, [rel])
        if name in level.merged:
            return level.merged[name]
        main = next((r for r in level.rels if r.bare), None)
        if main is not None:
            own = main.columns is None or name in main.columns
            return main.column(name, place) if own else self._no_such(node, name, [main])
        having = [r for r in level.rels if r.columns is not None and name in r.columns]
        if len(having) == 1:
            return having[0].column(name, place)
        if having:
            return self.fail(
                AmbiguousColumn,
                node,
                f"`{name}` is a column of {_listed([r.alias for r in having])}",
                help=(f"write `{having[0].alias}.{name}`",),
            )
        unknown = [r for r in level.rels if r.columns is None]
        if len(unknown) == 1:
            return unknown[0].column(name, place)
        if unknown:
            return self.fail(
                UndeclaredColumns,
                node,
                f"`{name}` could be a column of {_listed([r.alias for r in unknown])}, whose columns are not declared",
                help=(f"write `{unknown[0].alias}.{name}`",),
            )
        return None

    def _no_such(self, node: exp.Expr, name: str, rels: list[Rel]) -> Lit:
        choices = [c for r in rels for c in (r.columns or ())]
        near = did_you_mean(name, choices)
        if not near and name not in choices:
            near = tuple(c for c in choices if c.lower() == name.lower())[:1]
        of = f"`{rels[0].alias}` has no column `{name}`" if len(rels) == 1 else f"there is no column `{name}`"
        ways = (f"did you mean `{_quoted(near[0])}`?",) if near else _some(choices)
        return self.fail(UnknownColumn, node.this if node.this else node, of, help=ways)

    def _unknown(self, node: exp.Expr, name: str, table: str | None) -> Lit:
        rels: list[Rel] = []
        level = self.level
        while level is not None:
            rels += level.rels
            level = level.parent
        if table is None:
            if not rels:
                return self.fail(UnknownColumn, node, f"there is no column `{name}`: nothing is read FROM")
            return self._no_such(node, name, rels)
        near = did_you_mean(table, [name for r in rels for name in (r.alias, *r.ways)])
        ways = (f"did you mean `{near[0]}.{name}`?",) if near else _some([r.alias for r in rels])
        return self.fail(
            UnknownColumn, node.args.get("table") or node, f"`{table}` is no table of this query", help=ways
        )

    def cte(self, name: str) -> Query | None:
        """The WITH query of that name that is nearest."""
        level = self.level
        while level is not None:
            if name in level.ctes:
                return level.ctes[name]
            level = level.parent
        return None

    # -- contexts
    @contextmanager
    def nested(self) -> Iterator[Level]:
        """A SELECT inside of another one; what was forbidden around it is not inside."""
        kept = self.level, self.no_aggregates, self.no_windows
        self.level, self.no_aggregates, self.no_windows = Level(self.level), None, None
        try:
            yield self.level
        finally:
            self.level, self.no_aggregates, self.no_windows = kept

    @contextmanager
    def without(self, aggregates: str | None, windows: str | None) -> Iterator[None]:
        """A clause that holds no aggregates or no window functions, for a reason that is shown."""
        kept = self.no_aggregates, self.no_windows
        self.no_aggregates, self.no_windows = aggregates or kept[0], windows or kept[1]
        try:
            yield
        finally:
            self.no_aggregates, self.no_windows = kept


def _position(found: Diagnostic) -> tuple[int, int, str]:
    place = found.place
    return (place.start or 0, place.end or 0, found.code) if isinstance(place, Place) else (0, 0, found.code)


def _listed(names: list[str]) -> str:
    return " and of ".join(f"`{n}`" for n in names)


def _some(choices: list[str]) -> tuple[str, ...]:
    shown = list(dict.fromkeys(choices))
    if not shown or len(shown) > 12:
        return ()
    return ("there is " + ", ".join(f"`{c}`" for c in shown),)


def _quoted(name: str) -> str:
    return name if name == name.lower() and name.replace("_", "a").isalnum() else f'"{name}"'


def renamed(query: Query, names: tuple[str, ...]) -> Query:
    """A query whose first outputs carry other names."""
    from kpictl.ir.query import Output, Select, SetOperation, Values

    body = query.body
    if isinstance(body, Values):
        return replace(query, body=replace(body, names=names + body.names[len(names) :]))
    if isinstance(body, SetOperation):
        old = [name for name, _ in query.outputs]
        body = replace(body, left=renamed(body.left, names))
    elif isinstance(body, Select):
        old = [o.name for o in body.outputs]
        outputs = tuple(Output(n, o.value) for n, o in zip(names, body.outputs, strict=False))
        body = replace(body, outputs=outputs + body.outputs[len(names) :])
    new = dict(zip(old, names, strict=False))
    order = tuple(
        replace(k, by=replace(k.by, name=new.get(k.by.name, k.by.name)))
        if isinstance(k.by, Col) and k.by.table is None
        else k
        for k in query.order_by
    )
    return replace(query, body=body, order_by=order)
