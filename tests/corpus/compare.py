"""Whether two answers are the same, by the rules of the corpus.

Numbers within 1e-9 relative; a date is its midnight; an instant with a zone is its UTC wall time; an interval is its
seconds, spelt `interval 21600s` in the corpus (a target without intervals answers the number); JSON by value; order
counts only where the query orders; NULL equals NULL alone. True is 1 only where the target has no boolean.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tests.oracles.judge import Row

RELATIVE = 1e-9
_INTERVAL = re.compile(r"interval (-?[\d.]+(?:e[+-]?\d+)?)s")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?")


def same(expected: Sequence[Row], got: Sequence[Row], ordered: bool, *, booleans: bool = True) -> bool:
    """Whether `got` is the answer; `booleans`: whether the target has a boolean type (`Judge.has_boolean`)."""
    return difference(expected, got, ordered, booleans=booleans) is None


def difference(expected: Sequence[Row], got: Sequence[Row], ordered: bool, *, booleans: bool = True) -> str | None:
    """The first difference in words, or None."""
    if len(expected) != len(got):
        return f"{len(expected)} rows expected, {len(got)} answered"
    if ordered:
        pairs = enumerate(zip(expected, got, strict=True))
        return next(
            (f"row {at}: {e} expected, {g} answered" for at, (e, g) in pairs if not _rows(e, g, booleans)), None
        )
    left = list(got)
    for row in expected:
        at = next((at for at, one in enumerate(left) if _rows(row, one, booleans)), None)
        if at is None:
            return f"{row} expected; not answered: {left[:3]}"
        del left[at]
    return None


def _rows(expected: Row, got: Row, booleans: bool) -> bool:
    return len(expected) == len(got) and all(same_value(e, g, booleans) for e, g in zip(expected, got, strict=True))


def same_value(expected: object, got: object, booleans: bool = True) -> bool:
    """Whether one value is the expected one, which is given as in the corpus or as Python has it."""
    if expected is None or got is None:
        return expected is got
    if isinstance(expected, bool) or isinstance(got, bool):
        return _booleans(expected, got, booleans)
    if isinstance(expected, (dict, list, tuple)):
        return _nested(expected, got, booleans)
    if (seconds := _seconds(expected)) is not None:
        answered = _seconds(got) if isinstance(got, timedelta) else got
        return isinstance(answered, (int, float, Decimal)) and _numbers(seconds, answered)
    if isinstance(got, (date, datetime)) or isinstance(expected, (date, datetime)):
        one, other = _instant(expected), _instant(got)
        return one is not None and one == other
    if isinstance(got, (int, float, Decimal)):
        number = _number(expected)
        return number is not None and _numbers(number, got)
    return type(expected) is type(got) and expected == got


def _booleans(expected: object, got: object, booleans: bool) -> bool:
    if isinstance(expected, bool) and isinstance(got, bool):
        return expected == got
    return not booleans and isinstance(expected, bool) and isinstance(got, int) and int(expected) == got


def _nested(expected: object, got: object, booleans: bool) -> bool:
    if isinstance(got, str):  # a target that answers JSON as text
        try:
            got = json.loads(got)
        except ValueError:
            return False
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and expected.keys() == got.keys()
            and all(same_value(value, got[key], booleans) for key, value in expected.items())
        )
    assert isinstance(expected, (list, tuple))
    return isinstance(got, (list, tuple)) and _rows(tuple(expected), tuple(got), booleans)


def _seconds(value: object) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    found = _INTERVAL.fullmatch(value) if isinstance(value, str) else None
    return float(found[1]) if found else None


def _instant(value: object) -> datetime | None:
    if isinstance(value, str):
        if not _INSTANT.fullmatch(value):
            return None
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else None


def _number(value: object) -> float | int | Decimal | None:
    if isinstance(value, (int, float, Decimal)):
        return value
    try:
        return Decimal(value) if isinstance(value, str) and any(map(str.isdigit, value)) else None
    except ArithmeticError:
        return None


def _numbers(expected: float | Decimal, got: float | Decimal) -> bool:
    if isinstance(expected, (int, Decimal)) and isinstance(got, (int, Decimal)) and expected == got:
        return True
    one, other = float(expected), float(got)
    return (math.isnan(one) and math.isnan(other)) or one == other or math.isclose(one, other, rel_tol=RELATIVE)
