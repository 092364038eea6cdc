"""Every rendering of every canonical function says on its engine what the reference says.

Each target that has an executing judge; both with constants and with columns as arguments, since their types differ.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kpictl.dialects import NAMES, named
from kpictl.ir.functions import FUNCTIONS
from tests.dialects.cases import cases
from tests.dialects.engine import Engine
from tests.dialects.refusals import held_otherwise, listed
from tests.oracles import NAMES as JUDGES
from tests.oracles import evidence
from tests.oracles.plugin import Counted

TARGETS = [name for name in NAMES if name in JUDGES and evidence(name) == "executed"]
TESTED = list(dict.fromkeys(case.fn for case in cases()))


def test_every_function_has_cases() -> None:
    assert sorted(FUNCTIONS.keys() - set(TESTED)) == []


@pytest.mark.parametrize("fn", TESTED)
@pytest.mark.parametrize("name", TARGETS)
def test_as_the_reference(judge: Callable[[str], Counted], name: str, fn: str) -> None:
    engine = Engine(named(name), judge(name), {})
    engine.load()
    own = [case for case in cases() if case.fn == fn]
    refused = {case.label for case in own if engine.refuses(case)}
    assert refused == listed(name) & {case.label for case in own}, "update refused.yml"
    found = [
        told
        for case in own
        if case.label not in refused
        for constants in (False, True)
        for told in engine.differences(case, constants=constants)
    ]
    beyond = held_otherwise(name)
    assert [told for told in found if told.split(" ")[0] not in beyond] == []
    missed = beyond & {case.label for case in own} - {told.split(" ")[0] for told in found}
    assert not missed, "held now: shorten beyond.yml"
