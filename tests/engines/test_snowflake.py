"""Snowflake's own client against a stand-in of its service: what is asked, what it answers, and what goes wrong."""

from __future__ import annotations

import gzip
import json
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kpictl import api
from kpictl.diagnostics import Place, Refused
from kpictl.engines import Rejected
from kpictl.engines.snowflake import SnowflakeCatalogue, open_snowflake
from kpictl.model.project import Connection
from kpictl.model.types import TIMESTAMPTZ
from kpictl.plan.compiled import Parameter, Statement
from tests.runner.test_live import project, said

FROM = datetime(2024, 3, 1, 12, tzinfo=UTC)
SQL = "SELECT SUM(amount)\nFROM orders WHERE note LIKE 'a%%' AND at >= CAST(%(from)s AS TIMESTAMP_LTZ) AND gone > 1"
STATEMENT = Statement(
    sql=SQL, parameters=(Parameter(name="from", type=TIMESTAMPTZ),), settings={"TIMEZONE": "UTC", "WEEK_START": "1"}
)
COLUMNS = [
    ("ID", "NUMBER(38,0)"),
    ("AT", "TIMESTAMP_TZ(9)"),
    ("WALL", "TIMESTAMP_NTZ(9)"),
    ("AMOUNT", "NUMBER(12,2)"),
    ("Mixed", "VARCHAR(16777216)"),
    ("PAID", "BOOLEAN"),
    ("SHAPE", "GEOGRAPHY"),
]
LOGIN = {"token": "t", "masterToken": "m", "parameters": [], "sessionId": 1, "sessionInfo": {}, "serverVersion": "9"}


def rows(found: list[tuple[Any, ...]], *names: str) -> dict[str, Any]:
    columns = names or tuple(f"c{n}" for n in range(len(found[0]) if found else 1))
    types = [
        {
            "name": name,
            "type": "text",
            "nullable": True,
            "length": 99,
            "byteLength": 99,
            "precision": None,
            "scale": None,
        }
        for name in columns
    ]
    data = {"rowtype": types, "rowset": found, "total": len(found), "returned": len(found), "queryId": "q"}
    return {"success": True, "data": {**data, "queryResultFormat": "json", "parameters": []}}


def wrong(code: str, state: str, message: str) -> dict[str, Any]:
    return {"success": False, "code": code, "message": message, "data": {"errorCode": code, "sqlState": state}}


