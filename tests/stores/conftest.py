"""A small shop whose values are known."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.cases import HERE


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The good project of the tests of bad input."""
    shutil.copytree(HERE / "project", tmp_path / "shop")
    return tmp_path / "shop"
