"""What a dialect's tables must say: each canonical function, rendered or refused with a reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kpictl.dialects import NAMES, named
from kpictl.dialects.dialect import Refusal


def test_a_dialect_without_a_function_cannot_be_made() -> None:
    whole = named("duckdb")
    with pytest.raises(TypeError, match="sum"):
        replace(whole, functions={name: how for name, how in whole.functions.items() if name != "sum"})
    with pytest.raises(TypeError, match="summe"):
        replace(whole, functions={**whole.functions, "summe": "SUM({0})"})


@pytest.mark.parametrize("target", NAMES)
def test_what_is_rendered_has_a_page_of_the_manual_and_what_is_refused_a_reason(target: str) -> None:
    dialect = named(target)
    rendered = {name for name, how in dialect.functions.items() if not isinstance(how, Refusal)}
    assert rendered <= set(dialect.manual)
    refused = [how for how in dialect.functions.values() if isinstance(how, Refusal)]
    assert all(how.reason for how in [*refused, *dialect.refused_features.values()])
