"""Each bad project has exactly the findings of its case, and no command writes anything there or says that it broke."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kpictl.__main__ import main
from tests.faults.cases import Case, build, cases, findings

_CASES = [pytest.param(case, id=f"{case.page}-{case.name.replace(' ', '-')}") for case in cases()]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", _CASES)
def test_findings(case: Case, tmp_path: Path) -> None:
    assert findings(build(case, tmp_path / "p")) == case.told


@pytest.mark.parametrize("case", _CASES)
def test_nothing_is_written_and_nothing_breaks(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = build(case, tmp_path / "p")
    monkeypatch.setenv("COLUMNS", "100")
    before = tree(tmp_path)
    refused = any(line.split()[:1] and line.split()[1] == "error" for line in case.told.splitlines() if line[:1] != " ")
    refused = refused or case.told.startswith("No")
    ended = code(lambda: main(["--project-dir", str(folder), "check"]))
    assert (ended != 0) == refused
    for command in ("compile", "run"):
        ended = code(lambda name=command: main(["--project-dir", str(folder), name]))
        said = "".join(capsys.readouterr())
        assert "internal error" not in said
        assert "Traceback" not in said
        if refused:
            assert ended in (1, 2), command
            assert tree(tmp_path) == before, command


def code(command: Callable[[], int]) -> int:
    """The exit code of a command line."""
    try:
        return command()
    except SystemExit as end:
        return int(end.code or 0)


def test_there_are_cases() -> None:
    assert {case.page for case in cases()} >= {"names", "profiles", "templates", "yaml"}
    assert len(_CASES) >= 120
