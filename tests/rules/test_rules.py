"""Each rule finds exactly what its file of cases says, and nothing where it has nothing to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpictl.rules.catalogue import RULES
from tests.rules.cases import Case, cases, files, findings

_CASES = [case for path in files() for case in cases(path)]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.code}-{case.number}")
def test_findings(case: Case, tmp_path: Path) -> None:
    assert findings(case, tmp_path) == case.told


def test_every_rule_has_a_case_that_breaks_it_and_one_that_does_not() -> None:
    codes = {rule.code for rule in RULES}
    assert {case.code for case in _CASES if case.bad and case.told} == codes
    assert {case.code for case in _CASES if not case.bad} == codes


def test_codes_are_unique_and_pages_complete() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES) >= 30
    for rule in RULES:
        page = rule.__doc__ or ""
        parts = ("## What it does", "## Why it matters", "## Example", "## Use instead")
        assert all(part in page for part in parts), rule.code
