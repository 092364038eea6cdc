"""Whole outputs of `kpictl check` are what they were. KPICTL_UPDATE=1 writes them anew; look at the difference then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.transcript import rerun

_FILES = sorted(Path(__file__).parent.glob("*.md"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_output(path: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    happened = rerun(written, tmp_path)
    if os.environ.get("KPICTL_UPDATE"):
        path.write_text(happened, encoding="utf-8")
    assert happened == written


def test_there_are_outputs() -> None:
    assert len(_FILES) >= 3
