"""Statements for stores: names are quoted, values are bound, and what DuckDB parses is what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from kpictl.sql import build

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "built.yml").read_text(encoding="utf-8"))
STYLES = {"duckdb": build.DUCKDB, "psycopg": build.PSYCOPG}


def made(case: dict[str, Any]) -> build.Statement:
    given = {
        key: value for key, value in case.items() if key not in ("shows", "call", "text", "values", "raises", "given")
    }
    if "style" in given:
        given["style"] = STYLES[given["style"]]
    if "given" in case:
        given["values"] = case["given"]
    if "query" in given:
        told = given["query"]
        given["query"] = build.Statement(told["text"], tuple(told["values"]))
    statement: build.Statement = getattr(build, case["call"])(**given)
    return statement


@pytest.mark.parametrize("case", CASES, ids=[case.get("shows", case["call"]) for case in CASES])
def test_statement(case: dict[str, Any]) -> None:
    if "raises" in case:
        with pytest.raises(ValueError, match=case["raises"]):
            made(case)
        return
    found = made(case)
    assert found.text == case["text"]
    assert list(found.values) == case.get("values", [])
    if case.get("style") != "psycopg":
        assert len(duckdb.extract_statements(found.text)) == 1


def test_no_value_becomes_text() -> None:
    """Whatever is bound, the text is the same."""
    texts = {
        build.select("t", ["a"], where={"k": value}, between={"t": (value, value)}, order_by=["a"]).text
        for value in ("x", "' OR 1 = 1 --", '"', 7, 7.5, True)
    }
    assert len(texts) == 1
