"""Applies safe fixes to files, from the last to the first so that places stay true; overlapping ones wait."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kpictl.api import locate
from kpictl.diagnostics import Span

if TYPE_CHECKING:
    from kpictl.project.locating import Located


def apply_fixes(findings: Sequence[Located], root: Path) -> int:
    """Mends what can be mended; how many places were changed. Files outside the project are left alone."""
    edits: dict[str, list[tuple[Span, str]]] = {}
    for finding in findings:
        fix = finding.diagnostic.fix
        if fix is not None and fix.safe:
            span = _span(finding, root)
            if span is not None:
                edits.setdefault(span.path, []).append((span, fix.replacement))
    return sum(_apply(root / path, changes) for path, changes in edits.items() if _inside(root, path))


def _span(finding: Located, root: Path) -> Span | None:
    fix = finding.diagnostic.fix
    assert fix is not None
    from dataclasses import replace

    return locate([replace(finding.diagnostic, place=fix.place, others=())], root)[0].span


def _inside(root: Path, path: str) -> bool:
    return (root / path).resolve().is_relative_to(root.resolve())


def _apply(path: Path, changes: list[tuple[Span, str]]) -> int:
    lines = path.read_bytes().decode("utf-8").split("\n")
    done, last = 0, (1 << 60, 0)
    for span, text in sorted(changes, key=lambda each: (each[0].line, each[0].column), reverse=True):
        if (span.end_line, span.end_column) > last or span.line != span.end_line:
            continue
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + text + line[span.end_column - 1 :]
        last, done = (span.line, span.column), done + 1
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes("\n".join(lines).encode("utf-8"))
    os.replace(beside, path)
    return done
