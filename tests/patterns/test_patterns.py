r"""Patterns over texts: PostgreSQL, DuckDB and Python agree, or the pattern is refused for DuckDB or for POSIX engines."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from kpictl.ir.patterns import PatternError, parsed, translated
from kpictl.ir.posix import extended
from tests.oracles.plugin import Counted

TEXTS = (
    "",
    "abc",
    "aab",
    "Ärger GmbH",
    "O'Brien & Söhne",
    " x  y ",
    "a.b-c@d.io",
    "https://www.example.org/p?utm_source=ads&n=1",
    "line\nbreak",
    "tab\tbed 12,50",
    "[x]^$",
)
PATTERNS = (
    r"\w+",
    r"(\w+) (\w+)",
    r"^\s+|\s+$",
    r"(\w)\w*$",
    r"[aeiou]",
    r"^(https?://)?(www\.)?([^/]+)",
    r"utm_(source|medium)=([^&]+)",
    r"[\w.-]+@[\w-]+\.[a-z]{2,}",
    r"\d+(,\d+)?",
    r"[[:alpha:]]+",
    r"[^[:space:]]+",
    r"e.b",
    r"[]x]",
    r"\[(.)\]",
    r"a{2}b?",
    r"\$$",
    r"[^\w\s]+",
    r"Brien|GmbH",
)
REFUSED_BY_RE2 = {
    r"a|ab": "takes the first",
    r"a*(ab)?": "optional part",
    r".*?b+": "lazy",
    r"(?=a)b": "look-around",
    r"(a)\1": "back reference",
    r"\yfoo": "ASCII",
}
POSIX = {
    r"[aeiou]": "[aeiou]",
    r"\d+(,\d+)?": "",
    r"e.b": "e.b",
    r"[]x]": "[]x]",
    r"\[(.)\]": "[[](.)[]]",
    r"\$$": "[$]$",
    r"[^\s]+\.[a-z]{2,}$": "[^\t\n\v\f\r ]+[.][a-z]{2,}$",
    r"Brien|GmbH": "Brien|GmbH",
    r"^a[^]-]c": "^a[^]-]c",
}
"""What is written of a pattern that counts whole; nothing: it is refused, since its group may take no part."""
REFUSED_BY_POSIX = {
    r"\w+": "ASCII",
    r"a+?": "lazy",
    r"(?:a)(b)": "do not capture",
    r"a*": "empty match",
    r"\\": "backslash",
    r"(a|)b": "empty alternative",
}
UNREADABLE = (r"(", r"a)", r"[a", r"*a", r"a**", r"\bfoo", r"(?i)a", r"a{2,1}", r"[[:nope:]]", "a\\")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_engines_agree(judge: Callable[[str], Counted], pattern: str) -> None:
    quoted = "'" + pattern.replace("'", "''") + "'"
    re2 = "'" + translated(pattern, "re2", whole=True).replace("'", "''") + "'"
    rows = ", ".join("('" + text.replace("'", "''") + "')" for text in TEXTS)
    plain = judge("postgres").execute(
        f"SELECT x ~ {quoted}, regexp_replace(x, {quoted}, '#', 'g') FROM (VALUES {rows}) AS v(x)"
    )
    duck = judge("duckdb").execute(
        f"SELECT regexp_matches(x, {re2}), regexp_replace(x, {re2}, '#', 'g') FROM (VALUES {rows}) AS v(x)"
    )
    python = re.compile(translated(pattern, "python", whole=True))
    own = [(python.search(x) is not None, python.sub("#", x)) for x in TEXTS]
    assert plain.rows == duck.rows == own


@pytest.mark.parametrize(("pattern", "why"), REFUSED_BY_RE2.items())
def test_refused_where_the_answer_would_be_another(pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        translated(pattern, "re2", whole=True)


@pytest.mark.parametrize(("pattern", "written"), POSIX.items())
def test_posix(pattern: str, written: str) -> None:
    """The text of another engine is the pattern itself, also for Python, which finds the same as with its own."""
    if not written:
        with pytest.raises(PatternError, match="took no part"):
            extended(pattern, whole=True)
        return
    assert extended(pattern, whole=True).anchored == written
    own = re.compile(translated(pattern, "python", whole=True))
    other = re.compile(
        written.replace("[[]", r"\[").removesuffix("$") + (r"\Z" if written.endswith("$") else ""), re.DOTALL
    )
    assert [own.findall(x) for x in TEXTS] == [other.findall(x) for x in TEXTS]


@pytest.mark.parametrize(("pattern", "why"), REFUSED_BY_POSIX.items())
def test_refused_where_posix_engines_differ(pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        extended(pattern, whole=True)


@pytest.mark.parametrize("pattern", UNREADABLE)
def test_no_pattern(pattern: str) -> None:
    with pytest.raises(PatternError):
        parsed(pattern)
