"""Mutants of the passes: a comparison swapped, a step moved, a part forgotten, in the module that makes it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import kpictl.passes.to_query  # noqa: F401  (so that every module is there)

Mutant = tuple[str, str, Callable[[Any], Any]]
"""Module, what is replaced in it, and by what, given the right one."""

_MODULES = tuple(
    f"kpictl.{name}"
    for name in (
        *("passes.bounds", "passes.windows", "passes.spine", "passes.standing", "passes.rows", "passes.to_query"),
        *("passes.queries.building", "passes.queries.from_numbers", "passes.queries.from_queries"),
        *("passes.queries.from_states", "kinds.buckets"),
    )
)
_SWAPS = tuple(
    tuple(pair.split()) for pair in "ge gt|gt ge|le lt|lt le|eq same|same eq|least greatest|not is_true".split("|")
)


def _swapped(one: str, other: str) -> Callable[[Any], Any]:
    return lambda call: lambda fn, *args, **more: call(other if fn == one else fn, *args, **more)


def _moved(unit: str) -> Callable[[Any], Any]:
    def change(add: Any) -> Any:
        def moved(t: Any, **steps: int) -> Any:
            return add(t, **{name: n + 1 if name == unit and n else n for name, n in steps.items()})

        return moved

    return change


def mutants() -> Iterator[tuple[str, Mutant]]:
    """Each with its name."""
    for module in _MODULES:
        short = module.rpartition(".")[2]
        for one, other in _SWAPS:
            if hasattr(sys.modules[module], "call"):
                yield f"{short}: {one} to {other}", (module, "call", _swapped(one, other))
        for unit in ("days", "months"):
            if hasattr(sys.modules[module], "add"):
                yield f"{short}: {unit} + 1", (module, "add", _moved(unit))
        if hasattr(sys.modules[module], "conjunction"):
            yield (
                f"{short}: only the first condition",
                (module, "conjunction", lambda real: lambda parts: real([*parts][:1])),
            )
            yield f"{short}: no condition", (module, "conjunction", lambda real: lambda parts: None)
    yield from _SINGLE.items()


_SINGLE: dict[str, Mutant] = {
    "fold_filters: every filter folded": ("kpictl.passes.fold_filters", "_fold", lambda real: _without_filter),
    "fuse_operands: filters forgotten": ("kpictl.passes.fuse_operands", "conjunction", lambda real: lambda parts: None),
    "fuse_operands: first filter for all": (
        "kpictl.passes.fuse_operands",
        "conjunction",
        lambda real: lambda parts: real([*parts][:1]),
    ),
    "fuse_operands: rows of none": ("kpictl.passes.fuse_operands", "_narrowed", lambda real: lambda rows, parts: rows),
    "push_filters: every condition pushed": ("kpictl.passes.push_filters", "_reads", lambda real: lambda *_: False),
    "windows: counts counted": ("kpictl.passes.windows", "_MERGE", lambda real: {"sum": "sum"}),
    "windows: every window uniform": ("kpictl.passes.windows", "_uniform", lambda real: lambda *_: True),
    "windows: no reach": ("kpictl.passes.windows", "reach", lambda real: lambda tree, bounds: bounds),
    "to_query: no reach": ("kpictl.passes.queries.from_states", "_reach", lambda real: lambda held, days: []),
    "to_query: keys of the first": (
        "kpictl.passes.queries.from_numbers",
        "_union",
        lambda real: lambda names, keys, numbers: real(names[:1], keys, numbers),
    ),
    "spine: of one": ("kpictl.passes.spine", "_step", lambda real: lambda grain: _two_days()),
}


def _without_filter(node: Any) -> Any:
    from kpictl.ir.relations import Filter

    return node.input if isinstance(node, Filter) else node


def _two_days() -> Any:
    from kpictl.ir.scalars import Interval

    return Interval(days=2)