class Service:
    """The service on `port` of localhost; `says` is its answer to EXPLAIN: a document, bytes, a status, or None to hang."""

    def __init__(self) -> None:
        self.says: Any = rows([("plan",)])
        self.login: Any = {"success": True, "data": LOGIN}
        self.texts: list[str] = []
        self.logins: list[dict[str, Any]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.answer(self)

            def log_message(self, *of: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        data = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        if request.headers.get("Content-Encoding") == "gzip":
            data = gzip.decompress(data)
        told = self.told(request.path, json.loads(data or b"{}"))
        if told is None:
            time.sleep(5)
            return
        status, body = (
            (told, b"no") if isinstance(told, int) else (200, told if isinstance(told, bytes) else json.dumps(told))
        )
        body = body if isinstance(body, bytes) else body.encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def told(self, path: str, body: dict[str, Any]) -> Any:
        if path.startswith("/session/v1/login-request"):
            self.logins.append(body["data"])
            return self.login
        if not path.startswith("/queries/v1/query-request"):
            return {"success": True, "data": None}
        text = body["sqlText"]
        self.texts.append(text)
        if text.startswith("EXPLAIN"):
            return self.says
        if text.startswith("DESCRIBE TABLE"):
            if "gone" in text:
                return wrong(
                    "002003", "42S02", "SQL compilation error:\nTable 'GONE' does not exist or not authorized."
                )
            return rows(COLUMNS, "name", "type")
        if text.startswith("SHOW"):
            return rows([("2024", "ORDERS", "TABLE"), ("2024", "Mixed", "VIEW")], "created_on", "name", "kind")
        return rows([("9.30.1",)])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


SESSIONS: list[SnowflakeCatalogue] = []


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    yield found
    while SESSIONS:
        SESSIONS.pop().close()
    found.close()


def options(service: Service, **more: object) -> dict[str, object]:
    keys = {"account": "a", "user": "kpi", "password": "s3cr3t", "host": "127.0.0.1", "port": service.port}
    return {**keys, "protocol": "http", "timeout": 3, **more}


def opened(service: Service, **more: object) -> SnowflakeCatalogue:
    connection = Connection(name="sf", type="snowflake", options=options(service, **more), place=Place("profiles.yml"))
    found = open_snowflake(connection, Path())
    SESSIONS.append(found)
    return found


def not_opened(service: Service, **more: object) -> str:
    with pytest.raises(Refused) as caught:
        opened(service, **more)
    (told,) = caught.value.diagnostics
    assert told.code == "KPI901"
    assert "s3cr3t" not in told.message
    return told.message


def refused(engine: SnowflakeCatalogue) -> Refused:
    with pytest.raises(Refused) as caught:
        engine.explain(STATEMENT, {"from": FROM})
    return caught.value


def test_a_statement_is_explained_under_its_settings(service: Service) -> None:
    engine = opened(service, warehouse="w", role="r")
    engine.explain(STATEMENT, {"from": FROM})
    engine.explain(STATEMENT, {"from": FROM})
    assert engine.version() == "Snowflake 9.30.1"
    engine.close()
    explained = (
        "EXPLAIN USING TEXT\nSELECT SUM(amount)\nFROM orders WHERE note LIKE 'a%' "
        "AND at >= CAST('2024-03-01 12:00:00+00:00' AS TIMESTAMP_LTZ) AND gone > 1"
    )
    assert service.texts == [
        "ALTER SESSION SET TIMEZONE = 'UTC' WEEK_START = 1",
        explained,
        explained,
        "SELECT CURRENT_VERSION()",
    ]


def test_what_it_refuses_has_a_place(service: Service) -> None:
    line = SQL.replace("%%", "%").replace("%(from)s", "'2024-03-01 12:00:00+00:00'").split("\n")[1]
    message = f"SQL compilation error: error line 3 at position {line.index('gone')}\ninvalid identifier 'GONE'"
    service.says = wrong("000904", "42000", message)
    engine = opened(service)
    found = refused(engine)
    assert isinstance(found, Rejected)
    assert SQL[found.fault.offset or 0 :] == "gone > 1"
    assert found.diagnostics[0].message == "Snowflake (sf): invalid identifier 'GONE'"
    engine.close()


def test_columns_and_relations(service: Service) -> None:
    engine = opened(service)
    assert [(each.name, str(each.type)) for each in engine.columns("shop.orders")] == [
        ("id", "integer"),
        ("at", "timestamptz"),
        ("wall", "timestamp"),
        ("amount", "numeric(12,2)"),
        ("Mixed", "text"),
        ("paid", "boolean"),
        ("shape", "None"),
    ]
    assert service.texts[-1] == "DESCRIBE TABLE shop.orders"
    assert engine.relations() == ("Mixed", "orders")
    with pytest.raises(Rejected):
        engine.columns("gone")
    engine.close()


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (wrong("000629", "57014", "Statement was canceled"), "canceled"),
        (wrong("390318", "08001", "OAuth access token expired."), "token expired"),
        (b"<html>a proxy</html>", "Snowflake (sf)"),
        (b"[1, 2]", "Snowflake (sf)"),
        (503, "Snowflake (sf)"),
        (None, "Snowflake (sf)"),
    ],
    ids=["cancelled", "token", "html", "list", "503", "hangs"],
)
def test_what_is_no_answer(service: Service, says: Any, words: str) -> None:
    service.says = says
    engine = opened(service, timeout=1)
    began = time.monotonic()
    (told,) = refused(engine).diagnostics
    assert (told.code, words in told.message) == ("KPI907", True), told.message
    assert time.monotonic() - began < 6


def test_logins(service: Service) -> None:
    service.login = wrong("390100", "08001", "Incorrect username or password was specified.")
    assert "Incorrect username" in not_opened(service)
    assert "no `account:`" in not_opened(service, account=None)
    assert "`kpictl" not in not_opened(service, private_key="no key")
    service.login = b"<html>"
    not_opened(service, timeout=1)
    service.login = 500
    not_opened(service, timeout=1)


def test_a_token_logs_in(service: Service) -> None:
    opened(service, password=None, token="eyJ0").close()
    assert (service.logins[-1]["AUTHENTICATOR"], service.logins[-1]["TOKEN"]) == ("OAUTH", "eyJ0")


def test_without_the_driver(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "snowflake.connector", None)
    assert "pip install 'kpictl[snowflake]'" in not_opened(service)


def test_check_live_and_debug(service: Service, tmp_path: Path) -> None:
    service.says = wrong("000904", "42000", "SQL compilation error:\ninvalid identifier 'FEE'")
    files = {"type": "duckdb", "files": "data"}
    there = {"type": "snowflake", **options(service)}
    root = project(tmp_path, "fees: {measure: sum(fee), source: orders, grain: day}\n", {"app": there, "other": files})
    ((found, text),) = said(root)
    assert (found.diagnostic.code, text) == ("KPI908", "fee")
    assert any("Snowflake 9.30.1, 2 tables" in each.answer for each in api.probe(api.load(root)))
