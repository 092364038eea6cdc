"""Conditions on a value, as thresholds and checks write them: `value < 0.95`, `value between 0 and 1`.

Such a condition splits the number line at its constants, so trying each constant, each gap and both ends decides
exactly whether it can be true at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import pairwise

from kpictl.records import dataclass

Test = Callable[[float], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?%?)|(?P<word>[a-z_]\w*)|(?P<sign><=|>=|<>|!=|==|[=<>()]))",
    re.I,
)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
}
_KEYWORDS = frozenset({"and", "or", "not", "between"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is no condition, and the characters that show it."""

    message: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Numbers between two ends, each with or without the end itself; None: no end."""

    low: float | None = None
    with_low: bool = True
    high: float | None = None
    with_high: bool = True

    @property
    def inside(self) -> float:
        """A number in it."""
        if self.low is None:
            return 0.0 if self.high is None else self.high - 1
        if self.high is None:
            return self.low + 1
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Condition:
    """A readable condition: its test, and a sample of every piece into which it cuts the number line."""

    test: Test
    samples: tuple[float, ...]
    constants: tuple[float, ...] = ()
    """The numbers that it compares with, in ascending order."""

    def can_be(self, wanted: bool, *, least: float = float("-inf")) -> bool:
        """Whether some value of at least `least` makes it true (or false)."""
        samples = (*self.samples, least) if least != float("-inf") else self.samples
        return any(self.test(value) == wanted for value in samples if value >= least)

    def ranges(self) -> tuple[Range, ...]:
        """Where it is true, as ranges of the number line in ascending order, none touching the next."""
        return _ranges(self)

    def includes(self, other: Condition) -> bool:
        """Whether it is true wherever the other one is."""
        return all(self.test(value) for value in _spread((*self.samples, *other.samples)) if other.test(value))

    def meets(self, other: Condition) -> bool:
        """Whether some value makes both true."""
        return any(self.test(value) and other.test(value) for value in _spread((*self.samples, *other.samples)))


@lru_cache(maxsize=8192)
def read_condition(text: str) -> Condition | Problem:
    """The condition that a text spells, or why it spells none."""
    try:
        return _Reader(text).whole()
    except _Unreadable as stopped:
        return stopped.problem


@lru_cache(maxsize=8192)
def _ranges(condition: Condition) -> tuple[Range, ...]:
    known = condition.constants
    if not known:
        return (Range(),) if condition.test(0.0) else ()
    pieces: list[Range] = [Range(high=known[0], with_high=False)]
    for number, following in zip(known, (*known[1:], None), strict=True):
        pieces += [
            Range(low=number, high=number),
            Range(low=number, with_low=False, high=following, with_high=False),
        ]
    found: list[Range] = []
    for piece in pieces:
        if not condition.test(piece.inside):
            continue
        last = found[-1] if found else None
        if last is not None and last.high == piece.low and (last.with_high or piece.with_low):
            found[-1] = Range(low=last.low, with_low=last.with_low, high=piece.high, with_high=piece.with_high)
        else:
            found.append(piece)
    return tuple(found)


class _Unreadable(Exception):
    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.problem = Problem(message, start, max(end, start + 1))


class _Reader:
    """Recursive descent over `or`, `and`, `not`, parentheses and comparisons."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0
        self._constants: list[float] = []

    def whole(self) -> Condition:
        test = self._any()
        if self._next < len(self._tokens):
            raise self._stop("`and`, `or` or the end is expected here")
        return Condition(test, _spread(self._constants), tuple(sorted(set(self._constants))))

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            inner = self._one()
            return lambda value: not inner(value)
        if self._take("("):
            if self._next > 60:
                raise self._stop("too many parentheses")
            inner = self._any()
            if not self._take(")"):
                raise self._stop("`)` is expected here")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._operand()
        if left is None and self._take("between"):
            low = self._number()
            if not self._take("and"):
                raise self._stop("`and` is expected here")
            high = self._number()
            return lambda value: low <= value <= high
        sign = self._text_of_next()
        if sign not in _COMPARE:
            raise self._stop("a comparison (<, <=, >, >=, =, <>) is expected here")
        self._next += 1
        compare, right = _COMPARE[sign], self._operand()
        if (left is None) == (right is None):
            raise self._stop("a comparison is between `value` and a number", back=1)
        if left is None:
            return lambda value: compare(value, right)  # type: ignore[arg-type]
        return lambda value: compare(left, value)

    def _operand(self) -> float | None:
        """A number, or None for `value`."""
        if self._take("value"):
            return None
        return self._number()

    def _number(self) -> float:
        text = self._text_of_next()
        try:
            number = float(text)
        except ValueError:
            raise self._stop("`value` or a number is expected here") from None
        self._next += 1
        self._constants.append(number)
        return number

    def _text_of_next(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _take(self, word: str) -> bool:
        found = self._text_of_next() == word
        self._next += found
        return found

    def _stop(self, message: str, *, back: int = 0) -> _Unreadable:
        if self._next - back < len(self._tokens):
            _, start, end = self._tokens[max(self._next - back, 0)]
            return _Unreadable(message, start, end)
        return _Unreadable(message, max(len(self._text.rstrip()) - 1, 0), len(self._text.rstrip()))


def _tokens(text: str) -> Iterable[tuple[str, int, int]]:
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            raise _Unreadable(f"{text[start]!r} has no place in a condition", start, start + 1)
        token, start, end = match[match.lastgroup or 0], match.start(match.lastgroup or 0), match.end()
        if token.endswith("%"):
            raise _Unreadable(f"write the number itself: {float(token[:-1]) / 100:g} for {token}", start, end)
        yield token.lower(), start, end
        position = end


def _spread(constants: Iterable[float]) -> tuple[float, ...]:
    """Every constant, a value between each two, and one beyond each end."""
    known = sorted(set(constants))
    if not known:
        return (0.0,)
    between = [(a + b) / 2 for a, b in pairwise(known)]
    return (known[0] - 1, *known, *between, known[-1] + 1)
