"""Survivors are listed at the end of a run."""

from __future__ import annotations

import pytest

from tests.mutants.verdicts import Verdicts, known

_KEY = pytest.StashKey[Verdicts]()


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest) -> Verdicts:
    """All mutants that were tried."""
    found = request.config.stash[_KEY] = Verdicts()
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(_KEY, None)
    if found is None:
        return
    terminalreporter.section("mutants")
    terminalreporter.write_line(f"{len(found.dead)} died, {len(found.living)} live")
    for name in found.living:
        terminalreporter.write_line(f"  {name}: {known().get(name, 'no test catches it')}")
