"""Canonical JSON (RFC 8785) and the key of a combination of dimensions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any


def canonical(value: object) -> str:
    """The one text of a JSON value: keys in UTF-16 order, no blanks, numbers as ECMAScript writes them."""
    if isinstance(value, Mapping):
        pairs = sorted(((str(key), each) for key, each in value.items()), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_text(key)}:{canonical(each)}" for key, each in pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(canonical(each) for each in value) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return _text(value.isoformat().replace("+00:00", "Z"))
    return _text(value.isoformat() if isinstance(value, date) else str(value))


def dimensions_key(text: str) -> str:
    """The key of a combination, from its canonical JSON."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: int | float | Decimal) -> str:
    """Whole numbers beyond what a double holds stay whole: they are identifiers, and cutting them would merge two."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return str(int(value)) if value == value.to_integral_value() else _number(float(value))
    if not math.isfinite(value):
        return "null"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    mantissa, mark, exponent = repr(value).partition("e")
    if not mark:
        return mantissa
    power = int(exponent)
    if -7 <= power < 0:
        return format(Decimal(repr(value)), "f")
    return f"{mantissa.removesuffix('.0')}e{'+' if power > 0 else ''}{power}"


def loads(text: str | None) -> dict[str, Any]:
    """A JSON object of the store."""
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}
