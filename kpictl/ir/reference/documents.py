"""JSON values and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from kpictl.ir.reference.values import Json, Value, as_json, equal


def _step(value: Any, step: str | int) -> Any:
    """A key of an object or a position of an array; a missing one raises."""
    if isinstance(value, dict):
        return value[str(step)]
    if isinstance(value, list):
        return value[int(step)]
    raise KeyError(step)


def json_get(x: Value, *path: str | int) -> Json | None:
    """The value under the path, NULL when absent; a JSON null is a JSON null."""
    value = as_json(x).value
    try:
        for step in path:
            value = _step(value, step)
    except (KeyError, IndexError, ValueError):
        return None
    return Json(value)


def json_text(x: Value, *path: str | int) -> str | None:
    found = json_get(x, *path)
    return None if found is None or found.value is None else text_of(found.value)


def text_of(value: Any) -> str:
    """A JSON value as text: a string bare, everything else as JSON with a blank after `:` and `,`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(k)}: {json_of(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(json_of(v) for v in value) + "]"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def json_of(value: Any) -> str:
    """A JSON value as JSON text: a string keeps its quotes."""
    return _quoted(value) if isinstance(value, str) else text_of(value)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def json_has(x: Value, key: str) -> bool:
    value = as_json(x).value
    if isinstance(value, dict):
        return key in value
    return isinstance(value, list) and key in [v for v in value if isinstance(v, str)]


def json_contains(x: Value, part: Value) -> bool:
    """Postgres' `@>`: every key and element of the part is found in x."""
    return _holds(as_json(x).value, as_json(part).value, top=True)


def _holds(value: Any, part: Any, *, top: bool = False) -> bool:
    if isinstance(part, dict):
        return isinstance(value, dict) and all(k in value and _holds(value[k], v) for k, v in part.items())
    if isinstance(part, list):
        return isinstance(value, list) and all(any(_holds(v, p) for v in value) for p in part)
    if top and isinstance(value, list):
        return any(not isinstance(v, dict | list) and v == part for v in value)
    return (type(value) is type(part) and value == part) or (_numbers(value, part) and value == part)


def _numbers(*values: Any) -> bool:
    return all(isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in values)


def json_object(*pairs: Value) -> Json:
    keys, items = pairs[::2], pairs[1::2]
    return Json({str(k): v.value if isinstance(v, Json) else v for k, v in zip(keys, items, strict=True)})


def json_array_length(x: Value) -> int:
    value = as_json(x).value
    if not isinstance(value, list):
        raise ValueError("no JSON array")
    return len(value)


def array_contains(items: Sequence[Value], x: Value) -> bool | None:
    """x = ANY(items), by the three-valued rule."""
    if x is None:
        return None if items else False
    if any(i is not None and equal(i, x) for i in items):
        return True
    return None if any(i is None for i in items) else False


def json_typeof(x: Value) -> str:
    value = as_json(x).value
    kinds: tuple[tuple[Any, str], ...] = (
        (bool, "boolean"),
        (dict, "object"),
        (list, "array"),
        (str, "string"),
        (int | float | Decimal, "number"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def json_keys(x: Value) -> tuple[str, ...] | None:
    value = as_json(x).value
    return tuple(value) if isinstance(value, dict) else None


def array_get(items: Sequence[Value], n: int) -> Value:
    return items[n - 1] if 1 <= n <= len(items) else None


def array_join(items: Sequence[str | None], separator: str) -> str:
    return separator.join(item for item in items if item is not None)


def split(x: str, separator: str) -> tuple[str, ...]:
    return tuple(x.split(separator)) if x else ()


def array_length(items: Sequence[Value]) -> int | None:
    return len(items) or None
