"""An advisory lock beside a file. The system lets go of it when its holder ends, however it ends."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO


class Held(Exception):
    """The lock was not free before the deadline; the message says who holds it."""


@contextmanager
def locked(path: Path, *, shared: bool, seconds: float) -> Iterator[None]:
    """Holds the lock; readers share it. Raises `Held` when it is not to be had in time."""
    with _opened(path, shared) as file:
        if file is None:
            yield
            return
        deadline = time.monotonic() + seconds
        wait = 0.005
        while not _take(file, shared):
            if time.monotonic() >= deadline:
                raise Held(_holder(path))
            time.sleep(wait)
            wait = min(wait * 1.5, 0.1)
        try:
            if not shared:
                file.truncate(0)
                file.write(json.dumps({"pid": os.getpid(), "host": _host()}))
                file.flush()
            yield
        finally:
            _release(file)


def _opened(path: Path, shared: bool) -> AbstractContextManager[IO[str] | None]:
    """The lock's file. Who may only read takes it as it is; where there is none, nobody who writes is there either."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "a+", encoding="utf-8")
    except OSError as error:
        if not shared or error.errno not in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise
    try:
        return open(path, encoding="utf-8")
    except OSError:
        return nullcontext()


def _holder(path: Path) -> str:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return f"process {found['pid']} on {found['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _host() -> str:
    import platform

    return platform.node()


if os.name == "nt":  # pragma: no cover
    import msvcrt

    def _take(file: IO[str], shared: bool) -> bool:
        try:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True

    def _release(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:
    import fcntl

    def _take(file: IO[str], shared: bool) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
