"""Window functions: OVER with its partition, order and frame."""

from __future__ import annotations

from sqlglot import exp

from kpictl.ir.scalars import Agg, Call, Frame, FrameBound, Interval, Lit, Over, Scalar
from kpictl.model.types import DOUBLE, INTEGER, Kind, Type
from kpictl.sql import coercion
from kpictl.sql.aggregates import AGGREGATES, Finish, asked_of, read_aggregate, sort_key
from kpictl.sql.arguments import constant, function_name
from kpictl.sql.findings import MisplacedAggregate, UnknownColumn, UnsupportedSql, WrongArguments
from kpictl.sql.reader import BAD, LAGGED, OVER_KPIS, Reader
from kpictl.sql.scalars import scalar
from kpictl.sql.values import lit

_RANKS: dict[str, Type] = {
    "row_number": INTEGER,
    "rank": INTEGER,
    "dense_rank": INTEGER,
    "percent_rank": DOUBLE,
    "cume_dist": DOUBLE,
}
_NEED_ORDER = frozenset({"rank", "dense_rank", "percent_rank", "cume_dist", "row_number", "ntile", "lag", "lead"})
WINDOW_FUNCTIONS = (*_RANKS, "ntile", "lag", "lead", "first_value", "last_value", "nth_value")
"""The allow-list of window functions, by the name that the author writes."""


def windowed(r: Reader, node: exp.Window) -> Scalar:
    """`f(...) OVER (...)`."""
    if r.no_windows is not None:
        return r.fail(
            MisplacedAggregate,
            node,
            f"a window function cannot stand {r.no_windows}",
            help=(LAGGED if r.no_windows == OVER_KPIS else "use a sub-query",),
        )
    with r.without(None, "inside another window function"):
        found = _called(r, node)
        window = _definition(r, node)
        if found is None or window is None:
            return BAD
        call, finish, name = found
        partition = tuple(scalar(r, p) for p in window.args.get("partition_by") or ())
        order_node = window.args.get("order")
        order = tuple(sort_key(r, k) for k in order_node.expressions) if order_node is not None else ()
        frame = _frame(r, window.args.get("spec"))
    if name in _NEED_ORDER and not order:
        return r.fail(
            WrongArguments, node, f"`{name}` needs an order", help=(f"write `{name}(...) OVER (ORDER BY ...)`",)
        )
    place = r.at(node.this) or call.place
    if _looks_ahead(name, ordered=bool(order), frame=frame):
        r.facts.looks_ahead.append(place or r.locate(node))
    return finish(Over(call, partition, order, frame, call.type, place))


def _called(r: Reader, node: exp.Window) -> tuple[Agg | Call, Finish, str] | None:
    inner = node.this
    if isinstance(inner, exp.IgnoreNulls):
        r.fail(UnsupportedSql, node, "IGNORE NULLS has no portable meaning")
        return None
    if isinstance(inner, exp.RespectNulls):
        inner = inner.this
    if isinstance(inner, exp.Anonymous) and (name := function_name(inner)) in WINDOW_FUNCTIONS:
        call = _window_function(r, inner, name)
        return None if call is None else (call, _as_is, name)
    asked = asked_of(inner)
    if asked is None or asked.name not in AGGREGATES:
        r.fail(UnsupportedSql, node, "OVER belongs to an aggregate or window function")
        return None
    found = read_aggregate(r, asked, inside=None)
    if found is not None and found[0].order_by:
        way = "aggregate in a sub-query with GROUP BY, and join it"
        r.fail(UnsupportedSql, node, f"`{asked.name}` in an order of its own, as a window function", help=(way,))
        return None
    return None if found is None else (*found, asked.name)


def _as_is(x: Scalar) -> Scalar:
    return x


