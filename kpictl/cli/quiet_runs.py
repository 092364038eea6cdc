"""Runs that left nothing to do: remembered, so that the next one need not read every definition to find the same.

What is due hangs on the project, the ledger in the store and the clock alone. While the project's files and the store's file
are as they were left, nothing becomes due before the next tick of a schedule.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from kpictl.cli.artifacts import write_text
from kpictl.cli.compiling.inputs import inputs
from kpictl.cli.session import Session
from kpictl.records import dataclass

_RECORD = Path(".cache") / "quiet_run.json"


@dataclass(frozen=True, slots=True)
class QuietRun:
    """The state in which a run had nothing to do, to be compared with another one's."""

    key: str
    store: tuple[int, int]
    """Size and time of the store's file; zeros where there is none yet."""


def state(session: Session, store: Path | None, options: Mapping[str, object]) -> QuietRun | None:
    """The state of now; None where the store is no file, or one in the middle of a write."""
    if store is None or store.with_name(store.name + ".wal").exists():
        return None
    try:
        file = os.stat(store)
        size = (file.st_size, file.st_mtime_ns)
    except OSError:
        size = (0, 0)
    found = inputs(session, {"command": "run", "store": str(store), **options})
    digest = blake2b(found.key, digest_size=16)
    for path, each in sorted(found.digests.items()):
        digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + each)
    return QuietRun(digest.hexdigest(), size)


def recall(target: Path, found: QuietRun, now: datetime) -> bool:
    """Whether a run in this state is known to have nothing to do at a logical time."""
    try:
        record = json.loads((target / _RECORD).read_text(encoding="utf-8"))
        since, until = datetime.fromisoformat(record["since"]), datetime.fromisoformat(record["until"])
        return bool(record["key"] == found.key and record["store"] == [*found.store] and since <= now < until)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def remember(target: Path, found: QuietRun, since: datetime, until: datetime) -> None:
    """Keeps that a run had nothing to do."""
    record = {"key": found.key, "store": found.store, "since": since.isoformat(), "until": until.isoformat()}
    write_text(target / _RECORD, json.dumps(record) + "\n")
