"""Reads and runs a transcript: a Markdown file whose `console` blocks are commands with their exact output.

```yaml file=kpis/shop.yml      a file that is written before the next command, from the folder where the text stands
```console                      `$ command`, its output (stdout and stderr), `[exit 1]` where it is not 0
`$ cd shop` on a line of its own holds for all that follows.
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
_CHANGE = re.compile(r"cd (\S+)")


@dataclass(frozen=True)
class Step:
    """A command with what it must print."""

    command: str
    output: str


def rerun(text: str, folder: Path) -> str:
    """The transcript with the outputs that its commands really have in this folder."""
    here = folder

    def fresh(block: re.Match[str]) -> str:
        nonlocal here
        info, body = block["info"].strip(), block["body"]
        name = _FILE.search(info)
        if name is not None:
            path = here / name[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8")
        elif info == "console":
            steps = []
            for step in _steps(body):
                moved = _CHANGE.fullmatch(step.command)
                steps.append(Step(step.command, "") if moved else run(step.command, folder, here))
                here = (here / moved[1]).resolve() if moved else here
            body = "".join(f"$ {step.command}\n{step.output}" for step in steps)
        return f"```{info}\n{body}```"

    return _FENCE.sub(fresh, text)


def _steps(body: str) -> list[Step]:
    steps = []
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        steps.append(Step(command, output))
    return steps


def run(command: str, folder: Path, here: Path | None = None) -> Step:
    """Runs a command line in a shell, 100 columns wide, without colours, with nothing of the caller's environment.

    `folder` is the transcript's home and root, `here` (by default the same) where the command runs.
    """
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
        cwd=here or folder,
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