def _window_function(r: Reader, node: exp.Anonymous, name: str) -> Call | None:
    args = list(node.expressions)
    least, most = (
        (0, 0) if name in _RANKS else (1, 3) if name in ("lag", "lead") else (2, 2) if name == "nth_value" else (1, 1)
    )
    if not least <= len(args) <= most:
        r.fail(WrongArguments, node, f"`{name}` takes {least if least == most else f'{least} to {most}'} arguments")
        return None
    place = r.at(node)
    if name in _RANKS:
        return Call(name, (), _RANKS[name], place)
    if name == "ntile":
        groups = _number(r, args[0])
        if isinstance(groups, Lit) and isinstance(groups.value, int) and groups.value < 1:
            r.fail(WrongArguments, args[0], "`ntile` makes at least 1 group")
            return None
        return Call(name, (groups,), INTEGER, place)
    x = scalar(r, args[0])
    rest: list[Scalar] = []
    if name in ("lag", "lead"):
        rest = [_number(r, args[1]) if len(args) > 1 else lit(1)]
        if len(args) > 2:
            x, default = coercion.unify(r, node, (x, scalar(r, args[2])), "a value and its default")
            rest.append(default)
    elif name == "nth_value":
        rest = [_number(r, args[1])]
    return Call(name, (x, *rest), x.type, place)


def _number(r: Reader, node: exp.Expr) -> Scalar:
    told = constant(r, node, "this number")
    if told is None:
        return BAD
    if not isinstance(told, int) or told < 0:
        return r.fail(WrongArguments, node, "this number must be whole and not negative")
    return lit(told)


def _definition(r: Reader, node: exp.Window) -> exp.Window | None:
    """The window's definition: its own, or that of the name it gives."""
    alias = node.args.get("alias")
    if alias is None:
        return node
    name = r.name(alias)
    named = r.level.windows.get(name) if r.level is not None else None
    if named is None:
        r.fail(UnknownColumn, node, f"there is no window `{name}`")
        return None
    if not isinstance(named, exp.Window):
        return None
    merged = exp.Window(
        partition_by=[p.copy() for p in (named.args.get("partition_by") or node.args.get("partition_by") or ())],
        order=_copy(named.args.get("order") or node.args.get("order")),
        spec=_copy(node.args.get("spec") or named.args.get("spec")),
    )
    base = named.args.get("alias")
    if base is not None:
        merged.set("alias", base.copy())
        return _definition(r, merged)
    return merged


def _copy(node: exp.Expr | None) -> exp.Expr | None:
    return None if node is None else node.copy()


def _frame(r: Reader, spec: exp.Expr | None) -> Frame | None:
    if spec is None:
        return None
    excluded = str(getattr(spec.args.get("exclude"), "name", "") or "").lower()
    mode = str(spec.args.get("kind") or "ROWS").lower()
    start = _bound(r, spec, spec.args.get("start"), spec.args.get("start_side"))
    end_told = spec.args.get("end")
    end = FrameBound(0) if end_told is None else _bound(r, spec, end_told, spec.args.get("end_side"))
    if start is None or end is None:
        return None
    return Frame(mode, start, end, {"no others": "", "current row": "current"}.get(excluded, excluded))


def _bound(r: Reader, spec: exp.Expr, told: object, side: object) -> FrameBound | None:
    following = str(side or "").upper() == "FOLLOWING"
    if isinstance(told, str):
        if told.upper() == "CURRENT ROW":
            return FrameBound(0)
        if told.upper() == "UNBOUNDED":
            return FrameBound(None, following)
    if isinstance(told, exp.Expr):
        x = scalar(r, told)
        if isinstance(x, Lit) and isinstance(x.value, int) and x.value >= 0:
            return FrameBound(x.value if following else -x.value, following)
        if isinstance(x, Lit) and isinstance(x.value, Interval):
            v = x.value if following else Interval(-x.value.months, -x.value.days, -x.value.micros)
            return FrameBound(v, following)
        if x.type.kind is Kind.UNKNOWN:
            return None
    r.fail(UnsupportedSql, spec, "a frame of this form", help=("write `ROWS BETWEEN 6 PRECEDING AND CURRENT ROW`",))
    return None


def _looks_ahead(name: str, *, ordered: bool, frame: Frame | None) -> bool:
    """Whether rows that come later can change the value."""
    if name in ("lead", "ntile", "percent_rank", "cume_dist"):
        return True
    if name in _RANKS or name == "lag":
        return False
    if frame is not None:
        return frame.end.following
    return not ordered
