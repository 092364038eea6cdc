"""Prints a canonical query in a target's own words. There is no default: what is not declared is refused.

The canonical tree is closed and ours, and so is its printing: no library decides what a construct becomes, nothing
passes through unseen, and the same tree gives the same bytes whatever is upgraded. `Dialect` holds a target's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from kpictl.diagnostics import Diagnostic, Place
from kpictl.dialects.dialect import Dialect, Refusal
from kpictl.dialects.findings import UnreadableForm, UnsayableConstruct, UnsayableFunction, UnsayableType
from kpictl.dialects.marks import FILTER_MARK, NEWLINE_MARK, OVER_MARK, PARAMETER_MARK
from kpictl.dialects.operators import COMPARISONS
from kpictl.dialects.physical import AS_DECLARED, NATIVE, Stored, choose
from kpictl.dialects.stored_as import Converted, converted, others
from kpictl.dialects.templates import AND, COMPARISON, SUM, Piece
from kpictl.dialects.windows import over_text
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
    InQuery,
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
_JOINS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN", "cross": "CROSS JOIN"}


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
            lines.append("ORDER BY " + ", ".join(self._key(k, by_names, query) for k in order_by))
        if query.limit is not None and top is None:
            lines.append(f"LIMIT {query.limit}")
        if query.offset:
            lines.append(f"OFFSET {query.offset}")
        return lines

    def _key(self, key: SortKey, by_names: bool, query: Query) -> str:
        """A key of the query's order, in which a bare name is an output and no column."""
        if not (by_names and isinstance(key.by, Col) and key.by.table is None):
            return self.sort_key(key, of=query)
        only, self.only = self.only, None
        text = self.sort_key(key, of=query)
        self.only = only
        return text

    def _orders_otherwise(self, query: Query) -> bool:
        """Whether an output is ordered by as something else than its bare name, which engines take in no expression."""
        if not query.order_by:
            return False
        outputs = [k.by for k in query.order_by if isinstance(k.by, Col) and k.by.table is None]
        if not self.dialect.order_names and outputs:
            return True
        if self.dialect.order_names_inside:
            return False
        return any(self.dialect.order_value(Piece("x"), by, query).text != "x" for by in outputs)

    def _with(self, ctes: tuple[Cte, ...]) -> str:
        recursive = any(c.recursive for c in ctes)
        if recursive:
            self.feature("recursive", "a recursive WITH", ctes[0].query.place)
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
                self.feature(body.op.lower(), body.op.upper(), body.left.place)
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
            self.feature("distinct_on", "DISTINCT ON", None)
            # By the very expressions that are ordered by.
            on = (self.dialect.order_value(self.scalar(s), s, None).text for s in select.distinct_on)
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
            self.feature("qualify", "QUALIFY", None)
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
        self.feature("grouping_sets", "GROUPING SETS", None)
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
                    self.feature("lateral", "LATERAL", query.place)
                return f"{'LATERAL ' if lateral else ''}({self._block(self.query(query))}) AS {self.name(alias)}"
            case Series(start=start, stop=stop, step=step, alias=alias, column=column):
                if self.dialect.series is None:
                    self.feature("series", "generate_series", getattr(start, "place", None))
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
                    self.feature("unnest", "unnest", getattr(array, "place", None))
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
                return over_text(self, scalar)
            case ScalarQuery(query=query):
                return Piece(f"({self._block(self.query(query))})")
            case Exists(query=query):
                self.feature("exists", "EXISTS", scalar.place)
                return Piece(f"EXISTS ({self._block(self.query(query))})")
            case InQuery(args=args, query=query) if self.dialect.wrapped_rows and len(args) > 1:
                row = ", ".join(f"rows_in.{self.name(name)}" for name, _ in query.outputs)
                inner = f"SELECT ({row}) FROM ({self._block(self.query(query))}) AS rows_in"
                return Piece(f"{self._tuple(args)} IN ({self._block(inner)})", COMPARISON)
            case InQuery(args=args, query=query):
                left = self.scalar(args[0]).within(SUM) if len(args) == 1 else self._tuple(args)
                return Piece(f"{left} IN ({self._block(self.query(query))})", COMPARISON)
            case Quantified(fn=fn, arg=arg, query=query, every=every):
                self.feature("quantified", "a quantified comparison", scalar.place)
                word = "ALL" if every else "ANY"
                compared = self.scalar(arg)
                if fn not in ("eq", "ne"):
                    compared = self.dialect.order_value(compared, arg, None)
                return Piece(
                    f"{compared.within(SUM)} {COMPARISONS[fn]} {word} ({self._block(self.query(query))})", COMPARISON
                )

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
        if found is None and words is not None and (other := converted(dialect.stored, col.type.kind, words)):
            return self._converted(col, other, table)
        if found is None:
            self._unreadable(col, words or "")
            return None
        form, argument = found
        if form.read == "{0}":
            return self._plain(col, name)
        return form.template.fill([self._plain(col, name), self.dialect.literal(self, Lit(argument, TEXT))])

    def _converted(self, col: Col, form: Converted, table: TableRef) -> Piece:
        """A column that is stored as another type, read as that type's default form and changed to the declared one."""
        raw, kind = replace(col, type=form.type), form.type.kind
        default, _ = choose(self.dialect.stored, kind, None) or (NATIVE, "")
        self.read[(col.table, col.name, table.source, kind)] = default.template.fill([self._plain(raw, col.name)])
        return self.scalar(form.value(raw, col.type))

    def _unreadable(self, col: Col, words: str) -> None:
        own = self.dialect.stored.get(col.type.kind, ())
        known = [f.name + (" <pattern>" if f.takes_argument else "") for f in own]
        known += [f.name for f in others(self.dialect.stored, col.type.kind)]
        known = list(dict.fromkeys(known))
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
        self.feature("filter", "FILTER", agg.place)
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

    def sort_key(self, key: SortKey, where: str = "", *, in_window: bool = False, of: Query | None = None) -> str:
        """A key of an ordering with its NULLs where the contract puts them; `where` as in `Dialect.nulls_refused`, `of` the
        query whose rows it orders.
        """
        plain = self.scalar(key.by)
        piece = self.dialect.order_value(plain, key.by, of)
        text = f"{piece.within(SUM)}{' DESC' if key.descending else ''}"
        default = self.dialect.default_nulls(key.descending)
        if default == key.nulls_last:
            return text
        if not self.dialect.nulls_clause or (where and self.dialect.nulls_refused(where, key.descending)):
            null, other = (1, 0) if key.nulls_last else (0, 1)
            if in_window and self.dialect.given_in_window is not None:
                given = self.dialect.given_in_window(plain, key.by.type)
                return f"CASE WHEN {given} THEN {other} ELSE {null} END, {text}"
            return f"CASE WHEN {plain.within(SUM)} IS NULL THEN {null} ELSE {other} END, {text}"
        return f"{text} NULLS {'LAST' if key.nulls_last else 'FIRST'}"

    def windowed(self, call: Agg | Call) -> Piece:
        """What stands before OVER."""
        if not isinstance(call, Agg):
            return self._call(call)
        own = self.dialect.window_functions.get(call.fn)
        return own(self, call) if own is not None and call.where is None else self.aggregate(call)

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

    def feature(self, key: str, what: str, place: Place | None) -> None:
        """Notes a construct of `Dialect.refused_features`, where the target refuses it."""
        refusal = self.dialect.refused_features.get(key)
        if refusal is not None:
            self.refuse(place, what, refusal)

    def _refuse(self, diagnostic: Diagnostic, refusal: Refusal) -> None:
        if refusal.instead:
            diagnostic = replace(diagnostic, help=(refusal.instead,))
        self.refusals[(diagnostic.code, f"{diagnostic.message}{diagnostic.place}")] = diagnostic


def _tables(select: Select) -> dict[str, Relation]:
    relations = [select.source, *(j.relation for j in select.joins)]
    return {r.alias: r for r in relations if r is not None}


def _only(relations: Mapping[str, Relation]) -> TableRef | None:
    """The one source of a SELECT that reads nothing else."""
    first = next(iter(relations.values()), None)
    return first if len(relations) == 1 and isinstance(first, TableRef) else None


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


def _indent(text: str) -> str:
    return "\n".join("  " + line if line else line for line in text.split("\n"))
