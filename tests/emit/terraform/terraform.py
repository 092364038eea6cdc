"""An unmodified terraform over providers that hold their schemas and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.emit import tools
from tests.emit.terraform import schemas
from tests.oracles import places

_STUB = Path(__file__).with_name("stub.py")
# Its memory is small; collecting garbage is a third of its time.
_QUIET = {
    "TF_CLI_CONFIG_FILE": os.devnull,
    "CHECKPOINT_DISABLE": "1",
    "TF_IN_AUTOMATION": "1",
    "TF_INPUT": "0",
    "GOGC": "800",
}


class Terraform:
    """Runs commands; `environment` attaches the providers. `unknown` are those whose schema cannot be had."""

    def __init__(self, environment: dict[str, str], unknown: Iterable[str] = ()) -> None:
        self._environment = {**_QUIET, **environment}
        self._unknown = frozenset(unknown)

    def needs(self, provider: str) -> None:
        """Skips what is about a provider whose schema no package has."""
        if provider in self._unknown:
            pytest.skip(f"no package has the schema of {provider}: KPICTL_TF_SCHEMAS names a folder that does")

    def run(self, folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
        """Exit code and all that was said."""
        return tools.run("terraform", *arguments, cwd=folder, **{**self._environment, **variables})

    def good(self, folder: Path, *arguments: str, **variables: str) -> str:
        code, said = self.run(folder, *arguments, **variables)
        assert code == 0, said[-4000:]
        return said

    def plan(self, folder: Path, *arguments: str, **variables: str) -> dict[str, Any]:
        """The plan as JSON."""
        self.good(folder, "plan", "-no-color", "-refresh=false", "-input=false", "-out=plan", *arguments, **variables)
        found: dict[str, Any] = json.loads(self.good(folder, "show", "-json", "plan"))
        return found

    def plans(self, folder: Path, cases: dict[str, str]) -> dict[str, dict[str, Any]]:
        """The plan of each case, whose text is the body of a `run` block: all by one process."""
        lines = self._runs(folder, cases)
        errors = [each["diagnostic"] for each in lines if each["type"] == "diagnostic"]
        wrong = [each for each in errors if each["severity"] == "error"]
        assert not wrong, [(each["summary"], each["detail"]) for each in wrong]
        return {each["@testrun"]: each["test_plan"] for each in lines if each["type"] == "test_plan"}

    def refused(self, folder: Path, cases: dict[str, str]) -> set[str]:
        """The cases that fail as their `expect_failures` says."""
        return {
            each["@testrun"]
            for each in self._runs(folder, cases)
            if each["type"] == "test_run" and each["test_run"].get("status") == "pass"
        }

    def _runs(self, folder: Path, cases: dict[str, str]) -> list[dict[str, Any]]:
        tests = folder / "tests"
        tests.mkdir(exist_ok=True)
        blocks = [
            f'run "{name}" {{\n  command = plan\n  plan_options {{\n    refresh = false\n  }}\n{body}}}\n'
            for name, body in cases.items()
        ]
        (tests / "cases.tftest.hcl").write_text("\n".join(blocks))
        _, said = self.run(folder, "test", "-json", "-verbose")
        shutil.rmtree(tests)
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def present(providers: Iterable[str]) -> set[str]:
    """The providers of which no package has a schema; skips, or fails in CI, where anything else is missing."""
    if shutil.which("terraform") is None:
        tools.lacking("terraform is missing: install it from its maker's packages")
    if not places.complete(places.venv_folder("terraform")):
        tools.lacking("what serves the schemas is missing: python -m tests.emit.tools")
    absent = {name for name in providers if schemas.file_of(name) is None}
    if can_be_had := sorted(absent & schemas.PACKAGES.keys()):
        tools.lacking(f"no schema of {', '.join(can_be_had)}: KPICTL_TF_SCHEMAS, or python -m tests.emit.tools")
    return absent


@contextmanager
def terraform(*folders: Path) -> Iterator[Terraform]:
    """Terraform with the providers that the files below these folders use."""
    providers, resources, data, words = schemas.used(folders)
    unknown = present(providers)
    held = schemas.parts(providers - unknown, resources, data, words)
    told = {
        kind: set().union(*(each[f"{kind}_schemas"] for each in held.values())) for kind in ("resource", "data_source")
    }
    for kind, named in (("resource", resources), ("data_source", data)):
        wrong = {each for each in named - told[kind] if each.partition("_")[0] not in unknown}
        assert not wrong, f"no such types: {wrong}"
    file = folders[0] / "schemas.json"
    file.write_text(json.dumps({"provider_schemas": held}))
    python = tools.python_of("terraform")
    stub = subprocess.Popen(
        [python, _STUB, file, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert stub.stdout is not None
        line = stub.stdout.readline()
        assert line, "the stub did not start"
        yield Terraform({"TF_REATTACH_PROVIDERS": line.strip()}, unknown)
    finally:
        assert stub.stdin is not None
        stub.stdin.close()
        try:
            stub.wait(10)
        except subprocess.TimeoutExpired:
            stub.kill()
            stub.wait()
        assert stub.stdout is not None
        stub.stdout.close()
        file.unlink(missing_ok=True)
