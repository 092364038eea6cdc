"""One engine for all laws of a file."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.laws.engine import connection


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    found = connection()
    yield found
    found.close()
