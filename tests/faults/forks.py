"""Commands in forks of one process that has everything imported: quick, bounded and measured."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.cases import HERE


@dataclass(frozen=True)
class Ended:
    """How a command ended, what it said on both streams, and what it took."""

    code: int
    seconds: float
    megabytes: float
    said: str
    length: int


class Forks:
    """Runs `kpictl` in a folder, as often as it is asked to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, folder: Path, *arguments: str, **environment: str) -> Ended:
        """Runs a command there."""
        return self._asked({"folder": str(folder), "arguments": arguments, "environment": environment})

    def kill(self, folder: Path, seconds: float, *arguments: str) -> Ended:
        """Runs a command there, and kills it (SIGKILL) after so many seconds; its code is then -9."""
        return self._asked({"folder": str(folder), "arguments": arguments, "kill_after": seconds})

    def _asked(self, asked: dict[str, object]) -> Ended:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """One process for all tests of bad input."""
    if os.name == "nt":
        pytest.skip("needs fork and resource limits")
    good = tmp_path_factory.mktemp("good") / "p"
    shutil.copytree(HERE / "project", good)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.worker", str(good)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=HERE.parents[1],
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "100"},
    )
    yield Forks(process)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait(timeout=90)
    process.stdout.close()
