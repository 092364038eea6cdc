"""KPIs as kpictl lowers them, on the targets that are checked against their manuals: measures, windows, spines, ratios.

The world of the mutants: rows around Berlin's change of the clock, read by KPIs of every kind; the reference says what is right.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kpictl.diagnostics import Refused
from kpictl.dialects import named
from kpictl.dialects.render import render
from kpictl.ir.relations import Relation
from kpictl.passes import PASSES
from kpictl.passes.to_query import to_query
from tests.corpus.compare import difference
from tests.meaning.test_rules import FORBIDDEN
from tests.mutants import world
from tests.oracles.plugin import Counted

REFUSED: dict[str, set[str]] = {"synapse": set()}
"""By target the KPIs that it refuses, each with a KPI5xx."""


@pytest.mark.parametrize("kpi", world.lowered())
@pytest.mark.parametrize("target", REFUSED)
def test_as_the_reference(judge: Callable[[str], Counted], target: str, kpi: str) -> None:
    tree: Relation = world.lowered()[kpi].finest
    over = world.asked(world.lowered()[kpi])
    for apply in PASSES:
        tree = apply(tree)
    values: dict[str, datetime] = {"from": over.start, "to": over.stop, "as_of": over.as_of}
    query = to_query(tree, with_denominator=True)
    try:
        done = render(query, named(target), relations=lambda source: (source,), literals=values)
    except Refused:
        assert kpi in REFUSED[target]
        return
    assert kpi not in REFUSED[target]
    one = judge(target)
    one.load(world.tables())
    one.used.clear()
    answer = one.execute(done.sql.replace("%%", "%"))
    assert one.used.isdisjoint(FORBIDDEN)
    names, expected = world.truth(kpi)
    at = [answer.columns.index(name) for name in names]
    got = [tuple(_plain(row[i]) for i in at) for row in answer.rows]
    assert difference(expected, got, False, booleans=one.has_boolean) is None, done.sql


def _plain(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value
