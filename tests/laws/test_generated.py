"""Law 1 by hypothesis: measures, filters, grains and zones over small tables; every engine says what the reference says.

A case that fails is made small and written as a `.kpitest` file (target/found, or $KPICTL_FOUND), to be kept in
tests/runner/scripts. `KPICTL_LAWS` times as many are tried; the same ones in every run.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from kpictl.dialects import named
from kpictl.plan import compile as compiling
from tests.laws.generated import ZONES, Check, Generated, disagreement, generated, kept
from tests.oracles.plugin import Counted
from tests.runner.script import Broken, World, read

EXAMPLES = {"duckdb": 60, "postgres": 60, "bigquery": 30, "druid": 8}
"""Druid loads each table anew."""
FOUND = Path(os.environ.get("KPICTL_FOUND", "target/found"))


def hold(check: Check, examples: int, zones: tuple[str, ...] = ZONES, folder: Path = FOUND) -> None:
    """Fails where a generated case fails the check: with the smallest one, which is written as a script."""
    last: list[tuple[Generated, list[str]]] = []

    @settings(
        max_examples=examples * int(os.environ.get("KPICTL_LAWS", "1")),
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(generated(zones))
    def law(case: Generated) -> None:
        told = check(case)
        if told:
            last.append((case, told))
            raise AssertionError("\n".join(told))

    try:
        law()
    except AssertionError:
        case, told = smaller(*last[-1], check)  # what hypothesis plays last is the smallest that it has
        path = kept(folder, case, told)
        raise AssertionError("\n".join([*told, f"kept as {path}:", path.read_text("utf-8")])) from None


def smaller(case: Generated, told: list[str], check: Check) -> tuple[Generated, list[str]]:
    """The case without the rows that its failure does not need, and what is told of it."""
    for row in case.rows:
        without = replace(case, rows=tuple(each for each in case.rows if each is not row))
        if without.rows and (found := check(without)):
            case, told = without, found
    return case, told


@pytest.mark.parametrize("target", EXAMPLES)
def test_every_engine_says_what_the_reference_says(target: str, judge: Callable[[str], Counted]) -> None:
    engine = judge(target)
    hold(lambda case: disagreement(case, target, engine), EXAMPLES[target])


@pytest.mark.parametrize(
    ("fn", "wrong"),
    [("ge", "gt"), ("or", "and"), ("ne", "eq")],
)
def test_a_mutant_dies(fn: str, wrong: str, judge: Callable[[str], Counted], monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 10: one function that is rendered as another; the first case that tells the two apart is enough."""
    right = named("duckdb")
    mutant = replace(right, functions={**right.functions, fn: right.functions[wrong]})
    monkeypatch.setattr(compiling, "named", lambda name: mutant if name == "duckdb" else named(name))
    engine = judge("duckdb")

    @settings(
        max_examples=200,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(generated(("UTC",)))
    def dies(case: Generated) -> None:
        assert not disagreement(case, "duckdb", engine)

    with pytest.raises(AssertionError):
        dies()


def test_a_wrong_rendering_is_found_made_small_and_kept(
    judge: Callable[[str], Counted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = named("duckdb")
    wrong = replace(right, functions={**right.functions, "add": right.functions["sub"]})
    monkeypatch.setattr(compiling, "named", lambda name: wrong if name == "duckdb" else named(name))
    engine = judge("duckdb")
    with pytest.raises(AssertionError, match="the reference against duckdb"):
        hold(lambda case: disagreement(case, "duckdb", engine), 200, ("UTC",), tmp_path)
    text = (tmp_path / "generated.kpitest").read_text("utf-8")
    (case,) = read(text)
    loaded = next(step for step in case.steps if step.word == "load")
    assert len(loaded.body) == 2, "a header and one row"
    assert text.count(" + ") <= 3, text  # it is told, named and defined, and nothing else is left of the measure
    (tmp_path / "wrong").mkdir()
    with pytest.raises(Broken):
        World(tmp_path / "wrong").play(case)
    monkeypatch.undo()
    (tmp_path / "right").mkdir()
    World(tmp_path / "right").play(case)
