"""Cases of passes: Markdown files whose code blocks are what goes in, the tree before a pass, and the tree after it.

    ## What the case shows
    ```yaml kpis          the KPIs (over `sources.yml`), or ```sql a query over the corpus' tables
    ```before             the tree that the pass is given
    ```after PASS ARGS    the tree that it returns

The file's first line names the module that the passes stand in.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kpictl.kinds.lower import lower_project
from kpictl.kinds.lowered import Lowered
from kpictl.project import load

HERE = Path(__file__).parent
_CASE = re.compile(r"^## (?P<title>[^\n]+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(?P<info>[^\n]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Case:
    """One case: its title, what goes in by the word of its block, and the pass with its arguments."""

    title: str
    given: Mapping[str, str]
    apply: str
    args: tuple[str, ...]
    before: str
    after: str


def cases(file: Path) -> list[Case]:
    """The cases of a file, in order."""
    return [_case(found["title"], found["body"]) for found in _CASE.finditer(file.read_text(encoding="utf-8"))]


def _case(title: str, body: str) -> Case:
    given: dict[str, str] = {}
    told: dict[str, tuple[list[str], str]] = {}
    for block in _BLOCK.finditer(body):
        word, *rest = block["info"].split()
        told[word] = (rest, block["body"])
        given[rest[0] if word == "yaml" else word] = block["body"]
    (name, *args), after = told["after"]
    return Case(title, given, name, tuple(args), told["before"][1], after)


def rewrite(file: Path, title: str, before: str, after: str) -> None:
    """Puts other trees into a case."""

    def fresh(case: re.Match[str]) -> str:
        if case["title"] != title:
            return case[0]

        def block(found: re.Match[str]) -> str:
            told = {"before": before, "after": after}.get(found["info"].split()[0])
            return found[0] if told is None else f"```{found['info']}\n{told}```"

        return _BLOCK.sub(block, case[0])

    file.write_text(_CASE.sub(fresh, file.read_text(encoding="utf-8")), encoding="utf-8")


@cache
def lowered(text: str, timezone: str = "Europe/Berlin") -> Mapping[str, Lowered]:
    """KPIs over the sources of this folder in the ir; all of them have a meaning."""
    sources = yaml.load((HERE / "sources.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    kpis: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "kpis").mkdir()
        text = yaml.safe_dump({"sources": sources, "kpis": kpis}, sort_keys=False)
        (root / "kpis" / "all.yml").write_text(text, encoding="utf-8")
        (root / "kpi_project.yml").write_text(f"name: ir\ntimezone: {timezone}\n", encoding="utf-8")
        found = load(root, profiles_dir=None, target=None, variables=None, profile=False)
        assert found.project is not None, found.diagnostics
        outcomes = lower_project(found.project)
    trees: dict[str, Lowered] = {}
    for name, outcome in outcomes.items():
        assert isinstance(outcome, Lowered), outcome
        trees[name] = outcome
    return trees
