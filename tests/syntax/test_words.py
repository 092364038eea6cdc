"""Scalars keep what was typed, and know their value under YAML 1.2's core schema (`words.txt`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.diagnostics import Refused
from kpictl.syntax import Quoted, core, read

_LINES = [
    line.split(" => ")
    for line in Path(__file__).with_name("words.txt").read_text("utf-8").splitlines()
    if not line.startswith("# ")
]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if value is None:
        return "nothing"
    return f'"{value}"' if isinstance(value, Quoted) else str(value)


@pytest.mark.parametrize("line", _LINES, ids=lambda line: line[0] or "empty")
def test_words(line: list[str], parser: str) -> None:
    typed, kept = line[:2]
    data = f"a: {typed}\n".encode() if not typed.startswith("-") or kept == typed else f"a:\n  {typed}\n".encode()
    if kept.startswith("refused "):
        with pytest.raises(Refused) as refused:
            read("a.yml", data)
        assert [each.code for each in refused.value.diagnostics] == [kept.removeprefix("refused ")]
        return
    value = read("a.yml", data)["a"]  # type: ignore[index]
    assert _shown(value) == kept
    assert repr([core(each) for each in value] if isinstance(value, list) else core(value)) == line[2]


@pytest.mark.parametrize("style", ["|-\n  {}", ">-\n  {}", "'{}'", '"{}"'])
@pytest.mark.parametrize(
    "word", ["NO", "017", "12:30", "null", "~", "true", "1e3", ".inf", "2024-01-01", "-", "@x", "%"]
)
def test_what_stands_in_quotes_or_blocks_is_text(word: str, style: str, parser: str) -> None:
    value = read("a.yml", f"a: {style.format(word)}\n".encode())["a"]  # type: ignore[index]
    assert type(value) is Quoted
    assert value == word
    assert core(value) == word


def test_keys_stay_as_typed() -> None:
    data = b'NO: 1\non: 2\n017: 3\n12:30: 4\n0x1F: 5\n1e3: 6\n.inf: 7\ntrue: 8\n"null": 9\n"": 10\n2024-01-01: 11\n'
    keys = list(read("a.yml", data))  # type: ignore[call-overload]
    assert keys == ["NO", "on", "017", "12:30", "0x1F", "1e3", ".inf", "true", "null", "", "2024-01-01"]
    assert {type(key) for key in keys} == {str}


def test_core_takes_scalars_alone() -> None:
    with pytest.raises(TypeError):
        core([])


@pytest.mark.parametrize("text", ["1" * 4301, "0x" + "f" * 2000, "9" * 400 + ".5"])
def test_numbers_beyond_all_measure_raise_nothing(text: str) -> None:
    assert isinstance(core(text), float | str)
