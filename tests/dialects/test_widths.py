"""A constant counts the same for layout however long it is and whatever is in it."""

from __future__ import annotations

import pytest

from kpictl.dialects import NAMES, named
from kpictl.dialects.render import constants
from kpictl.plan.shapes import literal

_TEXTS = (
    "",
    "DE",
    "O'Brien",
    "'",
    "''",
    "x" * 90,
    "100%",
    "\u00fc",
    "--",
    "a (b",
    'a "b',
    "a [b",
    "a]",
    "a `b",
    "7",
    " \n ",
)
_NUMBERS = (0, 7, 2_000, 10**14)


@pytest.mark.parametrize("dialect", NAMES)
def test_constants_have_one_width(dialect: str) -> None:
    target = named(dialect)
    printed = constants(target)

    def width(value: str | int) -> int:
        name = target.quote("it's")
        line = f"SELECT {name}, x12 FROM t WHERE a = {printed(literal(value))} AND b <> 'y'"
        return next(limit for limit in range(1000) if target.fits(line, limit))

    assert len(set(map(width, _TEXTS))) == 1
    assert len(set(map(width, _NUMBERS))) == 1


def test_names_count_as_they_are() -> None:
    fits = named("postgres").fits
    for line in ("SELECT a12 FROM t", 'SELECT "it\'s" FROM t'):
        assert fits(line, len(line))
        assert not fits(line, len(line) - 1)
