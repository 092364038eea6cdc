"""`check --live`: what engines refuse is told at the author's characters, and one that is gone stops no other."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from kpictl import api
from kpictl.project.locating import Located
from tests.engines.proxy import Proxy
from tests.oracles.judge import Table
from tests.oracles.plugin import Counted

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "live.yml").read_text("utf-8"))
SOURCES = """\
sources:
  orders:
    connection: app
    time: at
    columns: {id: bigint, at: timestamptz, amount: numeric, note: text, fee: numeric, kindd: text}
    dimensions: {kind: lower(kindd)}
  clients: {connection: app, columns: {id: bigint, name: text, region: text}}
  typed: {connection: app, time: at, columns: {at: timestamptz, wrong: numeric}}
  vanished: {connection: app, time: at, columns: {at: timestamptz}}
  elsewhere: {connection: other, time: at, relation: orders, columns: {at: timestamptz, amount: numeric}}
kpis:
"""
TABLES = """
CREATE TABLE orders (id bigint, at timestamptz, amount numeric, note text);
CREATE TABLE clients (id bigint, name text);
CREATE TABLE typed (at timestamptz, wrong text);
"""


@pytest.fixture(scope="module")
def uri(judge: Callable[[str], Counted]) -> str:
    found: str = judge("postgres").database("live")
    with psycopg.connect(found, autocommit=True) as admin:
        admin.execute(TABLES)
    return found


def project(root: Path, kpis: str, connections: dict[str, Any]) -> Path:
    (root / "kpis").mkdir()
    (root / "data").mkdir()
    (root / "data/orders.csv").write_text("id,at,amount,note\n1,2024-01-01 00:00:00+00,1.5,a\n")
    (root / "data/clients.csv").write_text("id,name\n1,a\n")
    (root / "data/typed.csv").write_text("at,wrong\n2024-01-01 00:00:00+00,a\n")
    (root / "kpis/k.yml").write_text(SOURCES + textwrap.indent(kpis, "  "))
    output = {"store": {"type": "duckdb", "path": "s.duckdb"}, "connections": connections}
    (root / "profiles.yml").write_text(yaml.safe_dump({root.name: {"target": "dev", "outputs": {"dev": output}}}))
    (root / "kpi_project.yml").write_text(f"name: {root.name}\n")
    return root


def said(root: Path) -> list[tuple[Located, str]]:
    """Each finding of the engines, and the text at its place."""
    loaded = api.load(root)
    checked = api.check(loaded)
    assert [each for each in checked.diagnostics if each.is_error] == []
    found = []
    for each in api.locate(api.live(loaded, checked), root):
        span = each.span
        assert span is not None
        line = (root / span.path).read_text().splitlines()[span.line - 1]
        found.append((each, line[span.column - 1 : span.end_column - 1]))
    return found


FILES = {"type": "duckdb", "files": "data"}


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_cases(case: dict[str, Any], engine: str, tmp_path: Path, uri: str) -> None:
    app = FILES if engine == "duckdb" else {"type": "postgres", "uri": uri}
    found = said(project(tmp_path, case["kpis"], {"app": app, "other": FILES}))
    shown = {(each.diagnostic.code, there) for each, there in found}
    assert shown == {(wanted["code"], wanted["there"]) for wanted in case["says"]}
    for (each, _), wanted in zip(found, case["says"], strict=False):
        assert wanted["message"] in each.diagnostic.message
        assert wanted.get("help", "") in " ".join(each.diagnostic.help)
        assert re.search(wanted.get("note", ""), " ".join(each.diagnostic.notes))


KPIS = """\
here: {measure: sum(fee), source: orders, grain: day}
there: {measure: sum(amount), source: elsewhere, grain: day}
also: {measure: count(*), source: elsewhere, grain: day}
"""


def test_a_column_that_one_target_lacks(tmp_path: Path, uri: str) -> None:
    """The same definition is sound on one output's connection and not on the other's."""
    root = project(tmp_path, KPIS, {"app": FILES, "other": {"type": "postgres", "uri": uri}})
    ((found, there),) = said(root)
    assert there == "fee"
    assert found.diagnostic.message == "connection `app` has no column `fee` in `orders`"
    assert [label.text for label in found.diagnostic.others] == ["declared here"]


@pytest.mark.parametrize("mode", ["cut", "babble", "hang"])
def test_an_engine_that_is_gone_stops_no_other(mode: str, tmp_path: Path, uri: str) -> None:
    proxy = Proxy(urlsplit(uri).port or 0)
    proxy.mode = mode
    lost = {"type": "postgres", "uri": uri.replace(f":{urlsplit(uri).port}", f":{proxy.port}"), "connect_timeout": 2}
    began = time.monotonic()
    try:
        found = said(project(tmp_path, KPIS, {"other": lost, "app": FILES}))
    finally:
        proxy.close()
    assert time.monotonic() - began < 10
    assert {(each.diagnostic.code, there) for each, there in found} == {("KPI908", "fee"), ("KPI901", "other")}
    (gone,) = (each.diagnostic for each, _ in found if each.diagnostic.code == "KPI901")
    assert gone.notes[-1] == "2 queries of this connection could not be asked about"


def test_an_engine_that_hangs_meanwhile(tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Proxy(urlsplit(uri).port or 0)
    monkeypatch.setattr("kpictl.engines.postgres._GRACE", 0.5)
    monkeypatch.setattr("kpictl.engines.postgres._CANCEL", 0.5)
    from kpictl.runner import live

    real = live.open_catalogue

    def opened(project: Any, connection: Any) -> Any:
        engine = real(project, connection)
        if connection.name == "other":
            proxy.mode = "hang"
        return engine

    monkeypatch.setattr(live, "open_catalogue", opened)
    address = uri.replace(f":{urlsplit(uri).port}", f":{proxy.port}")
    lost = {"type": "postgres", "uri": address, "connect_timeout": 2, "statement_timeout": 0.5}
    try:
        found = said(project(tmp_path, KPIS, {"other": lost, "app": FILES}))
    finally:
        proxy.close()
    assert {each.diagnostic.code for each, _ in found} == {"KPI907", "KPI908"}


def test_a_type_that_is_no_target_is_refused_when_compiled(tmp_path: Path) -> None:
    loaded = api.load(project(tmp_path, KPIS, {"app": FILES, "other": {"type": "mongodb"}}))
    refused = {each.code for node in api.compile(loaded, dialects=()) for each in node.diagnostics}
    assert refused == {"KPI505"}


def test_analyses_are_asked_about(tmp_path: Path) -> None:
    root = project(tmp_path, KPIS.replace("fee", "amount"), {"app": FILES, "other": FILES})
    (root / "analyses").mkdir()
    (root / "analyses/fees.sql").write_text("SELECT id,\n  fee * 2 AS twice\nFROM orders")
    ((found, there),) = said(root)
    assert (found.diagnostic.code, there, found.span and found.span.line) == ("KPI908", "fee", 2)


def test_druid_is_asked_in_its_own_words(judge: Callable[[str], Counted], tmp_path: Path) -> None:
    rows = [(1, datetime(2024, 3, 1, tzinfo=UTC), date(2024, 3, 1), 1.5)]
    columns = {"id": "bigint", "at": "timestamptz", "day": "date", "amount": "double"}
    druid = judge("druid")
    druid.load({"orders_of_live": Table(columns=columns, rows=rows, time="at")})
    kpis = """\
