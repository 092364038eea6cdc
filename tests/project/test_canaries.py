"""No byte of what a command says or writes holds a secret of the profile, whatever is wrong and wherever it stands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from kpictl.__main__ import main
from tests.faults.cases import HERE as FAULTS
from tests.faults.test_cases import code

_PLAIN = "kanarqx-feather-zq7319"
_ODD = "kanarqx/feather %41\"'\\ü\tzq7319"
_FEATHERS = (b"kanarqx", b"feather", b"zq7319")
"""Parts of both canaries that no spelling changes: a part that was cut off is found, too."""
_CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("canaries.yml").read_text("utf-8"))
_COMMANDS = (
    ("check",),
    ("check", "--format", "json"),
    ("check", "--format", "github"),
    ("check", "--format", "sarif"),
    ("debug",),
    ("compile", "--dialect", "all"),
    ("compile", "--inline", "select count(*) from orders"),
    ("-vv", "run"),
    ("-vv", "run", "--full-refresh"),
    ("show",),
    ("show", "--format", "json"),
    ("history", "revenue", "--format", "jsonl"),
    ("trend", "revenue"),
    ("ls", "--output", "json", "--output-keys", "all"),
    ("ls", "--output", "table"),
)


@pytest.fixture
def say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., dict[tuple[str, ...], int]]:
    """Runs all commands in a project with this profile, and looks at every byte; the exit code of each."""

    def run(
        profile: str, commands: tuple[tuple[str, ...], ...] = _COMMANDS, canary: str = _ODD
    ) -> dict[tuple[str, ...], int]:
        root = tmp_path / "p"
        shutil.copytree(FAULTS / "project", root, dirs_exist_ok=True)
        text = profile.replace("QUOTED", json.dumps(canary, ensure_ascii=False).replace("\t", "\\t"))
        (root / "profiles.yml").write_text(text.replace("CANARY", _PLAIN))
        inputs = {path for path in root.rglob("*") if path.is_file()}
        for name, value in {
            "BIRD": canary,
            "BIRD_ENCODED": quote(canary, safe=""),
            "BIRD_PATH": _PLAIN,
            "COLUMNS": "60",
            "KPICTL_TRACEBACK": "1",
        }.items():
            monkeypatch.setenv(name, value)
        codes = {}
        for command in commands:
            codes[command] = code(lambda command=command: main(["--project-dir", str(root), *command]))  # type: ignore[misc]
            said = "".join(capfd.readouterr()).encode()
            _clean(said, " ".join(command))
            if command[1:] == ("--format", "json") and said.startswith(b"{"):
                json.loads(said)
        for path in root.rglob("*"):
            if path.is_file() and path not in inputs:
                _clean(path.read_bytes(), str(path.relative_to(root)).replace(_PLAIN, "***"))
        return codes

    return run


def _clean(data: bytes, where: str) -> None:
    for feather in _FEATHERS:
        assert feather not in data, (
            f"{where}: {data[max(data.index(feather) - 200, 0) :][:400].decode('utf-8', 'replace')}"
        )


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["name"].replace(" ", "-"))
def test_no_byte(case: dict[str, Any], say: Callable[..., dict[tuple[str, ...], int]]) -> None:
    codes = say(case["profile"])
    if case.get("works"):
        assert {name: each for name, each in codes.items() if each and name != ("debug",)} == {}
    else:
        assert codes[("check",) if "runs" not in case else ("-vv", "run")] in (1, 2)


_GOOD = """shop:
  target: dev
  outputs:
    dev:
      store: {type: duckdb, path: target/kpis.duckdb}
      connections: {app: {type: duckdb, files: "{{ env_var('BIRD_FOLDER', 'data') }}"}, pg: {type: postgres, password: CANARY}}
"""


def test_what_an_engine_says_of_a_secret_place(
    say: Callable[..., dict[tuple[str, ...], int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = f"{_PLAIN}/data"
    data = tmp_path / "p" / folder
    data.mkdir(parents=True)
    monkeypatch.setenv("BIRD_FOLDER", folder)
    for broken in (b"\xff\xfe\x00", None):
        for name in ("orders", "users"):
            (data / f"{name}.parquet").write_bytes(broken) if broken else (data / f"{name}.parquet").unlink()
        codes = say(_GOOD)
        assert codes[("-vv", "run")] == 1


@pytest.mark.parametrize("canary", [_PLAIN, _ODD])
def test_a_chain_of_exceptions_of_a_driver(
    canary: str, say: Callable[..., dict[tuple[str, ...], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    def refuse(*_: object, **__: object) -> None:
        try:
            raise OSError(f"cannot reach postgres://kpi:{quote(canary, safe='')}@db1/app, password {canary!r}")
        except OSError as error:
            raise duckdb.IOException(f"driver: {error}; dsn host=db1 password='{canary}'") from error

    monkeypatch.setattr(duckdb, "connect", refuse)
    codes = say(_GOOD.replace("CANARY", "QUOTED"), canary=canary)
    assert codes[("-vv", "run")] == 1


@pytest.mark.parametrize(
    "where", ["kpictl.project.profiles._output", "kpictl.api.check", "kpictl.runner.run._Run._compute"]
)
def test_a_fault_of_ours(
    where: str, say: Callable[..., dict[tuple[str, ...], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        try:
            raise ValueError(_ODD)
        except ValueError as error:
            raise RuntimeError(f"{_PLAIN}: {error}") from error

    monkeypatch.setattr(where, broken)
    profile = _GOOD.replace("CANARY", "QUOTED, user: \"{{ env_var('BIRD') }}\", options: {token: CANARY}")
    codes = say(profile)
    assert codes[("-vv", "run")] == 1
