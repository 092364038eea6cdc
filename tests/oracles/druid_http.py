"""Druid over HTTP: calls, and SQL with its typed answer."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kpictl.engines.druid import ALWAYS
from tests.oracles.judge import Answer, EngineLost, Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DruidError(Exception):
    """What Druid answered instead of a result."""


def call(url: str, body: object = None, seconds: float = 60) -> Any:
    """GET, or POST `body` as JSON; the decoded answer, None where it is empty."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode(errors="replace")
        raise DruidError(_message(text) or f"{error.code} {text}") from None
    except OSError as error:
        raise EngineLost(f"{url}: {error}") from None


def _message(text: str) -> str | None:
    try:
        told = json.loads(text)
    except ValueError:
        return None
    return told.get("errorMessage") if isinstance(told, dict) else None


def millis(value: object) -> int:
    """Milliseconds since 1970 of a date or an instant (UTC where naive); Druid has no microseconds."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    assert isinstance(value, datetime), value
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(milliseconds=1)


def query(sql_url: str, sql: str, context: Mapping[str, object], params: Sequence[object] = ()) -> Answer:
    """One statement; TIMESTAMP comes as an aware datetime, DATE as a date, COMPLEX<json> decoded."""
    body = {
        "query": sql,
        "context": {**ALWAYS, "timeout": 60_000, "useCache": False, **context},
        "resultFormat": "array",
        "header": True,
        "typesHeader": True,
        "sqlTypesHeader": True,
        "parameters": [_parameter(value) for value in params],
    }
    names, natives, kinds, *rows = call(sql_url, body, 90)
    reads = [_reader(native or "", kind) for native, kind in zip(natives, kinds, strict=True)]
    return Answer(tuple(names), [_typed(reads, row) for row in rows])


def _typed(reads: Sequence[Callable[[Any], object]], row: Sequence[Any]) -> Row:
    return tuple(None if value is None else read(value) for read, value in zip(reads, row, strict=True))


def _reader(native: str, kind: str) -> Callable[[Any], object]:
    if native == "COMPLEX<json>":
        return lambda value: json.loads(value) if isinstance(value, str) else value
    if kind == "TIMESTAMP":
        return datetime.fromisoformat
    if kind == "DATE":  # the midnight of the session's zone
        return lambda value: datetime.fromisoformat(value).date()
    if kind in {"DOUBLE", "FLOAT", "REAL", "DECIMAL"}:  # infinities come as text
        return float
    return lambda value: value


def _parameter(value: object) -> dict[str, object]:
    if isinstance(value, datetime):
        return {"type": "TIMESTAMP", "value": millis(value)}
    if isinstance(value, date):
        return {"type": "DATE", "value": value.isoformat()}
    if isinstance(value, Decimal):
        return {"type": "DOUBLE", "value": float(value)}
    if isinstance(value, (list, tuple)):
        return {"type": "ARRAY", "value": list(value)}
    return {"type": {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE"}.get(type(value), "VARCHAR"), "value": value}
