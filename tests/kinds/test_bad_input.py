"""Definitions that are refused: the code, the characters and the way out; and the grain that a query's time has."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from kpictl import api

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "bad_input.yml").read_text("utf-8"))
ORDERS = "orders: {time: at, columns: {id: bigint, at: timestamptz, amount: numeric, t: text}}\n"


def checked(root: Path, kpis: str, sources: str = "") -> api.Check:
    (root / "kpis").mkdir()
    (root / "kpi_project.yml").write_text("name: p\n")
    blocks = {"sources": ORDERS + sources, "kpis": kpis}
    text = "".join(f"{name}:\n{textwrap.indent(block, '  ')}" for name, block in blocks.items())
    (root / "kpis/k.yml").write_text(text)
    return api.check(api.load(root, profile=False))


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_refused(case: dict[str, Any], tmp_path: Path) -> None:
    result = checked(tmp_path, case["kpis"], case.get("sources", ""))
    errors = api.locate([each for each in result.diagnostics if each.is_error], tmp_path)
    assert [each.diagnostic.code for each in errors] == [wanted["code"] for wanted in case["says"]]
    for found, wanted in zip(errors, case["says"], strict=True):
        span = found.span
        assert span is not None
        line = (tmp_path / span.path).read_text().splitlines()[span.line - 1]
        assert line[span.column - 1 : span.end_column - 1] == wanted["there"]
        assert wanted.get("help", "") in " ".join(found.diagnostic.help)
        if "other" in wanted:
            [other] = found.others
            assert other is not None
            line = (tmp_path / other.path).read_text().splitlines()[other.line - 1]
            assert line[other.column - 1 : other.end_column - 1] == wanted["other"]


@pytest.mark.parametrize(
    ("time", "grain"),
    [("date_trunc('month', d)", "month"), ("date_trunc('month', d)::date", "month"), ("d", "day")],
)
def test_the_grain_is_the_one_of_the_time_that_is_returned(time: str, grain: str, tmp_path: Path) -> None:
    query = (
        f"SELECT {time} AS time, max(s) AS value FROM "
        "(SELECT date_trunc('day', at) AS d, sum(amount) AS s FROM orders GROUP BY 1) AS days GROUP BY 1"
    )
    result = checked(tmp_path, f'q: {{query: "{query}"}}\n')
    assert result.lowered["q"].grain.unit == grain
