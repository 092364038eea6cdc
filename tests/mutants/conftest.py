"""Survivors are listed at the end of a run."""

from __future__ import annotations

import pytest

from tests import summary
from tests.mutants.verdicts import Verdicts, known


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest) -> Verdicts:
    """All mutants that were tried."""
    found = Verdicts()
    summary.of(request.config)["mutants"] = lambda: [
        f"{len(found.dead)} died, {len(found.living)} live",
        *(f"  {name}: {known().get(name, 'no test catches it')}" for name in found.living),
    ]
    return found
