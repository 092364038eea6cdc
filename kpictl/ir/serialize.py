"""A stable text of any canonical tree, for fingerprints: our own format, with places left out.

Equal trees give equal texts and different trees different ones; the order of fields is the order of the class. Types of
columns and calls are part of it, as a changed type can change a value.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from kpictl.model.types import Type


def canonical(tree: Any) -> str:
    """The text of a tree (a scalar, query, relation, or a tuple of them)."""
    parts: list[str] = []
    _write(tree, parts)
    return "".join(parts)


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if f.name != "place")


@cache
def _type(value: Type) -> str:
    parts: list[str] = []
    _write_fields(Type, value, parts)
    return "".join(parts)


@cache
def _is_node(kind: Any) -> bool:
    return hasattr(kind, "__dataclass_fields__")


def _write_fields(kind: Any, value: Any, parts: list[str]) -> None:
    parts.append(f"({kind.__name__}")
    for name in _fields(kind):
        parts.append(" ")
        _write(getattr(value, name), parts)
    parts.append(")")


def _write(value: Any, parts: list[str]) -> None:
    kind: Any = value.__class__
    if kind is str:
        parts.append(f"{len(value)}:{value}")
    elif kind is tuple:
        parts.append("[")
        for item in value:
            _write(item, parts)
            parts.append(",")
        parts.append("]")
    elif kind is Type:
        parts.append(_type(value))
    elif _is_node(kind):
        _write_fields(kind, value, parts)
    else:
        parts.append(_plain(value))


def _plain(value: Any) -> str:
    if value is None:
        return "~"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return f"f{value!r}"
    if isinstance(value, Decimal):
        return f"d{value}"
    if isinstance(value, datetime):
        return f"z{value.astimezone(UTC).isoformat()}" if value.tzinfo is not None else f"t{value.isoformat()}"
    if isinstance(value, date | time):
        return f"{value.__class__.__name__}{value.isoformat()}"
    if isinstance(value, Enum):
        return f"e{value.value}"
    raise TypeError(f"a tree holds no {value.__class__.__name__}")


def to_data(tree: Any) -> Any:
    """The tree as JSON can hold it: an object a node, with its class under `node`, places left out."""
    kind: Any = tree.__class__
    if kind is tuple:
        return [to_data(item) for item in tree]
    if hasattr(kind, "__dataclass_fields__"):
        return {"node": kind.__name__, **{n: v for n in _fields(kind) if (v := to_data(getattr(tree, n))) is not None}}
    if tree is None or kind in (str, bool, int, float):
        return tree
    return _plain(tree)
