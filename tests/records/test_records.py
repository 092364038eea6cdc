"""`kpictl.records.dataclass` against the standard decorator: the same class in every way that a user of it can see."""

import dataclasses
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest

from kpictl import records

_BOTH = (records.dataclass, dataclasses.dataclass)


def _classes(decorator: Any) -> tuple[type, type, type]:
    @decorator(frozen=True, slots=True)
    class Point:
        """A point."""

        x: int
        y: int = 2
        note: str = field(default="", compare=False)
        tags: list[str] = field(default_factory=list, repr=False, compare=False)

    @decorator(frozen=True, slots=True, kw_only=True)
    class Named(Point):
        name: str
        length: int = field(init=False, repr=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "length", len(self.name))

    @decorator(frozen=True, slots=True)
    class Empty:
        pass

    return Point, Named, Empty


MAKES = [
    lambda point, named, empty: point(1),
    lambda point, named, empty: point(1, note="far"),
    lambda point, named, empty: point(1, 3, tags=["a"]),
    lambda point, named, empty: point(x=1, y=2) == point(1, note="elsewhere"),
    lambda point, named, empty: point(1) == point(2),
    lambda point, named, empty: point(1) != point(1),
    lambda point, named, empty: point(1) == 1,
    lambda point, named, empty: named(1, name="four") == point(1),
    lambda point, named, empty: hash(point(1, 5)) == hash(point(1, 5, note="other")),
    lambda point, named, empty: hash(point(1)) == hash((1, 2)),
    lambda point, named, empty: len({point(1), point(1), point(2)}),
    lambda point, named, empty: named(1, name="four"),
    lambda point, named, empty: named(1, name="four").length,
    lambda point, named, empty: (empty(), empty() == empty(), hash(empty()) == hash(())),
    lambda point, named, empty: point(1).tags is point(1).tags,
    lambda point, named, empty: [each.name for each in dataclasses.fields(named)],
    lambda point, named, empty: dataclasses.replace(point(1), y=9),
    lambda point, named, empty: (point.__match_args__, named.__match_args__, point.__doc__, named.__slots__),
    lambda point, named, empty: dataclasses.is_dataclass(point),
    lambda point, named, empty: dataclasses.asdict(named(1, name="a")),
]
ERRORS = [
    (lambda point, named: point(), TypeError),
    (lambda point, named: point(1, 2, "n", [], 5), TypeError),
    (lambda point, named: point(1, z=3), TypeError),
    (lambda point, named: named(1, 2, "n", [], "four"), TypeError),
    (lambda point, named: named(1, name="four", length=4), TypeError),
    (lambda point, named: setattr(point(1), "x", 2), FrozenInstanceError),
    (lambda point, named: delattr(point(1), "x"), FrozenInstanceError),
    (lambda point, named: hash(dataclasses.replace(point(1), x=[])), TypeError),
    (lambda point, named: vars(point(1)), TypeError),
]


@pytest.mark.parametrize("make", MAKES)
def test_the_same_as_the_standard_decorator(make: Any) -> None:
    ours, standard = (make(*_classes(decorator)) for decorator in _BOTH)
    assert repr(ours) == repr(standard)


@pytest.mark.parametrize(("make", "error"), ERRORS)
def test_the_same_errors(make: Any, error: type[Exception]) -> None:
    for decorator in _BOTH:
        point, named, _ = _classes(decorator)
        with pytest.raises(error):
            make(point, named)


def test_what_is_not_frozen_is_left_to_the_standard_decorator() -> None:
    @records.dataclass(slots=True)
    class Counter:
        n: int = 0

    counter = Counter()
    counter.n += 1
    assert counter == Counter(1)


def test_a_method_of_the_class_stays() -> None:
    @records.dataclass(frozen=True, slots=True)
    class Odd:
        n: int

        def __repr__(self) -> str:
            return "odd"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Odd)

        def __hash__(self) -> int:
            return 7

    assert (repr(Odd(1)), Odd(1) == Odd(2), hash(Odd(1))) == ("odd", True, 7)
