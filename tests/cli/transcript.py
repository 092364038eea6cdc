"""Reads and runs a transcript: a Markdown file whose `console` blocks are commands with their exact output.

```yaml file=kpis/shop.yml      a file that is written before the next command
```console                      `$ command`, its output (stdout and stderr), `[exit 1]` where it is not 0
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"file=(\S+)")


@dataclass(frozen=True)
class Step:
    """A command with what it must print."""

    command: str
    output: str


def rerun(text: str, folder: Path) -> str:
    """The transcript with the outputs that its commands really have in this folder."""

    def fresh(block: re.Match[str]) -> str:
        info, body = block["info"].strip(), block["body"]
        name = _FILE.search(info)
        if name is not None:
            path = folder / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
        elif info == "console":
            steps = [run(step.command, folder) for step in _steps(body)]
            body = "".join(f"$ {step.command}\n{step.output}" for step in steps)
        return f"```{info}\n{body}```"

    return _FENCE.sub(fresh, text)


def _steps(body: str) -> list[Step]:
    steps = []
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        steps.append(Step(command, output))
    return steps


def run(command: str, folder: Path) -> Step:
    """Runs a command line in a shell, 100 columns wide, without colours, with nothing of the caller's environment."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    script = f'kpictl() {{ "{sys.executable}" -m kpictl "$@"; }}\n{command}\n'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    output = done.stdout.replace(str(folder.resolve()), "<dir>").replace(str(folder), "<dir>")
    output = "\n".join(line.rstrip() for line in output.split("\n"))
    if output and not output.endswith("\n"):
        output += "\n"
    if done.returncode:
        output += f"[exit {done.returncode}]\n"
    return Step(command, output)
