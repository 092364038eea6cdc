"""Prints a canonical query in a target's own words. There is no default: what is not declared is refused.

The canonical tree is closed and ours, and so is its printing: no library decides what a construct becomes, nothing
passes through unseen, and the same tree gives the same bytes whatever is upgraded. `Dialect` holds a target's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.dialects.dialect import Dialect, Refusal
from kpictl.dialects.findings import UnreadableForm, UnsayableConstruct, UnsayableFunction, UnsayableType
from kpictl.dialects.names_apart import names_apart
from kpictl.dialects.physical import AS_DECLARED, Stored, choose
from kpictl.dialects.templates import AND, COMPARISON, NOT, OR, PRODUCT, SUM, Piece
from kpictl.ir.query import (
    Cte,
    CteRef,
    Derived,
    Joined,
    Output,
    Query,
    Relation,
    Select,
    Series,
    SetOperation,
    TableRef,
    Unnest,
    Values,
)
from kpictl.ir.scalars import (
    Agg,
    Call,
    Case,
    Cast,
    Col,
    Exists,
    Frame,
    FrameBound,
    InQuery,
    Interval,
    Lit,
    Over,
    Param,
    Quantified,
    Scalar,
    ScalarQuery,
    SortKey,
)
from kpictl.model.types import TEXT, TIMESTAMPTZ, Kind, Type
from kpictl.records import dataclass
from kpictl.sql.walk import find

_WIDTH, _BLOCK = 100, 60
"""The widest line of a clause, and of a query in parentheses that stands on one line."""
_COMPARISONS = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_JOINS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN", "cross": "CROSS JOIN"}


Passed = dict[tuple[Callable[..., Query], int], tuple[Query, Query]]
"""By pass and tree (its identity, held by the first of the two): what the pass made of it. For one project's relations."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A statement in a target's syntax, its parameters in order of first use, and the settings it rests on."""

    sql: str
    parameters: tuple[str, ...]
    settings: Mapping[str, str]


def render(
    query: Query,
    dialect: Dialect,
    *,
    relations: Callable[[str], tuple[str, ...]],
    literals: Mapping[str, datetime] | None = None,
    stored: Callable[[str], Stored] = lambda source: AS_DECLARED,
    passed: Passed | None = None,
) -> Rendered:
    """Prints `query`; `relations` gives a source's name parts, `literals` the parameters that become constants.

    `stored` says how a source's columns are stored where that is not the target's default; `passed` keeps what passes made of
    trees, for the targets that come after (most leave most trees as they are, so that what one asks the others need not).
    Raises `Refused` with every construct that the target cannot say, at the author's characters.
    """
    passed = {} if passed is None else passed

    def after(apply: Callable[..., Query], *more: object) -> Query:
        key = (apply, id(query))
        if key not in passed:
            passed[key] = (query, apply(query, *more))
        return passed[key][1]

    for apply in dialect.passes:
        query = after(apply)
    query = after(names_apart, relations)
    printer = Printer(dialect, relations, dict(literals or {}), stored)
    sql = _unmark(printer.query(query))
    for place, what, refusal in dialect.limits(query):
        printer.refuse(place, what, refusal)
    if printer.refusals:
        raise Refused(printer.refusals.values())
    if dialect.positional:
        return Rendered(*_numbered(sql), dialect.settings)
    return Rendered(sql, tuple(printer.parameters), dialect.settings)


def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """A statement whose parameters have no names: marks, and the name behind each, in the order of the text."""
    texts = sql.split(PARAMETER_MARK)
    return "?".join(texts[0::2]), tuple(texts[1::2])


def constants(dialect: Dialect) -> Callable[[Lit], str]:
    """How constants stand in a statement that `render` makes."""
    return expressions(dialect)


def expressions(dialect: Dialect) -> Callable[[Scalar], str]:
    """How scalars stand in such a statement; the columns are an answer's, of the values' own types."""
    printer = Printer(dialect, lambda source: (source,), {})
    return lambda scalar: _unmark(printer.scalar(scalar).text)


@dataclass(slots=True)
class Printer:
    """State of one printing: parameters met, refusals met (all are collected)."""

    dialect: Dialect
    relations: Callable[[str], tuple[str, ...]]
    literals: dict[str, datetime]
    stored: Callable[[str], Stored] = lambda source: AS_DECLARED
    tables: dict[str, Relation] = field(default_factory=dict)
    """The relations in scope by alias."""
    only: TableRef | None = None
    """The source that a column without a table is of, where the nearest SELECT reads no other relation."""
    names: dict[str, str] = field(default_factory=dict)
    """Identifiers as they are printed."""
    columns: dict[tuple[str | None, str], Piece] = field(default_factory=dict)
    """Columns as they are printed where no other form is read, by relation and name."""
    read: dict[tuple[str | None, str, str, Kind], Piece] = field(default_factory=dict)
    """Columns of sources as they are printed, by relation, name, source and kind of value."""
    forms: dict[str, Stored] = field(default_factory=dict)
    """What `stored` said of a source."""
    parameters: dict[str, None] = field(default_factory=dict)
    refusals: dict[tuple[str, str], Diagnostic] = field(default_factory=dict)

    # -- queries

    def query(self, query: Query) -> str:
        """A whole query, clause by clause, without indentation of its own."""
        lines = [self._with(query.ctes)] if query.ctes else []
        outer, only = self.tables, self.only
        if isinstance(query.body, Select):
            own = _tables(query.body)
            self.tables, self.only = {**outer, **own}, _only(own)
        lines += self._clauses(query)
        self.tables, self.only = outer, only
        return "\n".join(lines)

    def _clauses(self, query: Query) -> list[str]:
        lines = []
        body, order_by = query.body, query.order_by
        top = query.limit if self.dialect.top else None
        by_names = not (self._orders_otherwise(query) or (top is not None and not isinstance(body, Select)))
        if not by_names:
            body, order_by = _ordered_by_expressions(query)
        lines.append(self._body(body) if top is None else self._select(body, top))  # type: ignore[arg-type]
        if order_by:
            lines.append("ORDER BY " + ", ".join(self._key(k, by_names) for k in order_by))
        if query.limit is not None and top is None:
            lines.append(f"LIMIT {query.limit}")
        if query.offset:
            lines.append(f"OFFSET {query.offset}")
        return lines

    def _key(self, key: SortKey, by_names: bool) -> str:
        """A key of the query's order, in which a bare name is an output and no column."""
        if not (by_names and isinstance(key.by, Col) and key.by.table is None):
            return self.sort_key(key)
        only, self.only = self.only, None
        text = self.sort_key(key)
        self.only = only
        return text

    def _orders_otherwise(self, query: Query) -> bool:
        """Whether an output is ordered by as something else than its bare name, which engines take in no expression."""
        if not query.order_by:
            return False
        outputs = [k.by for k in query.order_by if isinstance(k.by, Col) and k.by.table is None]
        if not self.dialect.order_names and outputs:
            return True
        return any(self.dialect.order_value(Piece("x"), by.type).text != "x" for by in outputs)

    def _with(self, ctes: tuple[Cte, ...]) -> str:
        recursive = any(c.recursive for c in ctes)
        if recursive:
            self._feature("recursive", "a recursive WITH", ctes[0].query.place)
        parts = [f"{self._cte_head(c)} AS ({self._block(self.query(c.query))})" for c in ctes]
        return ("WITH RECURSIVE " if recursive else "WITH ") + ",\n".join(parts)

    def _cte_head(self, cte: Cte) -> str:
        if not (cte.recursive and self.dialect.recursive_columns):
            return self.name(cte.name)
        return f"{self.name(cte.name)} ({', '.join(self.name(name) for name, _ in cte.query.outputs)})"

    def _body(self, body: Select | Values | SetOperation) -> str:
        match body:
            case Select():
                return self._select(body)
            case Values():
                return self._values(body)
            case SetOperation():
                self._feature(body.op.lower(), body.op.upper(), body.left.place)
                keyword = body.op.upper() + (" ALL" if body.all else " DISTINCT" if self.dialect.distinct_sets else "")
                chained = isinstance(body.left.body, SetOperation) and body.op == body.left.body.op and body.all
                left = self._operand(body.left, chained=chained and body.left.body.all)  # type: ignore[union-attr]
                return f"{left}\n{keyword}\n{self._operand(body.right)}"

    def _operand(self, query: Query, *, chained: bool = False) -> str:
        plain = not (query.ctes or query.order_by or query.limit is not None or query.offset)
        text = self.query(query)
        return text if plain and (chained or isinstance(query.body, Select)) else f"({self._block(text)})"

    def _values(self, body: Values) -> str:
        if self.dialect.values is not None:
            return f"SELECT * FROM {self.dialect.values(self, body)}"
        rows = ", ".join("(" + ", ".join(self.text(v) for v in row) + ")" for row in body.rows)
        names = ", ".join(self.name(n) for n in body.names)
        return f"SELECT * FROM (VALUES {rows}) AS v({names})"

    def _select(self, select: Select, top: int | None = None) -> str:
        head = "SELECT"
        if select.distinct:
            head = "SELECT DISTINCT"
        elif select.distinct_on:
            self._feature("distinct_on", "DISTINCT ON", None)
            # By the very expressions that are ordered by.
            on = (self.dialect.order_value(self.scalar(s), s.type).text for s in select.distinct_on)
            head = f"SELECT DISTINCT ON ({', '.join(on)})"
        if top is not None:
            head = f"{head} TOP ({top})"
        lines = [self._clause(head, [self._output(o.name, o.value) for o in select.outputs])]
        if select.source is not None:
            lines.append("FROM " + self.relation(select.source))
        lines.extend(self._join(j) for j in select.joins)
        if select.where is not None:
            lines.append(self._condition("WHERE", select.where))
        if select.group_by is not None:
            lines.extend(self._group_by(select.group_by))
        if select.having is not None:
            lines.append(self._condition("HAVING", select.having))
        if select.qualify is not None:
            self._feature("qualify", "QUALIFY", None)
            lines.append(self._condition("QUALIFY", select.qualify))
        return "\n".join(lines)

    def _output(self, name: str, value: Scalar) -> str:
        text = self.text(value)
        if isinstance(value, Col) and value.name == name and text == self._plain(value, name).text:
            return text
        return f"{text} AS {self.name(name)}"

    def _condition(self, keyword: str, predicate: Scalar) -> str:
        if isinstance(predicate, Call) and predicate.fn == "and":
            parts = [self.scalar(a).within(AND + 1) for a in predicate.args]
            if any("\n" in p for p in parts) or not self.dialect.fits(f"{keyword} {' AND '.join(parts)}", _WIDTH):
                return f"{keyword} " + "\n  AND ".join(parts)
        return f"{keyword} {self.text(predicate)}"

    def _group_by(self, sets: tuple[tuple[Scalar, ...], ...]) -> list[str]:
        if len(sets) == 1:
            return ["GROUP BY " + ", ".join(self.text(s) for s in sets[0])] if sets[0] else []
        self._feature("grouping_sets", "GROUPING SETS", None)
        printed = ", ".join("(" + ", ".join(self.text(s) for s in keys) + ")" for keys in sets)
        return [f"GROUP BY GROUPING SETS ({printed})"]

    def _join(self, join: Joined) -> str:
        text = f"{_JOINS[join.kind]} {self.relation(join.relation)}"
        if join.on is not None:
            text += f" ON {self.text(join.on)}"
        elif join.kind in ("inner", "left") and join.kind != "cross":
            text += " ON TRUE"
        return text

    def relation(self, relation: Relation) -> str:
        """A relation of FROM with its alias."""
        match relation:
            case TableRef(source=source, alias=alias):
                parts = self.relations(source)
                printed = ".".join(self.name(p) for p in parts)
                return printed if parts[-1] == alias else f"{printed} AS {self.name(alias)}"
            case CteRef(name=name, alias=alias):
                return self.name(name) if name == alias else f"{self.name(name)} AS {self.name(alias)}"
            case Derived(
                query=Query(body=Values() as rows, ctes=(), order_by=(), limit=None, offset=0), alias=alias
            ) if self.dialect.values is not None:
                return f"{self.dialect.values(self, rows)} AS {self.name(alias)}"
            case Derived(query=query, alias=alias, lateral=lateral):
                if lateral:
                    self._feature("lateral", "LATERAL", query.place)
                return f"{'LATERAL ' if lateral else ''}({self._block(self.query(query))}) AS {self.name(alias)}"
            case Series(start=start, stop=stop, step=step, alias=alias, column=column):
                if self.dialect.series is None:
                    self._feature("series", "generate_series", getattr(start, "place", None))
                    return "?"
                as_step = self.dialect.series_step
                size = self.scalar(step) if as_step is None else as_step(self, step)
                pieces = (self.scalar(start), self.scalar(stop), size)
                own = self.dialect.series
                if self.dialect.series_of_row is not None and any(any(find(end, Col)) for end in (start, stop, step)):
                    own = self.dialect.series_of_row
                return own(self, pieces, start.type, self.name(alias), self.name(column))
            case Unnest(array=array, alias=alias, column=column):
                if self.dialect.unnest is None:
                    self._feature("unnest", "unnest", getattr(array, "place", None))
                    return "?"
                piece = self.scalar(array)
                return self.dialect.unnest(self, piece, array.type, self.name(alias), self.name(column))

    # -- scalars

    def text(self, scalar: Scalar) -> str:
        """A scalar where nothing around it binds."""
        return self.scalar(scalar).text

    def scalar(self, scalar: Scalar) -> Piece:
        """A scalar and how tightly it binds."""
        match scalar:
            case Col():
                return self._column(scalar)
            case Lit():
                return self.dialect.literal(self, scalar)
            case Param():
                return self._parameter(scalar)
            case Call():
                return self._call(scalar)
            case Case():
                return self._case(scalar)
            case Cast():
                return self.dialect.cast(self, scalar)
            case Agg():
                piece = self.aggregate(scalar)
                # Whatever stands around it must not fill the marks that this one left empty.
                return Piece(piece.text.replace(FILTER_MARK, "").replace(OVER_MARK, ""), piece.binds)
            case Over():
                return self._over(scalar)
            case ScalarQuery(query=query):
                return Piece(f"({self._block(self.query(query))})")
            case Exists(query=query):
                self._feature("exists", "EXISTS", scalar.place)
                return Piece(f"EXISTS ({self._block(self.query(query))})")
            case InQuery(args=args, query=query) if self.dialect.wrapped_rows and len(args) > 1:
                row = ", ".join(f"rows_in.{self.name(name)}" for name, _ in query.outputs)
                inner = f"SELECT ({row}) FROM ({self._block(self.query(query))}) AS rows_in"
                return Piece(f"{self._tuple(args)} IN ({self._block(inner)})", COMPARISON)
            case InQuery(args=args, query=query):
                left = self.scalar(args[0]).within(SUM) if len(args) == 1 else self._tuple(args)
                return Piece(f"{left} IN ({self._block(self.query(query))})", COMPARISON)
            case Quantified(fn=fn, arg=arg, query=query, every=every):
                self._feature("quantified", "a quantified comparison", scalar.place)
                word = "ALL" if every else "ANY"
                left = self.scalar(arg).within(SUM)
                return Piece(f"{left} {_COMPARISONS[fn]} {word} ({self._block(self.query(query))})", COMPARISON)

    def _plain(self, col: Col, name: str) -> Piece:
        key = (col.table, name)
        found = self.columns.get(key)
        if found is None:
            found = Piece(f"{self.name(col.table)}.{self.name(name)}" if col.table else self.name(name))
            self.columns[key] = found
        return found

    def _column(self, col: Col) -> Piece:
        """A column; one of a source is read from its stored form."""
        table = self.tables.get(col.table) if col.table else self.only
        if not isinstance(table, TableRef) or col.name == self.dialect.time_column:
            return self._plain(col, col.name)
        key = (col.table, col.name, table.source, col.type.kind)
        known = self.read.get(key)
        if known is None:
            known = self._stored_column(col, table)
            if known is None:
                return self._plain(col, col.name)
            self.read[key] = known
        return known

    def _stored_column(self, col: Col, table: TableRef) -> Piece | None:
        """A column of a source; None where it cannot be read."""
        dialect, stored = self.dialect, self.forms.get(table.source)
        if stored is None:
            stored = self.forms[table.source] = self.stored(table.source)
        words, name = stored.columns.get(col.name), col.name
        if words is None and col.name == stored.time and dialect.time_column is not None:
            words, name = dialect.time_form, dialect.time_column
        if words is None and not dialect.stored:
            return self._plain(col, name)
        found = choose(dialect.stored, col.type.kind, words)
        if found is None:
            self._unreadable(col, words or "")
            return None
        form, argument = found
        if form.read == "{0}":
            return self._plain(col, name)
        return form.template.fill([self._plain(col, name), self.dialect.literal(self, Lit(argument, TEXT))])

    def _unreadable(self, col: Col, words: str) -> None:
        known = [
            f.name + (" <pattern>" if f.takes_argument else "") for f in self.dialect.stored.get(col.type.kind, ())
        ]
        message = f"{self.dialect.name} cannot read `{col.name}`, a {col.type}, from the stored form `{words}`"
        forms = ", ".join(f"`{name}`" for name in known or ["native"])
        self._refuse(UnreadableForm.at(col.place, message), Refusal("", f"forms of a {col.type} there: {forms}"))

    def _tuple(self, args: Iterable[Scalar]) -> str:
        return "(" + ", ".join(self.text(a) for a in args) + ")"

    def _parameter(self, param: Param) -> Piece:
        if param.name in self.literals:
            value = self.literals[param.name]
            cut = value - timedelta(microseconds=value.microsecond % self.dialect.tick)
            return self.dialect.literal(self, Lit(cut, TIMESTAMPTZ))
        self.parameters[param.name] = None
        mark = f"{PARAMETER_MARK}{param.name}{PARAMETER_MARK}" if self.dialect.positional else param.name
        return self.dialect.parameter(mark, param.type)

    def _call(self, call: Call) -> Piece:
        rendering = self.dialect.functions.get(call.fn)
        if rendering is None:
            return self.refuse_function(call, Refusal("it is no canonical function"))
        if isinstance(rendering, Refusal):
            return self.refuse_function(call, rendering)
        if not isinstance(rendering, str):
            return rendering(self, call)
        return self.dialect.templates[call.fn].fill([self.scalar(a) for a in call.args])

    def _case(self, case: Case) -> Piece:
        whens = "".join(f" WHEN {self.text(c)} THEN {self.text(v)}" for c, v in case.whens)
        otherwise = "" if case.otherwise is None else f" ELSE {self.text(case.otherwise)}"
        return Piece(f"CASE{whens}{otherwise} END")

    def aggregate(self, agg: Agg) -> Piece:
        """An aggregate with its DISTINCT, ORDER BY and FILTER."""
        rendering = self.dialect.functions.get(agg.fn)
        if rendering is None or isinstance(rendering, Refusal):
            return self.refuse_function(agg, rendering or Refusal("it is no canonical function"))
        if not isinstance(rendering, str):
            piece = rendering(self, agg)
        else:
            piece = self.dialect.templates[agg.fn].fill(self.aggregate_arguments(agg))
        if agg.where is None or agg.fn in self.dialect.own_filter:
            return piece
        self._feature("filter", "FILTER", agg.place)
        # FILTER binds to one aggregate call; renderings around it (CAST(avg(x) ..)) place the mark themselves.
        clause = f" FILTER (WHERE {self.text(agg.where)})"
        if FILTER_MARK in piece.text:
            return Piece(piece.text.replace(FILTER_MARK, clause), piece.binds)
        return Piece(piece.text + clause)

    def aggregate_arguments(self, agg: Agg) -> list[Piece]:
        """Printed arguments; DISTINCT stands before the first, an ORDER BY behind the last."""
        pieces = [self.scalar(a) for a in agg.args]
        if agg.distinct and pieces:
            pieces[0] = Piece("DISTINCT " + pieces[0].text)
        if agg.order_by and pieces:
            order = " ORDER BY " + ", ".join(self.sort_key(k, "aggregate") for k in agg.order_by)
            pieces[-1] = Piece(pieces[-1].text + order)
        return pieces

    def _over(self, over: Over) -> Piece:
        call = self._windowed(over.call)
        parts = []
        if over.partition_by:
            keys = (self.dialect.partition_value(self.scalar(p), p.type).text for p in over.partition_by)
            parts.append("PARTITION BY " + ", ".join(keys))
        numbered = self._range_as_numbers(over)
        if numbered is not None:
            parts.extend(numbered)
        else:
            if over.order_by:
                where = "range" if _is_range(over) else ""
                parts.append("ORDER BY " + ", ".join(self.sort_key(k, where, in_window=True) for k in over.order_by))
            if over.frame is not None:
                parts.append(self._frame(over.frame))
        window = f" OVER ({' '.join(parts)})"
        if OVER_MARK in call.text:
            return Piece(call.text.replace(OVER_MARK, window), call.binds)
        return Piece(call.text + window)

    def _windowed(self, call: Agg | Call) -> Piece:
        if not isinstance(call, Agg):
            return self._call(call)
        own = self.dialect.window_functions.get(call.fn)
        return own(self, call) if own is not None and call.where is None else self.aggregate(call)

    def _range_as_numbers(self, over: Over) -> tuple[str, str] | None:
        """ORDER BY and frame of a RANGE of times over numbers; None where the window needs no such thing."""
        frame, change = over.frame, self.dialect.range_key
        if change is None or frame is None or frame.mode.lower() != "range" or len(over.order_by) != 1:
            return None
        (key,) = over.order_by
        bounds = (frame.start, frame.end)
        if not any(b.offset for b in bounds):
            return None
        if any(b.offset is None for b in bounds):
            why = Refusal("NULLs would fall into a frame that is open on one side", "bound both sides of the frame")
            self.refuse(over.place, "this RANGE frame", why)
        piece, changed = self.scalar(key.by), []
        for bound in bounds:
            if isinstance(bound.offset, Interval):
                found = change(self, key.by, _length(bound.offset))
                if found is None:
                    why = Refusal("its length in days is not fixed", "write the frame in days")
                    self.refuse(over.place, "a RANGE frame of months", why)
                    return None
                piece, size = found
                bound = replace(bound, offset=size)
            changed.append(bound)
        # Both sides are bounded: a NULL has only NULLs in its frame, wherever they are sorted.
        order = f"ORDER BY {piece.within(SUM)}{' DESC' if key.descending else ''}"
        return order, self._frame(replace(frame, start=changed[0], end=changed[1]))

    def _frame(self, frame: Frame) -> str:
        self._feature(f"frame_{frame.mode.lower()}", f"a {frame.mode.upper()} frame", None, silent=True)
        if frame.mode.lower() == "range" and (frame.start.offset or frame.end.offset):
            self._feature("frame_range_offset", "a RANGE frame by a distance", None)
            if {"frame_range", "frame_range_offset"} & self.dialect.refused_features.keys():
                return "?"  # the distance itself is nothing more to refuse
        exclude = {"current": " EXCLUDE CURRENT ROW", "group": " EXCLUDE GROUP", "ties": " EXCLUDE TIES"}
        if frame.exclude and not self.dialect.frame_exclusion:
            way = "subtract the row's own value from the aggregate over all rows"
            self.refuse(None, "EXCLUDE in a window frame", Refusal("its frames hold all rows between two", way))
        bounds = f"BETWEEN {self._bound(frame.start)} AND {self._bound(frame.end)}"
        return f"{frame.mode.upper()} {bounds}{exclude.get(frame.exclude, '')}"

    def _bound(self, bound: FrameBound) -> str:
        direction = "FOLLOWING" if bound.following else "PRECEDING"
        if bound.offset is None:
            return f"UNBOUNDED {direction}"
        if bound.offset == 0:
            return "CURRENT ROW"
        if isinstance(bound.offset, Interval):
            offset = self.dialect.literal(self, Lit(_length(bound.offset))).text
        else:
            offset = str(abs(bound.offset))
        return f"{offset} {direction}"

    def sort_key(self, key: SortKey, where: str = "", *, in_window: bool = False) -> str:
        """A key of an ordering with its NULLs where the contract puts them; `where` as in `Dialect.nulls_refused`."""
        piece = self.dialect.order_value(self.scalar(key.by), key.by.type)
        text = f"{piece.within(SUM)}{' DESC' if key.descending else ''}"
        default = self.dialect.default_nulls(key.descending)
        if default == key.nulls_last:
            return text
        if not self.dialect.nulls_clause or (where and self.dialect.nulls_refused(where, key.descending)):
            null, other = (1, 0) if key.nulls_last else (0, 1)
            if in_window and self.dialect.given_in_window is not None:
                given = self.dialect.given_in_window(piece, key.by.type)
                return f"CASE WHEN {given} THEN {other} ELSE {null} END, {text}"
            return f"CASE WHEN {piece.within(SUM)} IS NULL THEN {null} ELSE {other} END, {text}"
        return f"{text} NULLS {'LAST' if key.nulls_last else 'FIRST'}"

    # -- layout

    def _clause(self, head: str, items: list[str]) -> str:
        line = f"{head} {', '.join(items)}"
        if "\n" not in line and self.dialect.fits(line, _WIDTH):
            return line
        return f"{head}\n" + ",\n".join(_indent(i) for i in items)

    def _block(self, text: str) -> str:
        return text if "\n" not in text and self.dialect.fits(text, _BLOCK) else "\n" + _indent(text) + "\n"

    # -- names and refusals

    def name(self, name: str) -> str:
        """An identifier, quoted where it must be."""
        known = self.names.get(name)
        if known is None:
            known = self.dialect.escape_text(self.dialect.quote(name)).replace("\n", NEWLINE_MARK)
            self.names[name] = known
        return known

    def type_name(self, type: Type, place: Place | None = None) -> str:
        """The target's name of a type."""
        form = self.dialect.types.get(type.kind, Refusal("it has no such type"))
        if isinstance(form, Refusal):
            self._refuse(UnsayableType.at(place, f"{self.dialect.name} cannot hold {type}: {form.reason}"), form)
            return "?"
        return form if isinstance(form, str) else form(type)

    def refuse_function(self, call: Call | Agg, refusal: Refusal) -> Piece:
        """Notes that a function cannot be said and prints a placeholder, so that further refusals are found."""
        message = f"{self.dialect.name} has no exact form of `{call.fn}`: {refusal.reason}"
        self._refuse(UnsayableFunction.at(call.place, message), refusal)
        return Piece("?")

    def refuse(self, place: Place | None, what: str, refusal: Refusal) -> None:
        """Notes that a construct cannot be said."""
        self._refuse(UnsayableConstruct.at(place, f"{self.dialect.name} cannot say {what}: {refusal.reason}"), refusal)

    def _feature(self, key: str, what: str, place: Place | None, *, silent: bool = False) -> None:
        refusal = self.dialect.refused_features.get(key)
        if refusal is not None:
            self.refuse(place, what, refusal)

    def _refuse(self, diagnostic: Diagnostic, refusal: Refusal) -> None:
        if refusal.instead:
            diagnostic = replace(diagnostic, help=(refusal.instead,))
        self.refusals[(diagnostic.code, f"{diagnostic.message}{diagnostic.place}")] = diagnostic


