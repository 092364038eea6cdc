"""No file makes kpictl slow or large: at most a second of work and 300 MB, and a diagnostic at the end.

Work is processor time. Beside other work a processor does less in a second, so the limit grows with what a check of a
good project takes on the same machine at the same moment.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.forks import Forks
from tests.faults.hostile import FILES

_BUSY = 4.0
"""How much slower a machine may be on which other tests run beside these."""
_SECONDS = 1.0
_GOOD_SECONDS = 0.02
"""Seconds that the good project takes where nothing else runs."""
_MEGABYTES = 300
_HARMLESS = ("comments", "spaces", "line ends", "carriage returns", "tags", "a query that joins 40 times")


@pytest.mark.parametrize("name", FILES)
def test_within_a_second_and_300_mb(name: str, forks: Forks, project: Path) -> None:
    usual = forks.run(project, "check").seconds
    data = FILES[name]()
    (project / "kpis" / "x.yml").write_bytes(data if isinstance(data, bytes) else data.encode())
    ended = forks.run(project, "check")
    assert ended.code == (0 if name in _HARMLESS else 1), ended.said[:1000]
    assert "internal error" not in ended.said
    assert "kpis/x.yml" in ended.said or name in _HARMLESS
    assert ended.length < 200_000
    assert ended.megabytes < _MEGABYTES
    assert ended.seconds < _SECONDS * max(_BUSY, usual / _GOOD_SECONDS)
