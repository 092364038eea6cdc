"""Compiles projects with a second process beside this one: `python -m tests.cli.beside sound|unsound|alone FOLDER...`.

A program of its own, since kpictl makes no second process where other threads run, and those of a test run do.
Prints `{"compiled": [[code, stdout, stderr], ...], "answers": [definitions in each answer of the second process]}`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from pathlib import Path

from kpictl.cli.app import run
from kpictl.cli.compiling import judging


def compiled(root: Path, *arguments: str) -> tuple[int, str, str]:
    """What `kpictl compile` ends with and prints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run(["--project-dir", str(root), "compile", *arguments])
        except SystemExit as stopped:
            code = int(str(stopped.code))
    return code, out.getvalue(), err.getvalue()


def main(kind: str, *roots: str) -> None:
    """Compiles each project anew; an unsound second process answers nonsense, and alone there is none."""
    judging._WORTH_IT = sys.maxsize if kind == "alone" else 1
    os.sched_getaffinity = lambda _: {0, 1}
    answers: list[int] = []
    received = judging._received

    def spy(*pipe: int) -> judging.Judged | None:
        found = received(*pipe)
        answers.append(0 if found is None else len(found.facts))
        return found

    judging._received = spy
    if kind == "unsound":
        judging._sent = lambda judged: b"nonsense"
    results = []
    for root in map(Path, roots):
        shutil.rmtree(root / "target", ignore_errors=True)
        results.append(compiled(root, "-v"))
    print(json.dumps({"compiled": results, "answers": answers}))


if __name__ == "__main__":
    main(*sys.argv[1:])
