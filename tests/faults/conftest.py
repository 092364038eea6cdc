"""A project for each test of bad input."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.cases import HERE


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A good project of its own."""
    shutil.copytree(HERE / "project", tmp_path / "p")
    return tmp_path / "p"