FILTER_MARK = "\x00filter\x00"
"""Where a rendering wants the FILTER clause of its inner aggregate."""
OVER_MARK = "\x00over\x00"
"""Where a rendering wants the OVER clause of its inner call."""


NEWLINE_MARK = "\x00line\x00"
"""A line break inside a literal or a name, kept out of the way of indentation. No text of a user holds a NUL."""


PARAMETER_MARK = "\x00parameter\x00"
"""Around the name of a parameter that is printed as a mark without a name."""


def _tables(select: Select) -> dict[str, Relation]:
    relations = [select.source, *(j.relation for j in select.joins)]
    return {r.alias: r for r in relations if r is not None}


def _only(relations: Mapping[str, Relation]) -> TableRef | None:
    """The one source of a SELECT that reads nothing else."""
    first = next(iter(relations.values()), None)
    return first if len(relations) == 1 and isinstance(first, TableRef) else None


def _is_range(over: Over) -> bool:
    """Whether the frame is a range: said so, or by default (an aggregate or a value of an ordered frame)."""
    if over.frame is not None:
        return over.frame.mode.lower() == "range"
    return isinstance(over.call, Agg) or over.call.fn in ("first_value", "last_value", "nth_value")


def _length(offset: Interval) -> Interval:
    """A frame's distance, without the sign that tells its direction."""
    return Interval(abs(offset.months), abs(offset.days), abs(offset.micros))


