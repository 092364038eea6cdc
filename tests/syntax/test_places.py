"""Keys, values and characters inside of values stand where they were typed (`places.md`, `inside.md`).

A line below a file says what its next mark is: `a/b/0` is the value below these keys, `a/b/<key>` is a key, and
`a/b = word` is this text inside of the value.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.diagnostics import Place
from kpictl.syntax import Positions, locate, read
from tests.syntax.marked import Case, cases, spanned

_HERE = Path(__file__).parent
_CASES = [*cases(_HERE / "places.md"), *cases(_HERE / "inside.md")]


def _value(root: object, keys: tuple[str | int, ...]) -> object:
    for key in keys:
        root = root[key]  # type: ignore[index]
    return root


def _place(line: str, root: object) -> Place:
    path, equals, word = line.partition(" = ")
    words = [] if path == "." else path.split("/")
    on_key = words[-1:] == ["<key>"]
    keys = tuple(int(word) if word.isdigit() else word for word in words if word != "<key>")
    place = Place("a.yml", keys)
    if on_key:
        return place.key()
    if not equals:
        return place
    word = word.encode().decode("unicode_escape") if word.startswith("\\") else word
    value = _value(root, keys)
    assert isinstance(value, str)
    assert value.count(word) == 1, (word, value)
    return place.within(value.index(word), value.index(word) + len(word))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.page}-{case.name.replace(' ', '-')}")
def test_marks(case: Case, parser: str) -> None:
    if parser == "pyyaml" and "\t" in case.text:
        pytest.skip("pyyaml's own parser takes no tabs")
    data = case.text.encode()
    positions = Positions("a.yml", data)
    root = read("a.yml", data)
    assert len(case.said) == len(case.marks) > 0
    for mark, line in enumerate(case.said):
        place = _place(line, root)
        assert spanned(positions.span(place)) == case.span(mark), line
        assert locate(place, data) == positions.span(place)


def test_what_is_missing_is_shown_at_the_nearest_key_above() -> None:
    data = b"a:\n  b: {c: 1}\n"
    assert spanned(locate(Place("a.yml", ("a", "b", "x", "y")), data)) == (2, 3, 2, 4)
    assert spanned(locate(Place("a.yml", ("x",)), data)) == (1, 1, 2, 12)


def test_offsets_beyond_a_value_end_with_it() -> None:
    data = b"a: word\n"
    assert spanned(locate(Place("a.yml", ("a",)).within(2, 99), data)) == (1, 6, 1, 8)
    assert spanned(locate(Place("a.yml", ("a",)).within(99, 99), data)) == (1, 8, 1, 8)


def test_a_file_that_cannot_be_read_is_shown_at_its_first_character() -> None:
    assert spanned(locate(Place("a.yml", ("a", "b")), b"a: [\n")) == (1, 1, 1, 1)
    assert spanned(locate(Place("a.yml", ("a",)), b"")) == (1, 1, 1, 1)
    assert spanned(locate(Place("a.yml", ("a",)), b"\xff\xfe")) == (1, 1, 1, 1)


def test_a_file_of_sql_counts_from_its_start() -> None:
    data = "select 'ü'\r\nfrom x\r\n".encode()
    assert spanned(locate(Place("a.sql").within(12, 16), data)) == (2, 1, 2, 5)
    assert spanned(locate(Place("a.sql"), data)) == (1, 1, 1, 1)
