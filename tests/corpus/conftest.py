"""The outcomes of the corpora, found once a session, and their table in the summary."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import summary
from tests.corpus.outcomes import Bench, table
from tests.oracles.plugin import Counted


@pytest.fixture(scope="session")
def corpora(request: pytest.FixtureRequest, judge: Callable[[str], Counted]) -> Bench:
    """What becomes of every query, by corpus and target."""
    found = Bench(judge)
    summary.of(request.config)["queries of the corpora"] = lambda: _told(found)
    return found


def _told(bench: Bench) -> list[str]:
    """Same, refused, different, rejected: a table for each corpus, with a line for each target."""
    told = []
    for corpus in dict.fromkeys(name for name, _ in bench.found):
        lines = {target: found.values() for (name, target), found in bench.found.items() if name == corpus}
        told.append(f"{corpus}:\n{table(lines)}")
    return told
