"""Findings are drawn as snippets.md shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl.cli.snippet import drawn, summary
from kpictl.diagnostics import Diagnostic, Label, Severity, Span
from kpictl.project.locating import Located

_TEXT = (Path(__file__).parent / "snippets.md").read_text(encoding="utf-8")
_CASE = re.compile(
    r"^## (?P<name>.*?)\n\n```text\n(?P<text>.*?)```\n```yaml\n(?P<finding>.*?)```\n```out\n(?P<out>.*?)```",
    re.M | re.S,
)
_CASES = list(_CASE.finditer(_TEXT))
_OTHER_FILE = ("",) * 11 + ("a: 2",)


def _span(text: str) -> Span:
    path, _, place = text.rpartition(" ")
    first, last = place.split("-")
    line, column = map(int, first.split(":"))
    end = [int(part) for part in last.split(":")]
    end_line, end_column = end if len(end) == 2 else (line, end[0])
    return Span(path=path or "a.yml", line=line, column=column, end_line=end_line, end_column=end_column)


def _located(text: dict[str, Any]) -> Located:
    others = [(_span(place), label) for place, label in text.get("others", ())]
    diagnostic = Diagnostic(
        code="KPI999",
        severity=Severity(text.get("severity", "error")),
        message=text["message"],
        label=text.get("label", ""),
        others=tuple(Label(place=span, text=label) for span, label in others),
        notes=tuple(text.get("notes", ())),
        help=tuple(text.get("help", ())),
    )
    span = _span(text["at"]) if "at" in text else None
    return Located(diagnostic=diagnostic, span=span, others=tuple(span for span, _ in others))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"])
def test_drawn(case: re.Match[str]) -> None:
    finding = _located(yaml.safe_load(case["finding"]))
    sources = {"a.yml": tuple(case["text"].replace("␛", "\x1b").split("\n")[:-1]), "b.yml": _OTHER_FILE}
    assert drawn(finding, sources, width=80, colour=False) + "\n" == case["out"]


def test_all_cases_are_read() -> None:
    assert len(_CASES) == _TEXT.count("\n## ")


def test_colours_wrap_text_and_never_change_it() -> None:
    finding = _located({"at": "1:1-2", "message": "m", "label": "l", "notes": ["n"], "help": ["h"]})
    plain = drawn(finding, {"a.yml": ("a: 1",)}, width=80, colour=False)
    coloured = drawn(finding, {"a.yml": ("a: 1",)}, width=80, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert coloured.startswith("\x1b[1;31merror[KPI999]\x1b[0m")


def test_summary_counts_by_severity() -> None:
    found = [_located({"message": "m", "severity": word}) for word in ("error", "hint", "error", "warning")]
    assert summary(found) == "found 2 errors, 1 warning, 1 hint"
    assert summary([]) == ""
