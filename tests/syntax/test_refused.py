"""What is no YAML of ours is refused with its code, its sentence and its characters (`refused.md`), and limits hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.diagnostics import Refused, Severity, Span
from kpictl.syntax import Positions, read
from kpictl.syntax.characters import LARGEST
from kpictl.syntax.reader import DEEPEST, MOST_ALIASED, MOST_VALUES
from tests.syntax.marked import Case, cases, spanned

_CASES = list(cases(Path(__file__).with_name("refused.md")))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_refused(case: Case, parser: str) -> None:
    data = case.text.encode()
    if not case.said:
        read("a.yml", data)
        return
    with pytest.raises(Refused) as refused:
        read("a.yml", data)
    (found,) = refused.value.diagnostics
    said = next(line for line in case.said if line != "and")
    assert found.severity is Severity.ERROR
    assert found.code == said.split()[0]
    if parser == "pyyaml" and found.code == "KPI001":
        return  # It words and places what is no YAML in its own way.
    assert f"{found.code} {found.message}" == said
    assert isinstance(found.place, Span)
    assert found.place.path == "a.yml"
    assert spanned(found.place) == case.span(case.said.index(said))
    others = [case.span(mark) for mark, line in enumerate(case.said) if line == "and"]
    assert [spanned(each.place) for each in found.others if isinstance(each.place, Span)] == others


@pytest.mark.parametrize(
    ("data", "at", "message"),
    [
        (b"a: \xff\n", (1, 4, 1, 5), "byte 0xff is no UTF-8 text"),
        ("a: ü\nb: ".encode() + b"\xc3\n", (2, 4, 2, 5), "byte 0xc3 is no UTF-8 text"),
        (b"a: \xed\xa0\x80\n", (1, 4, 1, 5), "byte 0xed is no UTF-8 text"),
        (b"a: \xc0\x80\n", (1, 4, 1, 5), "byte 0xc0 is no UTF-8 text"),
        ("a: 1\n".encode("utf-16"), (1, 1, 1, 2), "byte 0xff is no UTF-8 text"),
        ("a: ü\n".encode("latin-1"), (1, 4, 1, 5), "byte 0xfc is no UTF-8 text"),
    ],
)
def test_bytes_that_are_no_utf_8(data: bytes, at: tuple[int, int, int, int], message: str) -> None:
    with pytest.raises(Refused) as refused:
        read("a.yml", data)
    (found,) = refused.value.diagnostics
    assert (found.code, found.message) == ("KPI006", message)
    assert isinstance(found.place, Span)
    assert spanned(found.place) == at


def _code(text: str) -> str | None:
    try:
        read("a.yml", text.encode())
    except Refused as refused:
        return refused.diagnostics[0].code
    return None


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        ("#" * LARGEST, "#" * (LARGEST + 1), "KPI010"),
        (f"[{'1,' * (MOST_VALUES - 1)}]", f"[{'1,' * MOST_VALUES}]", "KPI010"),
        ("[" * DEEPEST + "]" * DEEPEST, "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "KPI011"),
        (
            f"[&a [{'x' * (MOST_ALIASED // 100 - 5)}], {'*a, ' * 99}1]",
            f"[&a [{'x' * (MOST_ALIASED // 100 - 5)}], {'*a, ' * 101}1]",
            "KPI005",
        ),
    ],
    ids=["bytes", "values", "levels", "aliased"],
)
def test_limits(good: str, bad: str, code: str) -> None:
    assert _code(good) is None
    assert _code(bad) == code


def test_an_alias_of_nothing_counts_too() -> None:
    assert _code(f"[&a , {'*a, ' * (MOST_ALIASED + 1)}1]") == "KPI005"


def test_the_same_is_refused_with_and_without_places() -> None:
    for case in _CASES:
        positions = Positions("a.yml", case.text.encode())
        assert bool(positions._marks) == (not case.said and bool(case.text.split("#")[0].strip())), case.name


def test_messages_do_not_grow_with_the_file() -> None:
    for text in ("k" * 900 + ": 1\n" + "k" * 900 + ": 2\n", "a: !" + "t" * 10_000 + " 1\n", "a: *" + "x" * 10_000):
        with pytest.raises(Refused) as refused:
            read("a.yml", text.encode())
        assert len(refused.value.diagnostics[0].message) < 200


def test_values_that_an_alias_repeats_are_one() -> None:
    root = read("a.yml", b"a: &x {b: [1]}\nc: *x\n")
    assert isinstance(root, dict)
    assert root["a"] is root["c"]
