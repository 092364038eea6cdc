"""python-tds against a stand-in that speaks TDS: what is asked, what it answers, and what goes wrong; no pool is asked."""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from kpictl import api
from kpictl.diagnostics import Place, Refused
from kpictl.engines import Rejected
from kpictl.engines.synapse import SynapseCatalogue, open_synapse
from kpictl.model.project import Connection
from kpictl.model.types import TIMESTAMPTZ
from kpictl.plan.compiled import Parameter, Statement
from tests.engines.tds import Answer, Raw, Server, Wrong
from tests.runner.test_live import project, said

FROM = datetime(2024, 3, 1, 12, tzinfo=UTC)
SQL = "SELECT SUM([amount]),\n  N'it''s @from'\nFROM [orders] WHERE [at] >= CAST(@from AS DATETIME2(6))"
STATEMENT = Statement(sql=SQL, parameters=(Parameter(name="from", type=TIMESTAMPTZ),))
COLUMNS = [
    ("id", "bigint", 19, 0),
    ("at", "datetime2", None, None),
    ("sent", "datetimeoffset", None, None),
    ("amount", "decimal", 12, 2),
    ("note", "nvarchar", None, None),
    ("paid", "bit", None, None),
    ("place", "geography", None, None),
]


class Pool:
    """What a pool answers; `says` is its answer to what it is asked to analyse."""

    def __init__(self, edition: int) -> None:
        self.edition = edition
        self.says: Answer = [("plan",)]
        self.described: Answer = []

    def __call__(self, text: str) -> Answer:
        if "EngineEdition" in text:
            return [(self.edition, "dbo")]
        if "INFORMATION_SCHEMA.COLUMNS" in text:
            return COLUMNS if "N'orders'" in text else []
        if "INFORMATION_SCHEMA.TABLES" in text:
            return [("dbo", "orders"), ("apart", "late")]
        return self.described if text.startswith("EXEC sp_describe") else self.says


@pytest.fixture
def pool() -> Pool:
    return Pool(6)


@pytest.fixture
def server(pool: Pool) -> Iterator[Server]:
    found = Server(pool)
    yield found
    found.close()
    for each in SESSIONS:
        each.close()
    SESSIONS.clear()


SESSIONS: list[SynapseCatalogue] = []


def opened(there: Server, /, **options: object) -> SynapseCatalogue:
    keys = {"server": f"127.0.0.1,{there.port}", "database": "", "user": "kpi", "password": "s3cr3t", "encrypt": False}
    options = {**keys, **options}
    connection = Connection(name="sy", type="synapse", options=options, place=Place("profiles.yml"))
    found = open_synapse(connection, Path())
    SESSIONS.append(found)
    return found


def refused(engine: SynapseCatalogue) -> Refused:
    with pytest.raises(Refused) as caught:
        engine.explain(STATEMENT, {"from": FROM})
    return caught.value


def not_opened(there: Server, /, **options: object) -> str:
    with pytest.raises(Refused) as caught:
        opened(there, **options)
    (told,) = caught.value.diagnostics
    assert told.code == "KPI901"
    assert "s3cr3t" not in told.message
    return told.message


def test_a_dedicated_pool_explains(server: Server) -> None:
    engine = opened(server, pool="dedicated")
    engine.explain(STATEMENT, {"from": FROM})
    assert engine.version() == "Synapse, dedicated pool"
    engine.close()
    assert server.batches[-1] == (
        "EXPLAIN\nSELECT SUM([amount]),\n  N'it''s @from'\n"
        "FROM [orders] WHERE [at] >= CAST('2024-03-01T12:00:00.000000' AS DATETIME2(6))"
    )


def test_a_serverless_pool_describes(server: Server, pool: Pool) -> None:
    pool.edition = 11
    engine = opened(server)
    engine.explain(STATEMENT, {"from": FROM})
    assert engine.version() == "Synapse, serverless pool"
    told = server.batches[-1]
    assert told.startswith("EXEC sp_describe_first_result_set @tsql = N'SELECT SUM([amount]),\n  N''it''''s @from''")
    assert told.endswith(", @params = N'@from DATETIME2(6)'")


def test_without_showplan_it_describes(server: Server, pool: Pool) -> None:
    pool.says = Wrong(262, "SHOWPLAN permission denied in database 'd'.", severity=14)
    engine = opened(server)
    engine.explain(STATEMENT, {"from": FROM})
    engine.explain(STATEMENT, {"from": FROM})
    assert [text[:12] for text in server.batches[1:]] == ["EXPLAIN\nSELE", "EXEC sp_desc", "EXEC sp_desc"]


@pytest.mark.parametrize("edition", [6, 11])
def test_what_it_refuses_has_a_place(server: Server, pool: Pool, edition: int) -> None:
    line = 4 if edition == 6 else 3
    told = [
        Wrong(207, "Invalid column name 'at'.", line),
        Wrong(11501, "The batch could not be analyzed because of compile errors.", 1),
    ]
    pool.edition, pool.says, pool.described = edition, told, told
    found = refused(opened(server))
    assert isinstance(found, Rejected)
    assert SQL[found.fault.offset or 0 :].startswith("at] >=")
    assert found.diagnostics[0].message == "Synapse (sy): Invalid column name 'at'."


def test_columns_and_relations(server: Server) -> None:
    engine = opened(server)
    assert [(each.name, str(each.type), each.native, each.physical) for each in engine.columns("orders")] == [
        ("id", "integer", "bigint", None),
        ("at", "timestamp", "datetime2", None),
        ("sent", "timestamptz", "datetimeoffset", "offset"),
        ("amount", "numeric(12,2)", "decimal(12,2)", None),
        ("note", "text", "nvarchar", None),
        ("paid", "boolean", "bit", None),
        ("place", "None", "geography", None),
    ]
    assert engine.relations() == ("apart.late", "orders")
    engine.columns("lake.silver.orders")
    assert "FROM [lake].INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = N'silver'" in server.batches[-1]
    with pytest.raises(Rejected):
        engine.columns("gone")


