"""The real tools that artifacts are for. One that is not installed fails where CI=true and skips elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.emit.terraform import schemas
from tests.oracles import kafka_broker, pins, places


def program(name: str, package: str) -> str:
    """The path of a program, or the reason to skip."""
    found = shutil.which(name)
    if found is None:
        lacking(f"{name} is missing: apt-get install {package}")
    return str(found)


def lacking(why: str) -> None:
    """Fails in CI, skips elsewhere."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(why)
    pytest.skip(why)


def run(*command: str | Path, cwd: Path, **environment: str) -> tuple[int, str]:
    """Exit code and all that was said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


def put(folder: Path, files: dict[str, str]) -> Path:
    """Writes files below a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return folder


def grafana() -> Path:
    """A folder with Grafana's own types and the TypeScript compiler."""
    folder = places.npm_folder("grafana")
    if not places.complete(folder):
        lacking("Grafana's types are missing: python -m tests.emit.tools")
    return folder


def python_of(name: str) -> Path:
    """The python of an environment that holds a tool."""
    folder = places.venv_folder(name)
    if not places.complete(folder):
        lacking(f"{name} is missing: python -m tests.emit.tools")
    return folder / "bin" / "python"


_PROGRAMS = Path(__file__).with_name("programs")


def _marks(name: str) -> tuple[str, ...]:
    return (*pins.GO[name], (_PROGRAMS / f"{name}.go").read_text())


def _program(name: str, what: str) -> Path:
    folder = places.place("go", name, _marks(name))
    if not places.complete(folder):
        lacking(f"{what} is missing: python -m tests.emit.tools")
    return folder / name


def compose() -> Path:
    """A program that loads a Compose file as Docker Compose does, and prints what it understood as JSON."""
    return _program("compose", "the loader of Docker Compose")


def newrelic() -> Path:
    """A program that says what New Relic's client does not know in the requests whose paths it is given."""
    return _program("newrelic", "New Relic's client")


def tabular() -> tuple[Path | str, ...]:
    """The command that prints what Microsoft's library reads in a folder of TMDL, which stands behind it."""
    folder = places.wheel_folder(pins.TOM)
    if not places.complete(folder):
        lacking("Microsoft's library of tabular models is missing: python -m tests.emit.tools")
    return python_of("synapse"), _PROGRAMS / "tom.py", folder / pins.TOM[1]


def _build(name: str) -> None:
    def make(folder: Path) -> None:
        (folder / "main.go").write_text((_PROGRAMS / f"{name}.go").read_text())
        commands = [["mod", "init", name], *(["get", pin] for pin in pins.GO[name])]
        for command in (*commands, ["mod", "tidy"], ["build", "-o", name, "."]):
            subprocess.run(["go", *command], cwd=folder, check=True, capture_output=True)

    places.made("go", name, _marks(name), make)


def install() -> None:
    """Every tool: programs of Debian, then what a registry has."""
    if packages := places.absent_packages("artifacts"):
        places.apt_install(packages)
    places.npm("grafana")
    places.npm("workerd")
    for name in pins.GO:
        _build(name)
    places.venv("kubernetes")
    places.venv("workflows")
    places.venv("airflow")
    places.venv("bi")
    places.venv("snowflake")
    places.venv("synapse")
    places.wheel(pins.TOM)
    places.venv("cloudwatch")
    places.venv("datadog")
    places.venv("dagster")
    places.venv("terraform")
    schemas.install()
    kafka_broker.install()


if __name__ == "__main__":
    install()
    if "linters" in sys.argv[1:]:
        # 280 MB, so only where somebody asks for it.
        places.venv("checkov")
