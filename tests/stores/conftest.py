"""A small shop whose values are known, and places for its store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.cases import HERE
from tests.oracles.plugin import Counted
from tests.stores.places import InFile, OnServer, StorePlace


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The good project of the tests of bad input."""
    shutil.copytree(HERE / "project", tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture(params=["duckdb", "postgres", "timescale"])
def place(request: pytest.FixtureRequest, tmp_path: Path, judge: Callable[[str], Counted]) -> Iterator[StorePlace]:
    """Where a store may be: a file, a PostgreSQL database, a schema of TimescaleDB."""
    if request.param == "duckdb":
        yield InFile(tmp_path / "deep" / "er" / "k'\".duckdb")
        return
    made = OnServer(judge(request.param))
    yield made
    made.close()


@pytest.fixture
def postgres(judge: Callable[[str], Counted]) -> Iterator[OnServer]:
    """A PostgreSQL database."""
    made = OnServer(judge("postgres"))
    yield made
    made.close()
