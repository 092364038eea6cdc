"""The outcomes of the corpora, found once a session, and their table in the summary."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.corpus.outcomes import Bench, table
from tests.oracles.plugin import Counted

_FOUND = pytest.StashKey[Bench]()


@pytest.fixture(scope="session")
def corpora(request: pytest.FixtureRequest, judge: Callable[[str], Counted]) -> Bench:
    """What becomes of every query, by corpus and target."""
    found = request.config.stash[_FOUND] = Bench(judge)
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Same, refused, different, rejected: a line for each corpus and target."""
    bench = config.stash.get(_FOUND, None)
    if bench is None or not bench.found:
        return
    terminalreporter.section("queries of the corpora")
    for corpus in dict.fromkeys(name for name, _ in bench.found):
        lines = {target: found.values() for (name, target), found in bench.found.items() if name == corpus}
        terminalreporter.write_line(f"{corpus}:\n{table(lines)}")
