"""Runs a command as a whole process and reads what the operating system counted: wall, CPU and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """One run, or the medians of several: seconds of wall clock, seconds of CPU, peak MiB of the largest process."""

    wall: float
    cpu: float
    peak: float


def run(command: Sequence[str], directory: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """The cost of one run; a command that fails ends the benchmark with what it printed.

    Bytecode is written and read whatever the shell says, as it is for those who install a package.
    """
    log = directory / ".benchmark.log"
    started = time.perf_counter()
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=directory, stdout=sink, stderr=sink, env=_environment(environment or {})
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.stderr.write(log.read_text(errors="replace")[-4000:])
        raise SystemExit(f"benchmark command failed with {process.returncode}: {' '.join(command)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    return {**{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}, **more}


def calibration() -> float:
    """Seconds of CPU that twenty million additions take now: what others do on the machine shows here, too."""
    started = time.process_time()
    total = 0
    for number in range(20_000_000):
        total += number
    return time.process_time() - started


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(c.wall for c in costs),
        statistics.median(c.cpu for c in costs),
        statistics.median(c.peak for c in costs),
    )
