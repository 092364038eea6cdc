"""FROM: tables, sub-queries and joins, with USING and NATURAL as one column."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from kpictl.diagnostics import did_you_mean
from kpictl.ir.query import CteRef, Derived, Joined, Query, Relation, TableRef
from kpictl.ir.scalars import Lit, Scalar
from kpictl.model.types import Type
from kpictl.sql import operators, values
from kpictl.sql.coercion import condition
from kpictl.sql.findings import (
    AmbiguousColumn,
    UndeclaredColumns,
    UnknownColumn,
    UnknownTable,
    UnsupportedSql,
    WrongArguments,
)
from kpictl.sql.reader import Level, Reader, Rel
from kpictl.sql.scalars import scalar, unsupported
from kpictl.sql.table_functions import read_values, table_function, unknown_rel, unnest
from kpictl.sql.walk import find

_STORE = ("kpi_metrics", "kpi_intervals", "kpi_runs", "kpi_definitions", "kpi_audit")
Joins = list[tuple[Rel, str, Scalar | None]]


def from_clause(r: Reader, node: exp.Select, level: Level) -> Joins:
    joined: Joins = []
    told = node.args.get("from_")
    if told is not None:
        joined.append((_add(r, level, told.this), "from", None))
        joined += _joins(r, level, told.this.args.get("joins") or ())
    joined += _joins(r, level, node.args.get("joins") or ())
    for lateral in node.args.get("laterals") or ():
        joined.append((_add(r, level, lateral), "cross", None))
    return joined


def _joins(r: Reader, level: Level, joins: Sequence[exp.Join]) -> Joins:
    found: Joins = []
    for join in joins:
        before = list(level.rels)
        rel = _add(r, level, join.this)
        found.append((rel, *_join(r, join, level, before, rel)))
        found += _joins(r, level, join.this.args.get("joins") or ())
    return found


def _join(r: Reader, join: exp.Join, level: Level, before: list[Rel], rel: Rel) -> tuple[str, Scalar | None]:
    side, kind, method = (str(join.args.get(k) or "").upper() for k in ("side", "kind", "method"))
    if kind in ("SEMI", "ANTI", "STRAIGHT") or method not in ("", "NATURAL") or join.args.get("global_"):
        r.fail(UnsupportedSql, join, f"a {method or kind} join", help=("use EXISTS, or a plain JOIN",))
    how = side.lower() or ("cross" if kind == "CROSS" or not _condition(join, method) else "inner")
    if method == "NATURAL":
        return (how if how != "cross" else "inner"), _merge(
            r, join, level, before, rel, _shared(r, join, before, rel), how
        )
    if using := join.args.get("using"):
        names = [r.name(u.this if isinstance(u, exp.Column) else u) for u in using]
        return how, _merge(r, join, level, before, rel, names, how)
    on = join.args.get("on")
    if on is None:
        if how != "cross":
            r.fail(WrongArguments, join, "a join without ON", help=("write `ON a.x = b.x`",))
        return how, None
    with r.without("in ON", "in ON"):
        test = condition(r, on, scalar(r, on))
    if isinstance(test, Lit) and test.value is True and how == "inner":
        return "cross", None
    return how, test


def _condition(join: exp.Join, method: str) -> bool:
    return bool(join.args.get("on") is not None or join.args.get("using") or method)


def _shared(r: Reader, join: exp.Join, before: list[Rel], rel: Rel) -> list[str]:
    if rel.columns is None or any(b.columns is None for b in before):
        r.fail(UndeclaredColumns, join, "NATURAL JOIN needs declared columns", help=("write `USING (x)`",))
        return []
    left = {name for b in before for name in (b.columns or ())}
    return [name for name in rel.columns if name in left]


def _merge(
    r: Reader, join: exp.Join, level: Level, before: list[Rel], rel: Rel, names: list[str], how: str
) -> Scalar | None:
    """USING and NATURAL: equality of each name, which is then one column."""
    tests: list[Scalar] = []
    for name in names:
        left = level.merged.get(name)
        if left is None:
            having = [b for b in before if b.columns is None or name in b.columns]
            exact = [b for b in having if b.columns is not None] or having
            if len(exact) != 1:
                found = "no table" if not exact else "several tables"
                r.fail(UnknownColumn, join, f"USING (`{name}`): {found} on the left with this column")
                continue
            left = exact[0].column(name, None)
        if rel.columns is not None and name not in rel.columns:
            r.fail(UnknownColumn, join, f"USING (`{name}`): `{rel.alias}` has no such column")
            continue
        right = rel.column(name, None)
        tests.append(operators.compare(r, join, "eq", left, right))
        if how == "full":
            level.merged[name] = values.call("coalesce", left, right)
        else:
            level.merged[name] = right if how == "right" else left
    return values.conjunction("and", tests) if tests else None


def built(joined: Joins) -> tuple[Relation | None, tuple[Joined, ...]]:
    """The relations, now that it is known which columns are read."""
    if not joined:
        return None, ()
    first, *rest = joined
    return first[0].build(first[0]), tuple(Joined(how, rel.build(rel), on) for rel, how, on in rest)


def _add(r: Reader, level: Level, node: exp.Expr) -> Rel:
    rel = _relation(r, node)
    if level.rel(rel.alias) is not None:
        r.fail(AmbiguousColumn, node, f"two tables are called `{rel.alias}`", help=("give one of them an alias",))
        rel.alias = r.fresh(rel.alias)
    level.rels.append(rel)
    return rel


def _relation(r: Reader, node: exp.Expr) -> Rel:
    alias = node.args.get("alias")
    name = r.name(alias.this) if alias is not None and alias.this is not None else None
    columns = tuple(r.name(c) for c in (alias.args.get("columns") or ())) if alias is not None else ()
    if isinstance(node, exp.Table):
        return _table(r, node, name, columns)
    if isinstance(node, exp.Subquery):
        return _derived(r, node, node.this, name, columns, lateral=False)
    if isinstance(node, exp.Lateral):
        return _lateral(r, node, name, columns)
    if isinstance(node, exp.Values):
        body = read_values(r, node, columns)
        return _of_query(r, Query(body, place=r.locate(node)), name or r.fresh("values"), lateral=False)
    if isinstance(node, exp.Unnest):
        return unnest(r, node, node.expressions, name, columns)
    unsupported(r, node)
    return unknown_rel(name or r.fresh("table"))


def _lateral(r: Reader, node: exp.Lateral, name: str | None, columns: tuple[str, ...]) -> Rel:
    inner = node.this
    if node.args.get("ordinality"):
        r.fail(UnsupportedSql, node, "WITH ORDINALITY", help=("take the elements without their positions",))
        return unknown_rel(name or r.fresh("lateral"))
    if isinstance(inner, exp.Subquery | exp.Query):
        return _derived(r, node, inner, name, columns, lateral=True)
    if isinstance(inner, exp.Anonymous):
        return table_function(r, node, inner, name, columns)
    if isinstance(inner, exp.Unnest | exp.Explode):
        return unnest(r, inner, inner.expressions or [inner.this], name, columns)
    unsupported(r, node)
    return unknown_rel(name or r.fresh("lateral"))


def _derived(
    r: Reader, node: exp.Expr, inner: exp.Expr, name: str | None, columns: tuple[str, ...], *, lateral: bool
) -> Rel:
    from kpictl.sql.queries import read_query, ungrouped, with_names  # a query has relations, a relation a query

    if isinstance(inner, exp.Table):
        way = "join the tables one after another, or write a sub-query"
        r.fail(UnsupportedSql, inner, "joins in parentheses", help=(way,))
        if r.level is not None:  # their columns are not reported one by one
            r.level.rels += [unknown_rel(r.name(t.args.get("alias") or t.this)) for t in node.find_all(exp.Table)]
        return unknown_rel(name or r.fresh("table"))
    if lateral:
        query = read_query(r, inner)
    else:
        kept = r.level
        r.level = _outside(kept)
        query = read_query(r, inner)
        r.level = kept
    query = with_names(r, node, query, columns)
    if ungrouped(query):
        r.facts.looks_ahead.append(query.place or r.locate(node))
    return _of_query(r, query, name or r.fresh("query"), lateral=lateral)


def _outside(level: Level | None) -> Level | None:
    """The view from a sub-query in FROM: WITH queries and outer levels, but not the tables beside it."""
    if level is None:
        return None
    return Level(level.parent, ctes=level.ctes)


def _of_query(r: Reader, query: Query, alias: str, *, lateral: bool) -> Rel:
    columns: dict[str, tuple[str, Type]] = {}
    for name, kind in query.outputs:
        columns.setdefault(name, (name, kind))
    zones = set(_zones(r, query))
    zone = zones.pop() if len(zones) == 1 else None
    return Rel(alias, columns, lambda rel: Derived(query, rel.alias, lateral), zone=zone)


def _zones(r: Reader, query: Query) -> list[str]:
    """Zones of the naive timestamps of the tables below."""
    found = [r.scope.naive_zones.get(t.source) for t in find(query, TableRef)]
    for ref in find(query, CteRef):
        below = r.cte(ref.name)
        if below is not None and below is not query:
            found += [r.scope.naive_zones.get(t.source) for t in find(below, TableRef)]
    return [zone for zone in found if zone is not None]


def _table(r: Reader, node: exp.Table, name: str | None, columns: tuple[str, ...]) -> Rel:
    for key, value in node.args.items():
        if value and key not in ("this", "alias", "db", "catalog", "joins", "laterals", "only"):
            r.fail(UnsupportedSql, node, f"{key.upper().rstrip('_')} on a table has no portable meaning")
    inner = node.this
    if isinstance(inner, exp.Anonymous):
        return table_function(r, node, inner, name, columns)
    if not isinstance(inner, exp.Identifier):
        r.fail(UnknownTable, node, "this is no table that a definition may read", help=("name a source",))
        return unknown_rel(name or r.fresh("table"))
    written = ".".join(r.name(node.args[k]) for k in ("catalog", "db", "this") if node.args.get(k))
    bare = "." not in written
    cte = r.cte(written) if bare else None
    if cte is not None:
        return _cte_rel(r, node, written, cte, name or written, columns)
    found = _source(r, node, written, name or r.name(inner), columns)
    if name is None and not bare:
        found.ways = frozenset((written,))
    return found


def _cte_rel(r: Reader, node: exp.Expr, name: str, query: Query, alias: str, columns: tuple[str, ...]) -> Rel:
    seen: dict[str, tuple[str, Type]] = {}
    for index, (real, kind) in enumerate(query.outputs):
        seen.setdefault(columns[index] if index < len(columns) else real, (real, kind))
    zones = set(_zones(r, query))
    return Rel(alias, seen, lambda rel: CteRef(name, rel.alias), zone=zones.pop() if len(zones) == 1 else None)


def _source(r: Reader, node: exp.Table, written: str, alias: str, columns: tuple[str, ...]) -> Rel:
    table = r.scope.tables.get(written)
    last = written.rsplit(".", 1)[-1]
    if last.startswith(_STORE) and table is None:
        message = f"`{written}` belongs to the store of values"
        r.fail(UnknownTable, node, message, help=("read another KPI with `{{ kpi('name') }}`",))
        return unknown_rel(alias)
    if table is None:
        r.fail(UnknownTable, node, f"there is no source `{written}`", help=_near_tables(r, written))
        return unknown_rel(alias)
    r.facts.tables.setdefault(table.source)
    seen: dict[str, tuple[str, Type]] | None = None
    if table.columns is not None:
        real = list(table.columns.items())
        seen = {columns[i] if i < len(columns) else n: (n, t) for i, (n, t) in enumerate(real)}
    elif columns:
        r.fail(UndeclaredColumns, node, f"columns of `{written}` are renamed, but are not declared")
    place = r.at(node.this)

    def build(rel: Rel) -> TableRef:
        return TableRef(table.source, rel.alias, tuple(sorted(rel.reads.items())), place)

    return Rel(alias, seen, build, source=table.source, zone=r.scope.naive_zones.get(table.source))


def _near_tables(r: Reader, written: str) -> tuple[str, ...]:
    if any(c in written for c in "/\\:*") or written.endswith((".csv", ".parquet", ".json")):
        return ("a definition cannot read files; declare the file as a source",)
    near = did_you_mean(written, r.scope.tables)
    return (f"did you mean `{near[0]}`?",) if near else ("declare it under `sources:`",)