@pytest.mark.parametrize(
    ("says", "code", "words"),
    [
        (Wrong(40613, "Database is not currently available.", severity=17), "KPI907", "not currently available"),
        (Wrong(596, "The session is in the kill state.", severity=21), "KPI907", "kill state"),
        (Wrong(18456, "Login failed for user 'kpi'."), "KPI901", "Login failed"),
        (Raw(b"\x04\x01\x00"), "KPI907", "Synapse (sy)"),
        (Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "KPI907", "Synapse (sy)"),
        (Raw(b"\x04\x01\x00\x0c\x00\x00\x01\x00\x99\x99\x99\x99"), "KPI907", "Synapse (sy)"),
        (Raw(b""), "KPI907", "closed"),
    ],
    ids=["busy", "killed", "login", "half", "http", "nonsense", "gone"],
)
def test_what_is_no_answer(server: Server, pool: Pool, says: Answer, code: str, words: str) -> None:
    pool.says = says
    engine = opened(server, timeout=2)
    (told,) = refused(engine).diagnostics
    assert (told.code, words in told.message) == (code, True), told.message
    assert refused(engine).diagnostics == [told] or refused(engine).diagnostics == (told,)


def test_one_that_hangs(server: Server, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpictl.engines.synapse._GRACE", 0.2)
    pool.says = None
    engine = opened(server, timeout=0.5)
    began = time.monotonic()
    (told,) = refused(engine).diagnostics
    assert (told.code, time.monotonic() - began < 5) == ("KPI907", True)


def test_logins(server: Server) -> None:
    server.login = Wrong(18456, "Login failed for user 'kpi'.", severity=14)
    assert "Login failed for user" in not_opened(server)
    server.login = Raw(b"SSH-2.0-OpenSSH\r\n")
    not_opened(server)
    assert "no `server:`" in not_opened(server, server=None)
    server.close()
    not_opened(server, connect_timeout=1)


def test_another_pool_or_schema_than_is_said(server: Server, pool: Pool) -> None:
    assert "it is a dedicated pool" in not_opened(server, pool="serverless")
    assert "default schema, which is `dbo`" in not_opened(server, schema="silver")
    pool.edition = 3
    assert "no pool of Synapse" in not_opened(server)


def test_a_token_logs_in(server: Server) -> None:
    opened(server, user=None, password=None, token="eyJ0")
    assert "eyJ0".encode("utf-16-le") in server.logins[-1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    folder = tmp_path_factory.mktemp("tls")
    key, root = folder / "key.pem", folder / "root.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kpictl"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:*.example.com", "-keyout", str(key), "-out", str(root)]
    subprocess.run([*made, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(root, key)
    return root, context


def test_tls(pool: Pool, certificate: tuple[Path, ssl.SSLContext]) -> None:
    root, context = certificate
    server = Server(pool, context)
    try:
        engine = opened(server, encrypt=True, sslrootcert=str(root))
        engine.explain(STATEMENT, {"from": FROM})
        assert len(engine.columns("orders")) == 7
        engine.close()
        there = len(server.logins)
        assert "certificate verify failed" in not_opened(server, encrypt=True)
        wrong = f"localhost,{server.port}"
        assert "host name" in not_opened(server, encrypt=True, sslrootcert=str(root), server=wrong)
        not_opened(server, encrypt=False)  # it takes none in clear
        assert len(server.logins) == there, "the password went to a server that is not trusted"
        opened(server, encrypt=True, server=wrong, trust_server_certificate=True).close()
    finally:
        server.close()


def test_a_server_without_tls_is_not_told_the_password(server: Server) -> None:
    not_opened(server, encrypt=True)
    assert server.logins == []


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("a.example.com", True),
        ("A.Example.com", True),
        ("a.b.example.com", False),
        ("example.com", False),
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        ("aexample.com", False),
    ],
)
def test_names_of_a_certificate(certificate: tuple[Path, ssl.SSLContext], host: str, taken: bool) -> None:
    from OpenSSL.crypto import FILETYPE_PEM, load_certificate

    from kpictl.engines.synapse_driver import _is_of

    assert _is_of(cert=load_certificate(FILETYPE_PEM, certificate[0].read_bytes()), name=host.encode()) is taken


def test_without_the_driver(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytds", None)
    assert "pip install 'kpictl[synapse]'" in not_opened(server)


def test_check_live_debug_and_import(server: Server, pool: Pool, tmp_path: Path) -> None:
    pool.says = Wrong(207, "Invalid column name 'fee'.", 3)
    there = {"type": "synapse", "server": f"127.0.0.1,{server.port}", "user": "kpi", "encrypt": False}
    files = {"type": "duckdb", "files": "data"}
    root = project(tmp_path, "fees: {measure: sum(fee), source: orders, grain: day}\n", {"app": there, "other": files})
    ((found, text),) = said(root)
    assert (found.diagnostic.code, text) == ("KPI908", "fee")
    loaded = api.load(root)
    assert any("Synapse, dedicated pool, 2 tables" in each.answer for each in api.probe(loaded))
    looked = api.import_sources(loaded, "app", ["dbo.orders"])
    assert yaml.safe_load(looked.proposal)["sources"]["dbo_orders"]["columns"]["sent"] == {
        "type": "timestamptz",
        "physical": {"synapse": "offset"},
    }