def _unmark(sql: str) -> str:
    return sql.replace(FILTER_MARK, "").replace(OVER_MARK, "").replace(NEWLINE_MARK, "\n")


def _ordered_by_expressions(query: Query) -> tuple[Select | Values | SetOperation, tuple[SortKey, ...]]:
    """The body and order with output names replaced by their expressions, or by columns of a wrapped body."""
    body = query.body
    if isinstance(body, Select) and not body.distinct:
        values = {o.name: o.value for o in body.outputs}
        keys = (
            replace(k, by=values.get(k.by.name, k.by)) if isinstance(k.by, Col) and k.by.table is None else k
            for k in query.order_by
        )
        return body, tuple(keys)
    inner = Query(body)
    outputs = tuple(Output(name, Col(name, "ordered", kind)) for name, kind in inner.outputs)
    wrapped = Select(outputs, Derived(inner, "ordered"))
    keys = (replace(k, by=replace(k.by, table="ordered")) if isinstance(k.by, Col) else k for k in query.order_by)
    return wrapped, tuple(keys)


def infix(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """A rendering as a left-associative operator."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        first, *rest = (printer.scalar(a) for a in call.args)
        text = first.within(binds) + "".join(f" {symbol} {p.within(binds + 1)}" for p in rest)
        return Piece(text, binds)

    return rendering


def comparison(symbol: str) -> Callable[[Printer, Call | Agg], Piece]:
    """A rendering as a comparison; `a = b = c` is none in any engine, so both sides bind tighter."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        left, right = (printer.scalar(a).within(COMPARISON + 1) for a in call.args)
        return Piece(f"{left} {symbol} {right}", COMPARISON)

    return rendering


def chain(symbol: str, binds: int) -> Callable[[Printer, Call | Agg], Piece]:
    """A rendering of AND and OR over any number of arguments."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        pieces = [printer.scalar(a).within(binds + 1) for a in call.args]
        return Piece(f" {symbol} ".join(pieces), binds) if len(pieces) > 1 else Piece(pieces[0], binds)

    return rendering


def negation(printer: Printer, call: Call | Agg) -> Piece:
    """NOT, in the form that people read: IS NOT NULL, NOT LIKE, NOT IN, <>."""
    (inner,) = call.args
    match inner:
        case Call(fn="is_null", args=(x,)):
            return Piece(f"{printer.scalar(x).within(SUM)} IS NOT NULL", COMPARISON)
        case Call(fn="is_true", args=(x,)):
            return Piece(f"{printer.scalar(x).within(SUM)} IS NOT TRUE", COMPARISON)
        case Call(fn="is_false", args=(x,)):
            return Piece(f"{printer.scalar(x).within(SUM)} IS NOT FALSE", COMPARISON)
        case Call(fn="same", args=(a, b)):
            text = f"{printer.scalar(a).within(SUM)} IS DISTINCT FROM {printer.scalar(b).within(SUM)}"
            return Piece(text, COMPARISON)
    return Piece(f"NOT {printer.scalar(inner).within(COMPARISON)}", NOT)


def listed(printer: Printer, call: Call | Agg) -> Piece:
    """`x IN (a, b, c)`."""
    first, *rest = call.args
    return Piece(f"{printer.scalar(first).within(SUM)} IN ({', '.join(printer.text(r) for r in rest)})", COMPARISON)


def rows_listed(printer: Printer, call: Call | Agg) -> Piece:
    """`(a, b) IN ((1, 2), ..)` as equalities, so that NULLs follow the three-valued rule on every engine."""
    arity = call.args[0]
    assert isinstance(arity, Lit)
    assert isinstance(arity.value, int)
    n, values = arity.value, call.args[1:]
    left = values[:n]
    rows = [values[i : i + n] for i in range(n, len(values), n)]
    either = Call("or", tuple(Call("and", tuple(Call("eq", p) for p in zip(left, r, strict=True))) for r in rows))
    return printer.scalar(either)


COMMON: dict[str, str | Callable[[Printer, Call | Agg], Piece] | Refusal] = {
    **{name: comparison(symbol) for name, symbol in _COMPARISONS.items()},
    "and": chain("AND", AND),
    "or": chain("OR", OR),
    "not": negation,
    "same": "{0} IS NOT DISTINCT FROM {1}",
    "is_null": "{0} IS NULL",
    "is_true": "{0} IS TRUE",
    "is_false": "{0} IS FALSE",
    "in_list": listed,
    "in_rows": rows_listed,
    "concat_op": infix("||", SUM),
    "sub": infix("-", SUM),
    "add": infix("+", SUM),
    "mul": infix("*", PRODUCT),
    "neg": "-{0}",
}
"""Renderings in standard SQL, for every target that keeps to it."""


def _indent(text: str) -> str:
    return "\n".join("  " + line if line else line for line in text.split("\n"))
