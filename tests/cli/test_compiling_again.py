"""A compilation after an edit gives, byte by byte, what a compilation in an empty target gives."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kpictl.cli.app import run
from kpictl.cli.compiling import again
from tests.cli import edits

_SEEDS = int(os.environ.get("KPICTL_SEEDS", "6"))
_STEPS = 14


def _compile(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = run(["--project-dir", str(root), "compile", *arguments])
    except SystemExit as stopped:
        code = int(str(stopped.code))
    out, err = capsys.readouterr()
    return code, out, err


def _written(root: Path) -> dict[str, bytes]:
    target = root / "target"
    return {
        path.relative_to(target).as_posix(): path.read_bytes()
        for path in sorted(target.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }


def _assert_same(root: Path, cold: dict[str, bytes], *told: object) -> None:
    """Dialects that are not compiled this time keep what they had."""
    dialects = {path.split("/")[1] for path in cold if path.startswith("compiled/")}
    here = {
        path: data
        for path, data in _written(root).items()
        if not path.startswith("compiled/") or path.split("/")[1] in dialects
    }
    assert here == cold, told


def _cold(
    root: Path, place: Path, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str, dict[str, bytes]]:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(root, place, ignore=shutil.ignore_patterns("target"))
    return (*_compile(place, capsys, *arguments), _written(place))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    for name, text in edits.START.items():
        edits.write(root, name, text)
    (root / "data").mkdir()
    return root


@pytest.mark.parametrize("seed", range(_SEEDS))
def test_edits(seed: int, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(seed)
    options = dice.choice(((), (), ("-v",), ("-q",), ("--dialect", "duckdb,postgres"), ("--as-of", "2024-07-01")))
    assert _compile(project, capsys, *options)[0] == 0
    done = []
    for _ in range(_STEPS):
        done += [edits.edit(project, dice) for _ in range(dice.choice((1, 1, 1, 2)))]
        warm = _compile(project, capsys, *options)
        cold = _cold(project, tmp_path / "cold", capsys, *options)
        assert warm == cold[:3], done
        if cold[3]:  # a project with errors writes nothing, and what stood there stays
            _assert_same(project, cold[3], done)
        assert _compile(project, capsys, *options) == warm, done


def test_most_edits_compile_little(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The law above would hold, too, if everything was compiled each time."""
    compiled: list[set[str]] = []
    part = again._part

    def spy(session, given, change, *rest):  # type: ignore[no-untyped-def]
        compiled.append(set(change.affected))
        return part(session, given, change, *rest)

    monkeypatch.setattr(again, "_part", spy)
    assert _compile(project, capsys)[0] == 0
    path = project / "kpis" / "sales" / "revenue.yml"
    path.write_text(path.read_text().replace("'pay'", "'buy'"))
    assert _compile(project, capsys)[0] == 0
    assert compiled.pop() == {"kpi.paid"}
    path.write_text(path.read_text().replace("unit: EUR", "unit: USD"))
    assert _compile(project, capsys)[0] == 0
    assert compiled.pop() == {"kpi.revenue", "kpi.basket", "kpi.growth"}
    edits.write(project, "kpis/new.yml", "kpis: {fresh: {measure: max(amount), source: orders, grain: day}}\n")
    assert _compile(project, capsys)[0] == 0
    assert compiled.pop() == {"kpi.fresh"}
    (project / "kpis" / "new.yml").unlink()
    assert _compile(project, capsys)[0] == 0
    assert compiled.pop() == set()
    assert not compiled


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "garbage", "folder"])
def test_a_damaged_cache_is_made_anew(damage: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = _compile(project, capsys)
    written = _written(project)
    (cache,) = (project / "target" / ".cache").iterdir()
    data = cache.read_bytes()
    match damage:
        case "truncate":
            cache.write_bytes(data[: len(data) // 2])
        case "flip":
            cache.write_bytes(data[:200] + bytes([data[200] ^ 1]) + data[201:])
        case "empty":
            cache.write_bytes(b"")
        case "garbage":
            cache.write_bytes(b"\x93" * 3000)
        case "folder":
            cache.unlink()
            cache.mkdir()
    assert _compile(project, capsys) == first
    assert _written(project) == written


@pytest.mark.parametrize("name", ["compile_results.json", "manifest.json", "compiled/duckdb/kpis/sales/revenue.sql"])
@pytest.mark.parametrize("edited", [False, True])
def test_touched_outputs_are_made_anew(
    name: str, edited: bool, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _compile(project, capsys)
    written = _written(project)
    (project / "target" / name).write_bytes(b"spoilt")
    if edited:
        path = project / "kpis" / "web" / "visits.yml"
        path.write_text(path.read_text() + "# nothing\n")
    _compile(project, capsys)
    assert _written(project) == written


def test_variables_and_version_are_part_of_the_key(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "kpis: {page: {query: \"SELECT count(*) AS value FROM visits WHERE page = '{{ var('page') }}'\"}}\n"
    edits.write(project, "kpis/page.yml", page)
    for options in (
        ("--vars", "page: 017"),
        ("--vars", "page: '017'"),
        ("--vars", "page: b"),
        ("--vars", "page: b", "--target", "pg"),
    ):
        assert _compile(project, capsys, *options)[0] == 0
        _assert_same(project, _cold(project, tmp_path / "cold", capsys, *options)[3])
    monkeypatch.setattr("kpictl.__version__", "99.0")
    monkeypatch.setattr("kpictl.cli.compiling.output.__version__", "99.0")
    assert _compile(project, capsys, "--vars", "page: b")[0] == 0
    assert b'"99.0"' in _written(project)["compile_results.json"]


def test_a_cache_holds_no_secret(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW", "correct-horse-battery")
    edits.write(project, "kpis/x.yml", "kpis: {x: {measure: avg(conversion_rate), source: orders, owner: a@x.example,"
                "description: correct-horse-battery, deprecated: correct-horse-battery}, y: {expr: x * 2}}\n")  # fmt: skip
    source = project / "kpis" / "sources.yml"
    source.write_text(source.read_text().replace("amount: double", "amount: double, conversion_rate: double"))
    for _ in range(2):
        code, out, err = _compile(project, capsys, "--target", "pg")
        assert code == 0
        assert "deprecated" in err
        assert "correct-horse-battery" not in out + err
    for path in (project / "target").rglob("*"):
        assert not path.is_file() or b"correct-horse-battery" not in path.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")
@pytest.mark.parametrize("kind", ["sound", "unsound"])
def test_two_processes_find_what_one_finds(kind: str, project: Path, tmp_path: Path) -> None:
    """With a sound answer of the second process and with none; for projects with and without mistakes."""
    dice = random.Random(1)
    places = [tmp_path / f"step{step}" for step in range(8)]
    for place in places:
        shutil.copytree(project, place)
        edits.edit(project, dice)

    def compiled(kind: str) -> tuple[list[object], list[int]]:
        program = [sys.executable, "-m", "tests.cli.beside", kind, *map(str, places)]
        found = json.loads(subprocess.run(program, check=True, capture_output=True, text=True).stdout)
        told = [(*each, _written(place)) for each, place in zip(found["compiled"], places, strict=True)]
        return told, found["answers"]

    alone, answers = compiled("alone")
    assert not answers
    found, answers = compiled(kind)
    assert found == alone
    assert answers
    assert all(answers) if kind == "sound" else not any(answers)
