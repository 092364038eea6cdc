"""Every pass turns exactly these trees into exactly those. `KPICTL_UPDATE=1` writes what it finds into the files."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from kpictl import passes
from kpictl.diagnostics import Place
from kpictl.ir.query import Query
from kpictl.ir.relations import Finalize, Grain, Relation, Span, ValidAt
from kpictl.ir.scalars import Col
from kpictl.ir.verify import aggregate_of, verify
from kpictl.kinds.build import AS_OF, call, lit
from kpictl.model.types import DATE, TIMESTAMPTZ, Kind
from kpictl.passes.bounds import asked
from kpictl.passes.by_calendar import by_calendar
from kpictl.passes.fuse_scans import fuse_scans
from kpictl.passes.fusing.readings import Form, Reading, reading
from kpictl.passes.rows import rows
from kpictl.passes.show import show
from kpictl.passes.spine import spine
from kpictl.passes.targets.groups_below import groups_below
from kpictl.passes.targets.nest import Names, nest, row_number
from kpictl.passes.to_query import to_query
from kpictl.sql.frontdoor import query
from kpictl.sql.walk import find
from tests.ir.cases import HERE, Case, cases, lowered, rewrite
from tests.ir.layout import lines, told_rows
from tests.sql.scopes import scope
from tests.sql.shown import show as scalar
from tests.sql.shown import show_relation

FILES = sorted((HERE / "passes").glob("*.md")) + sorted((HERE / "targets").glob("*.md"))
CASES = [pytest.param(file, case, id=f"{file.stem}: {case.title}") for file in FILES for case in cases(file)]
Trees = tuple[str, str]
"""Before and after, as text."""


@pytest.mark.parametrize(("file", "case"), CASES)
def test_pass(file: Path, case: Case) -> None:
    before, after = (f"{text}\n" for text in _trees(file, case))
    if os.environ.get("KPICTL_UPDATE"):
        rewrite(file, case.title, before, after)
    else:
        assert (case.before, case.after) == (before, after)


def _trees(file: Path, case: Case) -> Trees:
    if case.apply in HOW:
        return HOW[case.apply](case)
    if file.parent.name == "targets":
        return _of_target(file, case)
    return _of_relation(case)


def _of_relation(case: Case) -> Trees:
    """A pass of `PASSES`, after those that run before it."""
    tree = _tree(case)
    for each in passes.PASSES:
        if each.__name__ == case.apply:
            new = each(tree)
            assert verify(new) == ()
            return show(tree), show(new)
        tree = each(tree)
    raise LookupError(case.apply)


def _tree(case: Case, *, optimized: bool = False) -> Relation:
    """The tree of the KPI `k`: its dimensions', unless the case asks for the `total`."""
    found = lowered(case.given["kpis"])["k"]
    tree = found.total if "total" in case.args else found.finest
    assert tree is not None
    assert verify(tree) == ()
    return passes.optimized(tree) if optimized else tree


def _of_target(file: Path, case: Case) -> Trees:
    """A rewrite for targets, of a query over the corpus' tables."""
    change: Callable[[Query], Query] = getattr(import_module(f"kpictl.passes.targets.{file.stem}"), case.apply)
    tree = query(case.given["sql"], scope(), Place("x.sql"))
    return lines(tree), lines(change(tree))


def _to_query(case: Case) -> Trees:
    tree = _tree(case, optimized=True)
    return show(tree), lines(to_query(tree, with_denominator="denominator" in case.args))


def _rows(case: Case) -> Trees:
    tree = _tree(case)
    assert isinstance(tree, Finalize)
    of = aggregate_of(tree.input)
    assert of is not None
    below = of.input.input if isinstance(of.input, ValidAt) else of.input
    return show(below), told_rows(rows(below))


def _fused(case: Case) -> Trees:
    trees = [each.finest for each in lowered(case.given["kpis"]).values()]
    readings: list[Reading] = []
    for tree in trees:
        found = reading(tree)
        assert found is not None
        readings.append(found)
    form, *few = case.args
    fused = fuse_scans(readings, Form(form), frozenset(Col(name) for name in few))
    where = [
        f"{name}: {c.value}"
        + (f", part {c.part}" if fused.parts > 1 else "")
        + (f", rows {c.rows}" if c.rows else "")
        + (f", divided by {c.denominator}" if c.denominator else "")
        + (f", of {', '.join(c.members)}" if c.members else "")
        for name, c in zip(lowered(case.given["kpis"]), fused.columns, strict=True)
    ]
    return "\n".join(map(show, trees)), "\n".join([lines(fused.query), "", *where])


