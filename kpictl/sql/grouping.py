"""GROUP BY: keys, grouping sets, and which columns may stand beside an aggregate."""

from __future__ import annotations

from itertools import chain, combinations, product

from sqlglot import exp

from kpictl.ir.query import Output, Query
from kpictl.ir.scalars import Agg, Col, Over, Scalar, SortKey
from kpictl.model.types import Kind
from kpictl.sql.findings import UngroupedColumn, UnknownColumn, UnsupportedSql, WrongType
from kpictl.sql.reader import BAD, Level, Reader
from kpictl.sql.scalars import scalar
from kpictl.sql.walk import any_of, children, has_aggregate, has_window, is_constant


def group_by(
    r: Reader, node: exp.Select, outputs: tuple[Output, ...], level: Level
) -> tuple[tuple[Scalar, ...], ...] | None:
    group = node.args.get("group")
    if group is None:
        return None
    if group.args.get("totals"):
        r.fail(UnsupportedSql, group, "GROUP BY ... WITH TOTALS", help=("use `GROUP BY ROLLUP (...)`",))
        return ((BAD,),)
    if group.args.get("all"):
        plain_outputs = (o.value for o in outputs if not (has_aggregate(o.value) or has_window(o.value)))
        keys = tuple(dict.fromkeys(value for value in plain_outputs if not is_constant(value)))
        return (tuple(_groupable(r, group, key) for key in keys),)
    with r.without("in GROUP BY", "in GROUP BY"):
        plain: list[exp.Expr] = list(group.expressions)
        for key in ("rollup", "cube", "grouping_sets"):
            more = group.args.get(key)
            plain += [m for m in (more if isinstance(more, list) else [more]) if isinstance(m, exp.Expr)]
        parts = [_grouping_element(r, item, outputs) for item in plain]
    sets = [_unique(chain.from_iterable(combo)) for combo in product(*parts)] if parts else [()]
    if len(sets) == 1 and any(is_constant(key) for key in sets[0] if key is not BAD):
        # A constant groups nothing, and engines read it as a position or refuse it.
        sets = [tuple(key for key in sets[0] if not is_constant(key) or key is BAD)]
        level.constant_group = not sets[0]
    level.rolled = len(sets) > 1
    return tuple(sets)


def _unique(items: chain[Scalar]) -> tuple[Scalar, ...]:
    return tuple(dict.fromkeys(items))


def _grouping_element(r: Reader, item: exp.Expr, outputs: tuple[Output, ...]) -> list[tuple[Scalar, ...]]:
    """The grouping sets of one element of GROUP BY."""
    if isinstance(item, exp.Rollup):
        columns = [_grouping_key(r, e, outputs) for e in item.expressions]
        return [tuple(chain.from_iterable(columns[:n])) for n in range(len(columns), -1, -1)]
    if isinstance(item, exp.Cube):
        columns = [_grouping_key(r, e, outputs) for e in item.expressions]
        if len(columns) > 8:
            r.fail(UnsupportedSql, item, "CUBE of more than eight columns")
            return [()]
        subsets = chain.from_iterable(combinations(columns, n) for n in range(len(columns), -1, -1))
        return [tuple(chain.from_iterable(s)) for s in subsets]
    if isinstance(item, exp.GroupingSets):
        return [s for e in item.expressions for s in _grouping_element(r, e, outputs)]
    return [_grouping_key(r, item, outputs)]


def _grouping_key(r: Reader, item: exp.Expr, outputs: tuple[Output, ...]) -> tuple[Scalar, ...]:
    if isinstance(item, exp.Tuple):
        return tuple(chain.from_iterable(_grouping_key(r, e, outputs) for e in item.expressions))
    if isinstance(item, exp.Paren):
        return _grouping_key(r, item.this, outputs)
    if isinstance(item, exp.Literal) and not item.is_string:
        found = by_position(r, item, outputs, "GROUP BY")
        return (BAD,) if found is None else (_groupable(r, item, found.value),)
    return (_groupable(r, item, _named_or_read(r, item, outputs)),)


def _groupable(r: Reader, item: exp.Expr, value: Scalar) -> Scalar:
    from kpictl.sql.findings import MisplacedAggregate

    if any_of(value, lambda n: isinstance(n, Agg | Over), queries=False):
        r.fail(MisplacedAggregate, item, "an aggregate cannot stand in GROUP BY", help=("use a sub-query",))
    if value.type.kind is Kind.JSON:
        r.fail(WrongType, item, "JSON values cannot be grouped portably", help=("take a field with `->>`",))
    return value


def _named_or_read(r: Reader, item: exp.Expr, outputs: tuple[Output, ...]) -> Scalar:
    """GROUP BY x: a column of the tables before an output of that name, as in Postgres."""
    if isinstance(item, exp.Column) and not item.args.get("table"):
        name = r.name(item.this)
        level = r.level
        own = level is not None and (
            name in level.merged or any(rel.columns is not None and name in rel.columns for rel in level.rels)
        )
        named = [o for o in outputs if o.name == name]
        if not own and named:
            return named[0].value
    return scalar(r, item)


def by_position(r: Reader, item: exp.Literal, outputs: tuple[Output, ...], clause: str) -> Output | None:
    n = int(item.this) if item.this.isdigit() else 0
    if 1 <= n <= len(outputs):
        return outputs[n - 1]
    r.fail(UnknownColumn, item, f"{clause} {item.this}: there are {len(outputs)} columns")
    return None


def check_grouped(
    r: Reader,
    level: Level,
    outputs: tuple[Output, ...],
    nodes: list[exp.Expr],
    grouping: tuple[tuple[Scalar, ...], ...] | None,
    having: Scalar | None,
    order: tuple[SortKey, ...],
) -> None:
    """Beside aggregates only what is grouped by may be read."""
    wanted = [*(o.value for o in outputs), *(k.by for k in order)] + ([having] if having is not None else [])
    if grouping is None and not any(has_aggregate(s) for s in wanted):
        return
    keys = set(chain.from_iterable(grouping or ()))
    if BAD in keys:
        return
    aliases = {rel.alias for rel in level.rels}
    for value in wanted:
        loose = _loose(value, keys, aliases)
        if loose is not None:
            at = loose.place or next((n for n, o in zip(nodes, outputs, strict=True) if o.value is value), None)
            way = f"add it to GROUP BY, or write `min({loose.name})`"
            r.fail(UngroupedColumn, at, f"`{loose.name}` is neither grouped by nor aggregated", help=(way,))


def loose_column(scalar: Scalar) -> Col | None:
    """The first column that stands outside of every aggregate."""
    return _loose(scalar, set(), None)


def _loose(node: object, keys: set[Scalar], aliases: set[str] | None) -> Col | None:
    """The first column of this SELECT (None: of any) outside of aggregates and keys."""
    if isinstance(node, Agg):
        return None
    if isinstance(node, Col):
        return node if (aliases is None or node.table in aliases) and node not in keys else None
    if not isinstance(node, Query | SortKey) and node in keys:
        return None
    if isinstance(node, Over):
        parts: list[object] = [*node.call.args, *node.partition_by, *(k.by for k in node.order_by)]
        if isinstance(node.call, Agg) and node.call.where is not None:
            parts.append(node.call.where)
    elif isinstance(node, Query):
        return None
    else:
        parts = list(children(node))
    for part in parts:
        found = _loose(part, keys, aliases)
        if found is not None:
            return found
    return None
