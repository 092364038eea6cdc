"""Mutants of what a dialect says of its engine: a setting or pass dropped, a habit of the engine turned round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from typing import Any

from kpictl.dialects.dialect import Dialect

_PLAIN: dict[str, Any] = {
    "order_value": lambda piece, type: piece,
    "partition_value": lambda piece, type: piece,
    "given_in_window": None,
    "range_key": None,
    "own_filter": frozenset(),
    "values": None,
    "series_of_row": None,
    "nulls_refused": lambda where, descending: False,
    "limits": lambda query: (),
}
_DEFAULTS = {each.name: each.default for each in fields(Dialect) if each.default is not MISSING}
_TURNED = "nulls_clause order_names distinct_sets recursive_columns wrapped_rows frame_exclusion top".split()


def parts(dialect: Dialect) -> Iterator[tuple[str, Dialect]]:
    """Each mutant with its name."""
    for at, apply in enumerate(dialect.passes):
        rest = (*dialect.passes[:at], *dialect.passes[at + 1 :])
        yield f"without pass {getattr(apply, '__name__', at)}", replace(dialect, passes=rest)
    for name, plain in _PLAIN.items():
        if getattr(dialect, name) is not _DEFAULTS[name]:
            yield f"without {name}", replace(dialect, **{name: plain})
    for name in _TURNED:
        yield f"{name} turned", replace(dialect, **{name: not getattr(dialect, name)})
    if any(dialect.default_nulls(way) is not None for way in (False, True)):
        yield "default_nulls turned", replace(dialect, default_nulls=lambda way: not dialect.default_nulls(way))
        yield "default_nulls of ascending", replace(dialect, default_nulls=lambda way: dialect.default_nulls(False))
    for name in dialect.window_functions:
        kept = {fn: said for fn, said in dialect.window_functions.items() if fn != name}
        yield f"without {name} of windows", replace(dialect, window_functions=kept)
    for name in dialect.refused_features:
        kept_features = {what: why for what, why in dialect.refused_features.items() if what != name}
        yield f"without refusal of {name}", replace(dialect, refused_features=kept_features)