def _looked_up(case: Case) -> Trees:
    """A fused query before and after its dates are looked up."""
    readings = [found for each in lowered(case.given["kpis"]).values() if (found := reading(each.finest)) is not None]
    query = fuse_scans(readings, Form(case.args[0])).query
    return lines(query), lines(by_calendar(query))


def _bounds(case: Case) -> Trees:
    """The range of buckets that a grain is asked for, then what each step makes of it."""
    told = yaml.safe_load(case.given["grain"])
    steps = told.pop("then", {})
    grain = Grain(**told)
    found = asked(grain)
    before = _shown_bounds(found)
    for word, given in steps.items():
        if word == "shifted":
            found = found.shifted(grain, Span(given["n"], given["unit"]))
        elif word == "from_date":
            found = found.from_date(Col(given, None, DATE), grain)
        elif word == "from_instant":
            found = found.from_instant(Col(given, None, TIMESTAMPTZ), grain)
        else:
            assert word == "holds"
            kind = {"date": DATE, "timestamptz": TIMESTAMPTZ}[given]
            return before, "\n".join(map(scalar, found.holds(Col("at", None, kind), grain.zone)))
    return before, _shown_bounds(found)


def _shown_bounds(bounds: object) -> str:
    return "\n".join(f"{name}: {scalar(getattr(bounds, name))}" for name in ("start", "stop", "first", "last"))


def _spine(case: Case) -> Trees:
    grain = Grain(**yaml.safe_load(case.given["grain"]))
    found = spine(grain, asked(grain), "spine", "bucket")
    today = call("local_date", AS_OF, lit(grain.zone), type=DATE)
    told = {
        "relation": show_relation(found.relation),
        "end": scalar(found.end),
        "last": scalar(found.last),
        "NOW()": scalar(found.as_of(AS_OF)),
        "CURRENT_DATE": scalar(found.as_of(today)),
        "a date is before the end": scalar(found.before_end(Col("at", None, DATE))),
        "an instant is before the end": scalar(found.before_end(Col("at", None, TIMESTAMPTZ))),
    }
    return _shown_bounds(asked(grain)), "\n".join(f"{name}: {text}" for name, text in told.items())


def _nested(case: Case) -> Trees:
    tree = query(case.given["sql"], scope(), Place("x.sql"))
    place = row_number((), ())
    return lines(tree), lines(nest(tree, Names(tree), [("place", place)]).query)


def _grouped_below(case: Case) -> Trees:
    tree = query(case.given["sql"], scope(), Place("x.sql"))
    below = groups_below(tree, Names(tree))
    return lines(tree), "stays" if below is None else lines(below)


def _sized(case: Case) -> Trees:
    """Every column of a number with its type."""
    from kpictl.dialects.bigquery_numbers import sized_numbers

    tree = query(case.given["sql"], scope(), Place("x.sql"))
    return tuple("\n".join(_types(each)) for each in (tree, sized_numbers(tree)))  # type: ignore[return-value]


def _types(tree: Query) -> list[str]:
    sized = (c for c in find(tree, Col) if c.type.kind in (Kind.INTEGER, Kind.DECIMAL))
    return list(dict.fromkeys(f"{scalar(c)}: {c.type.kind.value} {c.type.precision} {c.type.scale}" for c in sized))


HOW: dict[str, Callable[[Case], Trees]] = {
    "to_query": _to_query,
    "window": _to_query,
    "standing": _to_query,
    "rows": _rows,
    "fuse_scans": _fused,
    "by_calendar": _looked_up,
    "bounds": _bounds,
    "spine": _spine,
    "nest": _nested,
    "groups_below": _grouped_below,
    "number_sizes": _sized,
}


def test_every_pass_has_cases() -> None:
    """A new pass comes with its trees."""
    for folder, of in (("passes", "kpictl/passes"), ("targets", "kpictl/passes/targets")):
        told = {file.stem for file in (HERE / folder).glob("*.md")}
        root = HERE.parent.parent / of
        there = {file.stem for file in root.glob("*.py")} - {"__init__", "rewrite", "show"}
        assert told == there
