"""The real tools that artifacts are for. One that is not installed fails where CI=true and skips elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.emit.terraform import schemas
from tests.oracles import kafka_broker, places


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


_COMPOSE = """package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:2], cli.WithName("check"), cli.WithOsEnv, cli.WithProfiles(os.Args[2:]))
	if err == nil {
		project, loaded := options.LoadProject(context.Background())
		err = loaded
		if err == nil {
			text, _ := json.Marshal(project)
			fmt.Println(string(text))
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
"""
_COMPOSE_MARKS = ("github.com/compose-spec/compose-go/v2@v2.16.2", _COMPOSE)


def compose() -> Path:
    """A program that loads a Compose file as Docker Compose does, and prints what it understood as JSON."""
    folder = places.place("go", "compose", _COMPOSE_MARKS)
    if not places.complete(folder):
        lacking("the loader of Docker Compose is missing: python -m tests.emit.tools")
    return folder / "compose"


def _make_compose(folder: Path) -> None:
    (folder / "main.go").write_text(_COMPOSE)
    for command in (
        ["mod", "init", "compose"],
        ["get", _COMPOSE_MARKS[0]],
        ["mod", "tidy"],
        ["build", "-o", "compose", "."],
    ):
        subprocess.run(["go", *command], cwd=folder, check=True, capture_output=True)


def install() -> None:
    """Every tool: programs of Debian, then what a registry has."""
    if packages := places.absent_packages("artifacts"):
        places.apt_install(packages)
    places.npm("grafana")
    places.npm("workerd")
    places.made("go", "compose", _COMPOSE_MARKS, _make_compose)
    places.venv("kubernetes")
    places.venv("workflows")
    places.venv("airflow")
    places.venv("bi")
    places.venv("cloudwatch")
    places.venv("datadog")
    places.venv("dagster")
    places.venv("terraform")
    schemas.install()
    kafka_broker.install()


if __name__ == "__main__":
    install()
