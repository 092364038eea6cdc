"""Reads cases of bad input: a Markdown file whose `##` sections are projects, with the exact findings below them.

In a section, `yaml file=kpis/a.yml` (or `sql`) is a file beside those of `project/`; `escaped file=...` is one whose
text has the escapes of Python (`\\t`, `\\ufeff`, `\\xff` for a byte that is no UTF-8); the last block, `text`, is all that
`kpictl check` finds there. `python -m tests.faults.cases` writes the findings anew, to be read in the diff.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kpictl import api
from kpictl.diagnostics import Severity, Span
from kpictl.project import NoProject
from kpictl.project.locating import Located

HERE = Path(__file__).parent
_SECTION = re.compile(r"^## (?P<name>[^\n]+)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(?P<info>\w+[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Case:
    """A project by what it is for, its files, and what is found in it."""

    page: str
    name: str
    files: tuple[tuple[str, bytes], ...]
    told: str


def cases(folder: Path = HERE / "cases") -> Iterator[Case]:
    """All cases of a folder."""
    for path in sorted(folder.glob("*.md")):
        for section in _SECTION.finditer(path.read_text("utf-8")):
            yield _case(path.stem, section)


def _case(page: str, section: re.Match[str]) -> Case:
    files, told = [], ""
    for block in _BLOCK.finditer(section["body"]):
        kind, _, rest = block["info"].partition(" ")
        if kind == "text":
            told = block["body"]
        else:
            files.append((rest.removeprefix("file="), _bytes(kind, block["body"])))
    return Case(page, section["name"], tuple(files), told)


def _bytes(kind: str, body: str) -> bytes:
    if kind != "escaped":
        return body.encode()
    text = re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(0xDC00 + int(m[1], 16)), body.removesuffix("\n"))
    text = re.sub(r"\\(u[0-9a-f]{4}|[tnr0\\])", lambda m: m[0].encode().decode("unicode_escape"), text)
    return text.encode("utf-8", "surrogateescape")


def build(case: Case, folder: Path) -> Path:
    """Writes the project of a case; a file of the same name takes the place of one of `project/`."""
    shutil.copytree(HERE / "project", folder, dirs_exist_ok=True)
    for name, data in case.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def findings(folder: Path) -> str:
    """What is wrong in a project, as text: errors and warnings with their places, second places, notes and help."""
    try:
        loaded = api.load(folder)
    except NoProject as error:
        return f"{type(error).__name__} {error.message}\n  help: {error.help}\n".replace(str(folder), "<dir>")
    checked = api.check(loaded, analyses=True)
    found = [each for each in checked.diagnostics if each.severity is not Severity.HINT]
    return "".join(_told(each) for each in api.locate(found, folder)).replace(str(folder), "<dir>")


def _told(located: Located) -> str:
    each = located.diagnostic
    lines = [f"{each.code} {each.severity.value} {_range(located.span)} {each.message}"]
    lines += [f"  label: {each.label}"] if each.label else []
    lines += [f"  other: {_range(span)} {label.text}" for span, label in zip(located.others, each.others, strict=True)]
    lines += [f"  note: {note}" for note in each.notes] + [f"  help: {text}" for text in each.help]
    return "\n".join(lines) + "\n"


def _range(span: Span | None) -> str:
    return "-" if span is None else f"{span.path}:{span.line}:{span.column}-{span.end_line}:{span.end_column}"


def rewrite(path: Path) -> None:
    """Writes the findings of a page anew."""

    def section(match: re.Match[str]) -> str:
        case = _case(path.stem, match)
        with tempfile.TemporaryDirectory() as folder:
            told = findings(build(case, Path(folder) / "p"))
        body = re.sub(r"^```text\n.*?^```$\n?", "", match["body"], flags=re.MULTILINE | re.DOTALL).rstrip()
        return f"## {match['name']}\n{body}\n```text\n{told}```\n\n"

    path.write_text(_SECTION.sub(section, path.read_text("utf-8")).rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    import sys

    for page in sys.argv[1:] or sorted((HERE / "cases").glob("*.md")):
        rewrite(Path(page))
