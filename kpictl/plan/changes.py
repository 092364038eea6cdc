"""What is different about a definition since it was last run: by its fingerprint, not by its text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

from kpictl.kinds.lowered import Lowered
from kpictl.model.kpis import Kpi
from kpictl.plan.state import StoreState
from kpictl.records import dataclass

_MEANING = ("kind", "spec", "dimensions", "grain", "start", "fill")
"""Fields of a definition that say what the value is; the others say what is known about it."""
_NOT_KEPT = ("name", "place")
_ABOUT = tuple(f.name for f in fields(Kpi) if f.name not in (*_MEANING, *_NOT_KEPT))
_SILENT = (None, (), False)


class Change(Enum):
    """How a definition differs from the one by which the stored values were computed."""

    NEW = "new"
    """Nothing of it is stored."""
    SAME = "unchanged"
    COSMETIC = "cosmetic"
    """Other words of the same meaning: nothing is computed again."""
    METADATA = "metadata"
    """Another label, owner, unit, schedule ...: nothing is computed again."""
    VALUE = "value-changing"
    """The value may be another: all kept buckets are computed again, and the old values go to the history."""
    GRAIN = "grain-changing"
    """Buckets of another length: the old values stay under their own grain."""

    @property
    def computes_again(self) -> bool:
        return self in (Change.VALUE, Change.GRAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A definition's change; `keys` are those whose words differ, as far as the store remembers them."""

    change: Change
    keys: tuple[str, ...] = ()
    grain: str | None = None
    """The grain of before, where it is another."""


def body_of(kpi: Kpi) -> dict[str, Any]:
    """A definition as the store remembers it: what it means, and under `about` what is said about it."""
    spec = {f.name: _plain(getattr(kpi.spec, f.name)) for f in fields(kpi.spec)}
    about = {name: _plain(value) for name in _ABOUT if (value := getattr(kpi, name)) not in _SILENT}
    meaning = {"grain": kpi.grain, "start": kpi.start, "fill": kpi.fill}
    return {
        "kind": kpi.kind,
        "dimensions": list(kpi.dimensions),
        **_said(spec),
        **_said({key: _plain(value) for key, value in meaning.items()}),
        "about": _said(about),
    }


def change_of(kpi: Kpi, lowered: Lowered, state: StoreState, used: Mapping[str, tuple[str, str]]) -> Changed:
    """The definition beside what the store holds of it; `used` is the state's own."""
    before = used.get(kpi.name)
    if before is None:
        return Changed(change=Change.NEW)
    grain, definition = before
    told = _body(state.of(kpi.name, grain, definition).body)
    now = body_of(kpi)
    keys = _different(told, now) if told else ()
    about = _different(told.get("about", {}), now["about"]) if "about" in told else ()
    if grain != lowered.grain.unit:
        return Changed(change=Change.GRAIN, keys=keys, grain=grain)
    if definition != lowered.fingerprint:
        return Changed(change=Change.VALUE, keys=keys)
    if keys:
        return Changed(change=Change.COSMETIC, keys=keys)
    return Changed(change=Change.METADATA, keys=about) if about else Changed(change=Change.SAME)


def _different(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    keys = [key for key in dict.fromkeys((*now, *before)) if key != "about"]
    return tuple(key for key in keys if before.get(key) != now.get(key))


def _body(text: str) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, [], False)}


def _plain(value: object) -> Any:
    if value is None or isinstance(value, str | int | bool | float):
        return value
    return [_plain(each) for each in value] if isinstance(value, tuple) else str(value)
