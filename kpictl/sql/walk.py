"""Walking the canonical trees: children, find, transform, substitute, over scalars, queries and the ir alike.

Generic over dataclass fields, so a new node needs nothing here. `children` and `find` do not enter types and places;
`find` enters sub-queries unless told not to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast, overload

from kpictl.ir import query as queries
from kpictl.ir import relations, scalars
from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.node import Node as NodeBase
from kpictl.ir.query import Query
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Lit, Over, Param, Scalar

Node = Any
"""A node of either tree."""
N = TypeVar("N")

_VALUES = {scalars.Interval, relations.Grain, relations.Span}
_NODES: tuple[type, ...] = tuple(
    kind
    for module in (scalars, queries, relations)
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__ and kind not in _VALUES
)
_SKIPPED = {"type", "place"}
_PLAIN = ("str", "bool", "int", "Interval", "Type", "Grain", "Span", "LiteralValue")


def _holds_nodes(kind: type, name: str, annotation: str) -> bool:
    if name in _SKIPPED or (name == "columns" and kind in (queries.TableRef, relations.Scan)):
        return False
    return annotation.replace(" | None", "") not in (*_PLAIN, *(f"tuple[{p}, ...]" for p in _PLAIN), "int | Interval")


_HOLDERS: dict[type, tuple[str, ...]] = {
    node: tuple(f.name for f in fields(cast("Any", node)) if _holds_nodes(node, f.name, str(f.type))) for node in _NODES
}
_FIELDS = {node: tuple(f.name for f in fields(cast("Any", node))) for node in _NODES}
_BACKWARDS = {kind: names[::-1] for kind, names in _HOLDERS.items()}
_KINDS = frozenset(_NODES)
_BITS = {kind: 1 << at for at, kind in enumerate(_NODES)}
_EVERY_KIND = (1 << len(_NODES)) - 1
_CALLED = {name: 1 << at for at, name in enumerate(FUNCTIONS, len(_NODES))}
_note_holds = vars(NodeBase)["holds"].__set__
_note_below = vars(NodeBase)["queries_below"].__set__
Kinds = type | tuple[type, ...]


@cache
def _mask(kinds: Kinds) -> int:
    """The bits of one or several classes of nodes."""
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    return sum(_BITS[kind] for kind in set(wanted))


def _holds(node: Node) -> int:
    """The bits of all nodes in a tree and of the functions they call. Noted in each node, which never changes."""
    kind = node.__class__
    own = _BITS.get(kind)
    if own is None:
        return 0
    known: int | None = getattr(node, "holds", None)
    if known is not None:
        return known
    if kind is Call or kind is Agg:
        own |= _CALLED.get(node.fn, 0)
    for name in _HOLDERS[kind]:
        value = getattr(node, name)
        below = value.__class__
        if below is tuple:
            own |= _all_hold(value)
        elif below in _KINDS:
            own |= _holds(value)
    _note_holds(node, own)
    return own


def _all_hold(values: tuple[Any, ...]) -> int:
    found = 0
    for value in values:
        found |= _all_hold(value) if value.__class__ is tuple else _holds(value)
    return found


def holds(node: Node, kinds: Kinds) -> bool:
    """Whether a node of these classes stands in the tree, sub-queries included; a look, not a walk, from the second time on."""
    return bool(_holds(node) & _mask(kinds))


def _push(values: tuple[Any, ...], push: Callable[[Any], None]) -> None:
    for value in reversed(values):
        kind = value.__class__
        if kind in _KINDS:
            push(value)
        elif kind is tuple:
            _push(value, push)


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below, in the order of the fields."""
    names = _HOLDERS.get(node.__class__)
    if names is None:
        return
    for name in names:
        value = getattr(node, name)
        if value is None:
            continue
        if value.__class__ is tuple:
            yield from _inside(value)
        elif value.__class__ in _KINDS:
            yield value


def _inside(values: tuple[Any, ...]) -> Iterator[Node]:
    for value in values:
        kind = value.__class__
        if kind in _KINDS:
            yield value
        elif kind is tuple:
            yield from _inside(value)


def watch(kinds: tuple[type, ...], functions: Iterable[str] = ()) -> Callable[[Node], bool]:
    """A look whether a node of these classes stands in a tree, or one of these functions is called."""
    wanted = _mask(kinds) | sum(_CALLED[name] for name in functions)
    return lambda node: bool(_holds(node) & wanted)


def calls(node: Node, functions: Iterable[str]) -> bool:
    """Whether one of these canonical functions is called in the tree, sub-queries included."""
    return bool(_holds(node) & sum(_CALLED[name] for name in functions))


def walk(node: Node, *, queries: bool = True) -> Iterator[Node]:
    """The node and everything below, parents first; `queries=False` stays out of sub-queries."""
    stack = [node]
    pop, push = stack.pop, stack.append
    while stack:
        top = pop()
        yield top
        for name in _BACKWARDS.get(top.__class__, ()):
            value = getattr(top, name)
            kind = value.__class__
            if kind is tuple:
                if value:
                    _push(value, push)
            elif kind in _KINDS:
                push(value)
        if not queries:
            while stack and stack[-1].__class__ is Query:
                pop()


