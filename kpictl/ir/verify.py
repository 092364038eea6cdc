"""Which trees have a meaning: numbers are not aggregated again, parts are merged only where the whole follows from them.

`verify(tree)` returns what is wrong, in words; an empty tuple means that the tree may be compiled. What it finds is a
mistake of kpictl, not of the user: lowering refuses the user's own before.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.ir.relations import (
    Aggregate,
    Align,
    Densify,
    Derive,
    Derived,
    Filter,
    Finalize,
    Grain,
    Join,
    Opaque,
    OverTime,
    PerBucket,
    Read,
    Relation,
    Rollup,
    Scan,
    Sequence,
    Shift,
    Standing,
    ValidAt,
    Window,
)

_BY_BUCKET = (ValidAt, PerBucket, Standing)
_ROWS = (Scan, Opaque, Filter, Derive, Join, *_BY_BUCKET, Sequence)
_STATES = (Aggregate, Rollup, Window)
_NUMBERS = (Finalize, Read, Derived, Shift, OverTime, Densify, Align)
_NESTS = {
    "hour": ("day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"),
    "day": ("week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"),
    "month": ("quarter", "year", "fiscal_quarter", "fiscal_year"),
    "quarter": ("year",),
    "fiscal_quarter": ("fiscal_year",),
}


def inputs(tree: Relation) -> tuple[Relation, ...]:
    """The trees directly below."""
    if isinstance(tree, Scan | Opaque):
        return ()
    if isinstance(tree, Join):
        return (tree.left, tree.right)
    if isinstance(tree, Align):
        return tuple(each for _, each in tree.inputs)
    return (tree.input,)


def walk(tree: Relation) -> Iterator[Relation]:
    """The tree and everything below, parents first."""
    yield tree
    for each in inputs(tree):
        yield from walk(each)


def scans(tree: Relation) -> Iterator[Scan]:
    """Every scan, from left to right."""
    return (each for each in walk(tree) if isinstance(each, Scan))


def aggregate_of(tree: Relation) -> Aggregate | None:
    """The aggregate whose states a tree of states merges."""
    while isinstance(tree, Rollup | Window):
        tree = tree.input
    return tree if isinstance(tree, Aggregate) else None


def verify(tree: Relation) -> tuple[str, ...]:
    """What is wrong with a tree of numbers."""
    found: list[str] = []
    if not isinstance(tree, _NUMBERS):
        found.append(f"a KPI is made of numbers, not of {_name(tree)}")
    for node in walk(tree):
        found += _node(node)
    return tuple(dict.fromkeys(found))


def _node(node: Relation) -> list[str]:
    match node:
        case Aggregate():
            return _aggregate(node)
        case Rollup():
            return _rollup(node)
        case Window():
            return _states(node, node.input) + _same_grain(node.grain, node.input) + _frame(node)
        case Finalize():
            return _states(node, node.input)
        case OverTime():
            return _over_time(node)
        case Shift() | Densify() | Derived():
            return [] if isinstance(node.input, _NUMBERS) else [f"{_name(node)} of {_name(node.input)}"]
        case Align():
            return _align(node)
        case Read():
            return [] if isinstance(node.input, Opaque) else [f"Read of {_name(node.input)}: it reads a query"]
        case ValidAt() | PerBucket() | Standing() | Sequence() | Filter() | Derive():
            return _rows(node, node.input)
        case Join():
            return _rows(node, node.left) + _rows(node, node.right)
        case _:
            return []


def _rows(node: Relation, below: Relation) -> list[str]:
    if isinstance(below, _ROWS) or (isinstance(below, Finalize) and isinstance(node, Filter | Derive | Join)):
        return []
    return [f"{_name(node)} of {_name(below)}: it works on rows"]


def _states(node: Relation, below: Relation) -> list[str]:
    return [] if isinstance(below, _STATES) else [f"{_name(node)} of {_name(below)}: it merges states"]


def _aggregate(node: Aggregate) -> list[str]:
    found = []
    rows = node.input
    while isinstance(rows, Filter | Derive):
        rows = rows.input
    if isinstance(rows, _NUMBERS):
        found.append("an aggregate of numbers: averages of averages cannot be written")
    elif not isinstance(rows, _ROWS):
        found.append(f"an aggregate of {_name(rows)}: it works on rows")
    buckets = isinstance(rows, _BY_BUCKET)
    if buckets and (node.time is not None or rows.grain != node.grain):  # type: ignore[union-attr]
        found.append("rows by bucket are aggregated in their own buckets")
    if node.time is None and not buckets and node.grain is not None:
        found.append("an aggregate with a grain and without a time")
    return found


def _rollup(node: Rollup) -> list[str]:
    found = _states(node, node.input)
    below = aggregate_of(node.input)
    if below is None:
        return found
    if any(state.holistic for _, state in below.states):
        found.append("a roll-up of a holistic state: it can only be recomputed from rows")
    coarser = node.grain is not None and node.grain != below.grain
    if coarser and isinstance(below.input, _BY_BUCKET):
        found.append("a sum of a stock over time")
    if coarser and below.grain is not None and not _nests(below.grain, node.grain):
        found.append(
            f"buckets of a {below.grain.unit} do not nest in those of a {node.grain.unit if node.grain else ''}"
        )
    known = {name for name, _ in below.keys}
    found += [f"a roll-up keeps `{key}`, which its input does not have" for key in node.keys if key not in known]
    return found


def _nests(fine: Grain, coarse: Grain | None) -> bool:
    return coarse is not None and coarse.unit in _NESTS.get(fine.unit, ()) and coarse.zone == fine.zone


def _same_grain(grain: Grain, below: Relation) -> list[str]:
    states = aggregate_of(below)
    if states is None or states.grain == grain:
        return []
    return ["a window over buckets of another grain"]


def _frame(node: Window) -> list[str]:
    found = []
    if node.length is not None and node.to_date is not None:
        found.append("a window with both a length and a start")
    states = aggregate_of(node.input)
    if states is not None and isinstance(states.input, _BY_BUCKET):
        found.append("a sum of a stock over time")
    if states is not None and any(s.holistic for _, s in states.states) and not isinstance(node.input, Aggregate):
        found.append("a roll-up of a holistic state: it can only be recomputed from rows")
    return found


def _over_time(node: OverTime) -> list[str]:
    if not isinstance(node.input, _NUMBERS):
        return [f"OverTime of {_name(node.input)}"]
    found = []
    fine = grain_of(node.input)
    if fine is None or not _nests(fine, node.grain):
        found.append(f"buckets of a {fine.unit if fine else 'snapshot'} do not nest in those of a {node.grain.unit}")
    below = aggregate_of(node.input.input) if isinstance(node.input, Finalize) else None
    if node.choose != "last" and (below is None or not isinstance(below.input, Standing)):
        found.append(f"the {node.choose} over time of numbers that are no stock")
    return found


def _align(node: Align) -> list[str]:
    found = [f"{_name(node)} of {_name(below)}" for _, below in node.inputs if not isinstance(below, _NUMBERS)]
    grains = {grain for _, below in node.inputs if (grain := grain_of(below)) is not None}
    return found + (["numbers of different grains side by side"] if len(grains) > 1 else [])


def grain_of(tree: Relation) -> Grain | None:
    """The grain of the buckets that a tree yields; None when it tells none."""
    match tree:
        case Aggregate() | Window() | ValidAt() | PerBucket() | Standing() | OverTime() | Shift() | Densify() | Read():
            return tree.grain
        case Rollup():
            return tree.grain or grain_of(tree.input)
        case Filter() | Derive() | Finalize() | Derived():
            return grain_of(tree.input)
        case Align():
            return next((grain for _, each in tree.inputs if (grain := grain_of(each)) is not None), None)
        case _:
            return None


def _name(tree: Relation) -> str:
    return type(tree).__name__
