"""Every literal of every format is read back as the value by that format's own parser."""

from __future__ import annotations

import ast
import json
import shlex
import sqlite3

import pytest
import yaml

from kpictl.emit.literals import (
    LITERALS,
    commented,
    hcl_text,
    json_document,
    json_literal,
    python_literal,
    shell_literal,
    sql_literal,
    yaml_literal,
)
from kpictl.emit.yaml_text import yaml_block, yaml_documents
from tests.emit.hostile import TEXTS

_NESTED = {"list": list(TEXTS), "map": {text or "empty": i for i, text in enumerate(TEXTS)}, "n": [1, 2.5, True, None]}


@pytest.mark.parametrize("text", TEXTS)
def test_texts(text: str) -> None:
    assert json.loads(json_literal(text)) == text
    assert yaml.safe_load(yaml_literal(text)) == text
    assert yaml.safe_load("a:\n  b: " + yaml_literal({"k": [text]}))["a"]["b"] == {"k": [text]}
    assert ast.literal_eval(python_literal(text)) == text
    assert shlex.split(shell_literal(text)) == [text]
    assert sqlite3.connect(":memory:").execute(f"SELECT {sql_literal(text)}").fetchone() == (text,)
    for literal in (json_literal, yaml_literal, python_literal, hcl_text):
        assert len(literal(text).splitlines()) == 1
    assert "${" not in hcl_text(text)
    assert "%{" not in hcl_text(text)


@pytest.mark.parametrize("text", TEXTS)
def test_yaml_in_block_style(text: str) -> None:
    for value in ({"k": text}, {"k": {text or "x": [text, {"a": text}]}}, [text, [text]]):
        assert yaml.safe_load(yaml_block(value) + "\n") == value
        assert yaml.safe_load("outer:\n    " + yaml_block(value, 4) + "\n") == {"outer": value}


def test_nested() -> None:
    assert json.loads(json_document(_NESTED)) == _NESTED
    assert yaml.safe_load(yaml_literal(_NESTED)) == _NESTED
    assert yaml.safe_load(yaml_block(_NESTED)) == _NESTED
    assert list(yaml.safe_load_all(yaml_documents(_NESTED, {"a": 1}))) == [_NESTED, {"a": 1}]
    assert ast.literal_eval(python_literal(_NESTED)) == _NESTED


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("mark", ["--", "#"])
def test_comments_hold_every_line(text: str, mark: str) -> None:
    for line in commented([text, "x"], mark).splitlines():
        assert line.startswith(mark)
    assert len(LITERALS["comment"](text).splitlines()) <= 1


def test_long_texts_are_blocks() -> None:
    sql = "SELECT 1\n  FROM t -- 'x' \"y\"\n"
    assert yaml_block({"sql": sql}) == "sql: |\n  SELECT 1\n    FROM t -- 'x' \"y\""