@overload
def find(node: Node, kind: type[N], *, queries: bool = True) -> Iterator[N]: ...


@overload
def find(node: Node, kind: tuple[type, ...], *, queries: bool = True) -> Iterator[Any]: ...


def find(node: Node, kind: Kinds, *, queries: bool = True) -> Iterator[Any]:
    """Every node of a class, in the order of the text. Trees that hold none are not walked."""
    wanted = _mask(kind)
    if not _holds(node) & wanted:
        return
    stack = [node]
    pop, push = stack.pop, stack.append
    while stack:
        top = pop()
        if top.holds & wanted:
            own = top.__class__
            if _BITS[own] & wanted:
                yield top
            for name in _BACKWARDS[own]:
                value = getattr(top, name)
                below = value.__class__
                if below is tuple:
                    if value:
                        _push(value, push)
                elif below in _KINDS:
                    push(value)
        if not queries:
            while stack and stack[-1].__class__ is Query:
                pop()


def queries_in(query: Query) -> tuple[Query, ...]:
    """A query and all queries within, in the order of the text. Noted in the query, for every pass asks."""
    below: tuple[Query, ...] | None = getattr(query, "queries_below", None)
    if below is None:
        below = tuple(find(query, Query))[1:]
        _note_below(query, below)
    return (query, *below)


def any_of(node: Node, wanted: Callable[[Node], bool], *, queries: bool = True) -> bool:
    """Whether a node below (or this one) is wanted."""
    return any(wanted(n) for n in walk(node, queries=queries))


def rebuild(node: N, change: Callable[[Node], Node]) -> N:
    """The node with each node directly below replaced; the same object where nothing changed."""
    kind = node.__class__
    changed: dict[str, Any] | None = None
    for name in _HOLDERS.get(kind, ()):
        old = getattr(node, name)
        below = old.__class__
        if below is tuple:
            new = _changed(old, change) if old else old
        elif below in _KINDS:
            new = change(old)
        else:
            continue
        if new is not old:
            changed = {} if changed is None else changed
            changed[name] = new
    if changed is None:
        return node
    return kind(*[changed[name] if name in changed else getattr(node, name) for name in _FIELDS[kind]])


def _changed(values: tuple[Any, ...], change: Callable[[Node], Node]) -> tuple[Any, ...]:
    new: list[Any] | None = None  # nearly all tuples stay as they are, and are not made anew
    for at, old in enumerate(values):
        below = old.__class__
        if below in _KINDS:
            now = change(old)
        elif below is tuple:
            now = _changed(old, change)
        else:
            now = old
        if now is not old:
            new = list(values) if new is None else new
            new[at] = now
    return values if new is None else tuple(new)


def transform(node: N, change: Callable[[Any], Node], only: Kinds | None = None) -> N:
    """Bottom-up: children first, then `change` of the node itself (return it unchanged to keep it).

    With `only`, nodes of these classes alone are handed to `change`, and what holds none of them is not walked.
    """
    if only is None:

        def visit(n: Node) -> Node:
            return change(rebuild(n, visit))

        result: N = visit(node)
        return result
    wanted = _mask(only)
    if not _holds(node) & wanted:
        return node

    def visit_some(n: Node) -> Node:
        if not n.holds & wanted:
            return n
        new = rebuild(n, visit_some)
        return change(new) if _BITS[n.__class__] & wanted else new

    some: N = visit_some(node)
    return some


def substitute(
    node: N,
    *,
    columns: Mapping[tuple[str | None, str], Scalar] | None = None,
    params: Mapping[str, Scalar] | None = None,
) -> N:
    """Columns (by table and name) and parameters (by name) replaced by expressions."""

    def change(n: Node) -> Node:
        if columns and n.__class__ is Col:
            return columns.get((n.table, n.name), n)
        return params.get(n.name, n) if params and n.__class__ is Param else n

    return transform(node, change, (*((Col,) if columns else ()), *((Param,) if params else ())))


def has_aggregate(scalar: Scalar) -> bool:
    """Whether an aggregate (not one that is a window's) stands in it, sub-queries not counted."""
    if isinstance(scalar, Agg) or not holds(scalar, Agg):
        return isinstance(scalar, Agg)
    if isinstance(scalar, Over):
        inner: list[Any] = [*scalar.call.args, *scalar.partition_by, *(k.by for k in scalar.order_by)]
        return any(has_aggregate(s) for s in inner)
    return any(has_aggregate(s) for s in children(scalar) if s.__class__ is not Query)


def has_window(scalar: Scalar) -> bool:
    """Whether a window function stands in it, sub-queries not counted."""
    return any(True for _ in find(scalar, Over, queries=False))


def is_constant(scalar: Scalar) -> bool:
    """Whether it is made of constants and functions alone."""
    return not _holds(scalar) & _EVERY_KIND & ~_mask((Lit, Call, Case, Cast))
