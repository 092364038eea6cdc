"""Starting and ending the processes of engines, and talking to a worker in an environment of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.oracles.judge import EngineLost, Rejected


def free_ports(count: int) -> list[int]:
    """Different free TCP ports of the loopback interface."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[Any], seconds: float, pause: float = 0.05) -> None:
    """Return once `ready()`; fails at once when the process ends."""
    end = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise EngineLost(f"the process ended with {process.returncode}")
        if time.monotonic() > end:
            raise EngineLost(f"not ready after {seconds:g} s")
        time.sleep(pause)


def listens(port: int) -> bool:
    """Whether something answers at a port of the loopback interface."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def end(process: subprocess.Popen[Any], first: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
    """End one process of ours: `first`, then SIGKILL; its pipes are closed."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()


def end_by_input(process: subprocess.Popen[Any], seconds: float = 5) -> None:
    """End a process that ends with its standard input; by force where it does not."""
    if process.stdin:
        with contextlib.suppress(OSError):
            process.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    end(process)


def unprivileged(user: str) -> dict[str, Any]:
    """Arguments of subprocess that drop root to `user`, for servers that refuse root; none otherwise."""
    if os.geteuid() != 0:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


class Worker:
    """A process that answers one JSON line with one JSON line; its other output goes to a log.

    An answer is {"ok": ...}, {"rejected": text} or {"failed": text}; a worker says {"ok": "ready"} first.
    """

    def __init__(
        self, command: Sequence[str | Path], seconds: float = 90, env: Mapping[str, str] | None = None
    ) -> None:
        self._seconds = seconds
        self._pending = b""
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
            env={**os.environ, **(env or {})},
        )
        try:
            self._answer()
        except BaseException:
            self.stop()
            raise

    def ask(self, do: str, **body: object) -> Any:
        """The worker's answer; raises Rejected with the engine's words, EngineLost when it failed or hangs."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps({"do": do, **body}).encode() + b"\n")
        except OSError as error:
            raise EngineLost(f"{error}: {self._tail()}") from None
        return self._answer()

    def _answer(self) -> Any:
        told = json.loads(self._line())
        if "rejected" in told:
            raise Rejected(told["rejected"])
        if "failed" in told:
            raise EngineLost(told["failed"])
        return told["ok"]

    def _line(self) -> bytes:
        assert self._process.stdout
        end_at = time.monotonic() + self._seconds
        chunks = [self._pending]
        while b"\n" not in chunks[-1]:
            if not select.select([self._process.stdout], [], [], max(0.0, end_at - time.monotonic()))[0]:
                raise EngineLost(f"no answer in {self._seconds:g} s: {self._tail()}")
            chunks.append(os.read(self._process.stdout.fileno(), 1 << 20))
            if not chunks[-1]:
                raise EngineLost(f"the worker ended: {self._tail()}")
        line, _, self._pending = b"".join(chunks).partition(b"\n")
        return line

    def _tail(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 2000))
        return self._log.read().decode(errors="replace")

    def stop(self) -> None:
        """End it; a worker ends with its standard input."""
        end_by_input(self._process)
        self._log.close()
