"""Every function of every target has the page of the engine's manual that it rests on, and no page is named for nothing."""

from __future__ import annotations

import re

import pytest

from kpictl.dialects import NAMES, named
from kpictl.dialects.dialect import Refusal
from kpictl.ir.functions import FUNCTIONS

_ADDRESS = re.compile(r"https://[a-z.]+(/[A-Za-z0-9_.-]+)+")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_for_each_function(name: str) -> None:
    target = named(name)
    without = [fn for fn in FUNCTIONS if fn not in target.manual and not isinstance(target.functions[fn], Refusal)]
    assert without == []
    assert set(target.manual) <= set(FUNCTIONS)
    assert [page for page in target.manual.values() if not _ADDRESS.fullmatch(page)] == []
