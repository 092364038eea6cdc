"""Reads the cases of a rule: a Markdown file whose `yaml bad` blocks have their exact findings below them.

`yaml bad` and `yaml good` blocks are written as `kpis/case.yml` beside the project of `project/`; `sql analyses/x.sql`
is a further file for all blocks below it. `python -m tests.rules.cases` writes the findings anew, to be read in the
diff.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kpictl import api
from kpictl.diagnostics import Span
from kpictl.project.locating import Located
from kpictl.rules.catalogue import RULES
from kpictl.rules.rule import Checked, Rule

HERE = Path(__file__).parent
_BLOCK = re.compile(
    r"^```(?P<info>\w+ ?[^\n]*)\n(?P<body>.*?)^```$(?:\n```text\n(?P<told>.*?)^```$)?", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Case:
    """One project of a rule: its file, whether it breaks the rule, and what is found."""

    code: str
    number: int
    bad: bool
    files: tuple[tuple[str, str], ...]
    told: str


def files() -> list[Path]:
    return sorted((HERE / "cases").glob("*.md"))


def cases(path: Path) -> Iterator[Case]:
    """The cases of a file."""
    extra: tuple[tuple[str, str], ...] = ()
    for number, block in enumerate(_BLOCK.finditer(path.read_text("utf-8")), start=1):
        kind, _, rest = block["info"].partition(" ")
        if kind == "sql":
            extra += ((rest, block["body"]),)
        else:
            written = (*extra, ("kpis/case.yml", block["body"]))
            yield Case(path.stem, number, rest == "bad", written, block["told"] or "")


def rule_of(code: str) -> type[Rule]:
    return next(rule for rule in RULES if rule.code == code)


def findings(case: Case, folder: Path) -> str:
    """What the rule of a case finds in its project, as text."""
    shutil.copytree(HERE / "project", folder, dirs_exist_ok=True)
    for name, text in case.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    loaded = api.load(folder)
    assert loaded.project is not None, loaded.diagnostics
    project = loaded.project
    found = rule_of(case.code)().check(Checked(project, lambda: api._lowering(project)))
    return "".join(_told(each) for each in api.locate(found, folder))


def _told(located: Located) -> str:
    each = located.diagnostic
    lines = [f"{each.code} {each.severity.value} {_range(located.span)} {each.message}"]
    lines += [f"  label: {each.label}"] if each.label else []
    lines += [f"  other: {_range(span)} {label.text}" for span, label in zip(located.others, each.others, strict=True)]
    lines += [f"  note: {note}" for note in each.notes] + [f"  help: {text}" for text in each.help]
    return "\n".join(lines) + "\n"


def _range(span: Span | None) -> str:
    return "-" if span is None else f"{span.path}:{span.line}:{span.column}-{span.end_line}:{span.end_column}"


def _rewrite(path: Path) -> None:
    told = {}
    for case in cases(path):
        with tempfile.TemporaryDirectory() as folder:
            told[case.number] = findings(case, Path(folder))
    numbers = iter(range(1, 1000))

    def fresh(block: re.Match[str]) -> str:
        number = next(numbers)
        text = f"```{block['info']}\n{block['body']}```"
        return text + (f"\n```text\n{told[number]}```" if block["info"].endswith(" bad") else "")

    path.write_text(_BLOCK.sub(fresh, path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    for each in files():
        _rewrite(each)
