"""A process that runs command after command, each in a fork of its own, and tells how each ended and what it took.

It reads `{"folder": .., "arguments": [..], "environment": {..}}` a line and answers
`{"code": .., "seconds": .., "megabytes": .., "said": .., "length": ..}` a line. A fork has everything imported already,
so that what is measured is the work; nothing of it stays behind, and one that never ends can be ended.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
from importlib import import_module
from typing import Any

from kpictl import api
from kpictl.__main__ import main

_SPACE = 4 << 30
_LONGEST = 60.0
_SAID = 200_000


def _run(asked: dict[str, Any], said: int) -> None:
    """The child: does it, and ends with the code of the command."""
    resource.setrlimit(resource.RLIMIT_AS, (_SPACE, _SPACE))
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(asked["folder"])
    os.environ.update(asked.get("environment", {}))
    code = 70
    try:
        code = main(asked["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)


def ended(asked: dict[str, Any]) -> dict[str, Any]:
    """Runs a command in a fork; one that takes longer than a minute, or than `kill_after` seconds, is killed."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            _run(asked, said.fileno())
        deadline = time.monotonic() + asked.get("kill_after", _LONGEST)
        while (found := os.wait4(child, os.WNOHANG))[0] == 0:
            if time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
                found = os.wait4(child, 0)
                break
            time.sleep(0.002)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    return {
        "code": os.waitstatus_to_exitcode(found[1]),
        "seconds": found[2].ru_utime + found[2].ru_stime,
        "megabytes": found[2].ru_maxrss / 1024,
        "said": text[:_SAID],
        "length": len(text),
    }


if __name__ == "__main__":
    # What commands import is imported before the first fork. No engine is run here: its threads would not survive one.
    good = sys.argv[1]
    api.check(api.load(good), dialects=("duckdb", "postgres"))
    for name in (
        "cli.commands.check",
        "cli.commands.compile",
        "cli.commands.run",
        "cli.commands.show",
        "stores.postgres",
    ):
        import_module(f"kpictl.{name}")
    for line in sys.stdin:
        print(json.dumps(ended(json.loads(line))), flush=True)
