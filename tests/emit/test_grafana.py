"""Dashboards hold against Grafana's own types; their SQL and that of the alert rules runs on the store's tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import yaml

from kpictl.emit.ddl import scripts
from tests.emit.projects import emitted, hostile, shop
from tests.emit.tools import grafana, run
from tests.oracles.judge import Judge

# In JSON an enumeration is its string.
_HEAD = """import type { Dashboard } from '@grafana/schema';
type Json<T> = T extends string ? `${T}` : T extends (infer U)[] ? Json<U>[]
  : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
export const dashboard: Json<Dashboard> = """


def _checked(boards: dict[str, str], folder: Path) -> list[str]:
    """What the compiler says of dashboards."""
    home = grafana()
    for name, text in boards.items():
        body = json.loads(text)
        for annotation in body["annotations"]["list"]:
            # Of a query in an annotation the types know only what all data sources share; panels are open there.
            annotation["target"] = {"refId": annotation["target"]["refId"]}
        (folder / f"{name}.ts").write_text(_HEAD + json.dumps(body, indent=1) + ";\n")
    (folder / "node_modules").symlink_to(home / "node_modules")
    options = (
        "--noEmit --strict --skipLibCheck --pretty false --moduleResolution bundler --module esnext --target es2022"
    )
    command = [home / "node_modules/.bin/tsc", *options.split(), *(f"{name}.ts" for name in boards)]
    _, said = run(*command, cwd=folder)
    return [line for line in said.splitlines() if "error" in line]


def test_grafanas_types_hold(tmp_path: Path) -> None:
    root, _ = hostile(tmp_path / "hostile")
    boards = {"shop": emitted(shop(tmp_path / "shop"), "grafana")["dashboards/business.json"]}
    boards["hostile"] = next(text for path, text in emitted(root, "grafana").items() if path.startswith("dashboards/"))
    boards["wrong"] = boards["shop"].replace('"graphTooltip": 1', '"graphTooltip": 7')
    boards["unknown"] = boards["shop"].replace('"schemaVersion"', '"schemaVersoin"')
    said = _checked(boards, tmp_path)
    assert {line.split(".ts")[0] for line in said} == {"wrong", "unknown"}, said


def test_texts_come_back(tmp_path: Path) -> None:
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, "grafana")
    boards = [json.loads(text) for path, text in files.items() if path.startswith("dashboards/")]
    assert sorted(board["tags"][1] for board in boards) == sorted(texts)
    for board in boards:
        panels = board["panels"]
        assert len(panels) == 3
        text = board["tags"][1]
        assert panels[0]["title"] == panels[0]["description"] == text
        assert panels[0]["fieldConfig"]["defaults"]["displayName"] == text
    assert len({board["uid"] for board in boards}) == len(texts)
    rules = yaml.safe_load(files["provisioning/alerting/kpis.yml"])["groups"][0]["rules"]
    assert [_rendered(rule["annotations"]["description"]) for rule in rules] == texts
    assert len({rule["uid"] for rule in rules}) == len(texts)


def _rendered(text: str) -> str:
    """What Grafana's provisioning and then Go's templates make of a text."""
    assert re.fullmatch(r"(?:[^$]|\$\$)*", text, re.DOTALL)
    return text.replace("$$", "$").replace('{{ "{{" }}', "{{")


def test_colours_follow_the_thresholds(tmp_path: Path) -> None:
    board = json.loads(emitted(shop(tmp_path / "shop"), "grafana")["dashboards/business.json"])
    steps = board["panels"][0]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "red"), (100, "orange"), (1000, "green")]


def test_postgres_runs_every_query(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    engine: Any = judge("postgres")
    files = emitted(shop(tmp_path / "shop"), "grafana")
    texts = [text for board in files.values() if board.startswith("{") for text in _queries(json.loads(board))]
    rules = yaml.safe_load(files["provisioning/alerting/kpis.yml"])["groups"][0]["rules"]
    texts += [rule["data"][0]["model"]["rawSql"] for rule in rules]
    assert len(texts) > 8
    with psycopg.connect(engine.uri) as session:
        session.execute("CREATE SCHEMA boards")
        session.execute("SET search_path = boards")
        for statement in scripts("postgres")["postgres.sql"]:
            session.execute(statement)
        for text in texts:
            filled = re.sub(r"\$__timeFilter\(([\w.]+)\)", r"\1 > '2020-01-01'", text)
            filled = re.sub(r"\$\{dim_\w+:sqlstring\}", "'DE'", filled)
            assert "$" not in filled
            session.execute(filled.encode())
        session.rollback()


def _queries(body: Any) -> list[str]:
    if isinstance(body, dict):
        own = [body[key] for key in ("rawSql",) if key in body]
        own += [body["query"]] if body.get("type") == "query" else []
        return own + [text for item in body.values() for text in _queries(item)]
    return [text for item in body for text in _queries(item)] if isinstance(body, list) else []
