"""One SELECT: its parts in the order in which SQL resolves them, its outputs and its DISTINCT."""

from __future__ import annotations

from sqlglot import exp

from kpictl.ir.query import Output, Select
from kpictl.ir.scalars import Agg, Call, Scalar, SortKey
from kpictl.model.types import BOOLEAN, INTEGER
from kpictl.sql import values
from kpictl.sql.coercion import condition
from kpictl.sql.findings import UndeclaredColumns, UnknownColumn, UnsafeSql, UnsupportedSql
from kpictl.sql.grouping import by_position, check_grouped, group_by
from kpictl.sql.names import output_name
from kpictl.sql.ordering import order_by, output_or_read
from kpictl.sql.reader import Level, Reader
from kpictl.sql.relations import built, from_clause
from kpictl.sql.scalars import scalar
from kpictl.sql.values import lit

_SELECT_PARTS = frozenset(
    [
        "with_",
        "expressions",
        "from_",
        "joins",
        "laterals",
        "where",
        "group",
        "having",
        "qualify",
        "windows",
        "distinct",
        "order",
        "limit",
        "offset",
        "kind",
        "operation_modifiers",
        "hint",
    ]
)


def check_parts(r: Reader, node: exp.Select) -> None:
    for key, value in node.args.items():
        if not value or (key in _SELECT_PARTS and key not in ("kind", "operation_modifiers", "hint")):
            continue
        at = value if isinstance(value, exp.Expr) else value[0] if value and isinstance(value, list) else node
        at = at if isinstance(at, exp.Expr) else node
        if key in ("locks", "into"):
            what = "FOR UPDATE" if key == "locks" else "SELECT INTO"
            r.fail(
                UnsafeSql,
                r.keyword(at, "FOR" if key == "locks" else "INTO"),
                f"{what} does more than ask",
                help=("write a plain SELECT",),
            )
        else:
            r.fail(UnsupportedSql, at, f"{key.upper().rstrip('_')} in a SELECT has no portable meaning")


def read_select(r: Reader, node: exp.Select, level: Level) -> tuple[Select, tuple[SortKey, ...]]:
    joined = from_clause(r, node, level)
    for window in node.args.get("windows") or ():
        level.windows[r.name(window.this)] = window
    where = None
    if (told := node.args.get("where")) is not None:
        with r.without("in WHERE", "in WHERE"):
            where = condition(r, told.this, scalar(r, told.this))
    outputs, nodes = _outputs(r, node, level)
    grouping = group_by(r, node, outputs, level)
    having = _clause(r, node, "having", windows="in HAVING")
    qualify = _clause(r, node, "qualify")
    distinct, distinct_on = _distinct(r, node, outputs)
    order = order_by(r, node, outputs, grouping)
    if grouping is None and having is not None:
        grouping = ((),)
    if level.constant_group:  # unlike one total, groups of no rows are none
        some = Call("gt", (Agg("count_rows", (), type=INTEGER), lit(0)), BOOLEAN)
        having = some if having is None else values.conjunction("and", (some, having))
    check_grouped(r, level, outputs, nodes, grouping, having, order)
    source, joins = built(joined)
    body = Select(outputs, source, joins, where, grouping, having, qualify, distinct, distinct_on)
    return body, order


def _clause(r: Reader, node: exp.Expr, key: str, windows: str | None = None) -> Scalar | None:
    told = node.args.get(key)
    if told is None:
        return None
    with r.without(None, windows):
        return condition(r, told.this, scalar(r, told.this))


def _outputs(r: Reader, node: exp.Select, level: Level) -> tuple[tuple[Output, ...], list[exp.Expr]]:
    found: list[Output] = []
    nodes: list[exp.Expr] = []
    for item in node.expressions:
        stars = _star(r, item, level)
        if stars is not None:
            found += stars
            nodes += [item] * len(stars)
            continue
        value = scalar(r, item.this if isinstance(item, exp.Alias) else item)
        name = r.name(item.args["alias"]) if isinstance(item, exp.Alias) else output_name(r, item)
        found.append(Output(name, value))
        nodes.append(item)
    return tuple(found), nodes


def _star(r: Reader, item: exp.Expr, level: Level) -> list[Output] | None:
    if isinstance(item, exp.Star):
        star, rels = item, level.rels
        if not rels:
            r.fail(UnknownColumn, item, "`*` needs a FROM")
    elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        star = item.this
        alias = r.name(item.args["table"])
        rel = level.rel(alias)
        if rel is None:
            r.fail(UnknownColumn, item, f"`{alias}` is no table of this query")
            return []
        rels = [rel]
    else:
        return None
    left_out = {r.name(e if isinstance(e, exp.Identifier) else e.this): e for e in _except(star)}
    found: list[Output] = []
    if isinstance(item, exp.Star):
        found += [Output(name, value) for name, value in level.merged.items()]
    for rel in rels:
        if rel.broken:
            continue
        if rel.columns is None:
            r.fail(
                UndeclaredColumns, item, f"the columns of `{rel.alias}` are not declared", help=("name the columns",)
            )
            continue
        for name in rel.columns:
            if not (isinstance(item, exp.Star) and name in level.merged):
                found.append(Output(name, rel.column(name, None)))
    known = {o.name for o in found}
    for name, node in left_out.items():
        if name not in known and not any(rel.broken or rel.columns is None for rel in rels):
            r.fail(UnknownColumn, node, f"`*` has no column `{name}` to leave out")
    return _changed(r, star, [o for o in found if o.name not in left_out])


def _changed(r: Reader, star: exp.Star, outputs: list[Output]) -> list[Output]:
    """`* REPLACE (value AS name)` and `* RENAME (name AS other)`."""
    by_name = {o.name: at for at, o in enumerate(outputs)}
    for key in ("replace", "rename"):
        for each in star.args.get(key) or ():
            name = r.name(each.args["alias"] if key == "replace" else each.this.this)
            if name not in by_name:
                r.fail(UnknownColumn, each, f"`*` has no column `{name}` to {key}")
                continue
            old = outputs[by_name[name]]
            new = (
                Output(name, scalar(r, each.this))
                if key == "replace"
                else Output(r.name(each.args["alias"]), old.value)
            )
            outputs[by_name[name]] = new
    return outputs


def _except(star: exp.Star) -> list[exp.Expr]:
    found = star.args.get("except_") or star.args.get("except") or []
    return list(found) if isinstance(found, list) else [found]


def _distinct(r: Reader, node: exp.Select, outputs: tuple[Output, ...]) -> tuple[bool, tuple[Scalar, ...]]:
    told = node.args.get("distinct")
    if told is None:
        return False, ()
    on = told.args.get("on")
    if on is None:
        return True, ()
    items = on.expressions if isinstance(on, exp.Tuple) else [on]
    keys: list[Scalar] = []
    for item in items:
        inner = item.this if isinstance(item, exp.Paren) else item
        if isinstance(inner, exp.Literal) and not inner.is_string:
            found = by_position(r, inner, outputs, "DISTINCT ON")
            keys += [found.value] if found else []
        else:
            keys.append(output_or_read(r, inner, outputs))
    return False, tuple(keys)