fine: {measure: sum(amount) filter (where day > '2024-01-01'), source: stored, grain: day}
fees: {measure: sum(fee), source: stored, grain: day}
"""
    declared = ", ".join(f"{name}: {kind}" for name, kind in {**columns, "fee": "double"}.items())
    source = f"{{connection: app, time: at, relation: orders_of_live, columns: {{{declared}}}}}"
    root = project(tmp_path, kpis, {"app": {"type": "druid", "url": druid.services.broker}, "other": FILES})
    text = (root / "kpis/k.yml").read_text().replace("kpis:\n", f"  stored: {source}\nkpis:\n")
    (root / "kpis/k.yml").write_text(text)
    ((found, there),) = said(root)
    assert (found.diagnostic.code, there) == ("KPI908", "fee")
    assert found.diagnostic.help == ("it has `__time`, `id`, `day`, `amount`",)


def test_a_connection_to_timescale_is_asked_as_postgres_is(judge: Callable[[str], Counted], tmp_path: Path) -> None:
    """The stand-in for TimescaleDB serves one connection at a time; what it is asked is what PostgreSQL is asked."""
    uri = judge("postgres").database("hyper")
    with psycopg.connect(uri, autocommit=True) as admin:
        admin.execute(TABLES)
    kpis = "fees: {measure: sum(fee), source: orders, grain: day}\n"
    ((found, there),) = said(project(tmp_path, kpis, {"app": {"type": "timescale", "uri": uri}, "other": FILES}))
    assert (found.diagnostic.code, there) == ("KPI908", "fee")
