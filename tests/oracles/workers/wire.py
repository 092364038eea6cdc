"""A line of JSON in, a line of JSON out, and Python values in it. Only the standard library: workers import it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any


class Rejected(Exception):
    """What the engine says against a statement."""


def encode(value: object) -> object:
    """As JSON: a value that JSON has not is {"$kind": text}; decoded JSON is {"$json": value}."""
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    if isinstance(value, date):
        return {"$day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$number": str(value)}
    if isinstance(value, timedelta):
        return {"$micros": value // timedelta(microseconds=1)}
    if isinstance(value, dict):
        return {"$json": value}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def decode(value: Any) -> Any:
    """The value that `encode` was given; tuples come back as lists."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, told),) = value.items()
    return _DECODE[kind](told)


_DECODE: dict[str, Callable[[Any], object]] = {
    "$at": datetime.fromisoformat,
    "$day": date.fromisoformat,
    "$number": Decimal,
    "$micros": lambda told: timedelta(microseconds=told),
    "$json": lambda told: told,
}


def serve(handlers: dict[str, Callable[..., object]]) -> None:
    """Answer until the input ends. Whatever else writes to standard output (a JVM) is sent to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _say(answers, {"ok": "ready"})
    for line in sys.stdin:
        body = json.loads(line)
        try:
            told: dict[str, object] = {"ok": handlers[body.pop("do")](**body)}
        except Rejected as error:
            told = {"rejected": str(error)}
        except Exception as error:  # the judge is told what went wrong here, and raises it there
            told = {"failed": f"{type(error).__name__}: {error}"}
        _say(answers, told)


def _say(answers: Any, told: object) -> None:
    answers.write(json.dumps(told) + "\n")
    answers.flush()
