"""KPIs on a real Druid: values, limits, faults; and servers that go away, hang or answer nonsense."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from kpictl.diagnostics import Place, Refused
from kpictl.engines import Rejected, druid_http
from kpictl.engines.druid import DruidEngine, open_druid
from kpictl.model.project import Connection
from kpictl.model.sources import Column, History, HistoryKind, Source
from kpictl.model.types import DATE, TIMESTAMP, TIMESTAMPTZ
from kpictl.plan.compiled import Parameter, Statement
from tests.engines.canned import Canned, reply
from tests.engines.proxy import Proxy
from tests.oracles.druid_http import call as druid_call
from tests.oracles.judge import Table
from tests.oracles.plugin import Counted

FROM, TO = (datetime(2024, 3, day, tzinfo=UTC) for day in (1, 2))
PARAMETERS = (Parameter(name="from", type=TIMESTAMPTZ), Parameter(name="to", type=TIMESTAMPTZ))
HERE = Place("profiles.yml")
VISITS = Table(
    columns={
        "id": "bigint", "at": "timestamptz", "day": "date", "naive": "timestamp", "amount": "double", "note": "text",
        "document": "jsonb",
    },
    rows=[
        (1, datetime(2024, 3, 1, 9, tzinfo=UTC), date(2024, 3, 1), datetime(2024, 3, 1, 10), 1.5, "a", {"a": 1}),
        (2, datetime(2024, 3, 1, 23, 30, tzinfo=UTC), date(2024, 3, 31), datetime(2024, 3, 31, 2, 30), None, "Ü", None),
        (3, datetime(1850, 1, 1, tzinfo=UTC), None, None, 2.5, None, {"a": 2}),
    ],
    time="at",
)  # fmt: skip
SOURCE = Source(
    name="visits",
    connection=None,
    relation="visits_of_kpictl",
    time="at",
    history=History(kind=HistoryKind.APPEND),
    columns=tuple(
        Column(name=name, type=type, place=HERE)
        for name, type in {"at": TIMESTAMPTZ, "day": DATE, "naive": TIMESTAMP}.items()
    ),
    place=HERE,
)
T = '"visits_of_kpictl"'


@pytest.fixture(scope="module")
def url(judge: Callable[[str], Counted]) -> str:
    druid = judge("druid")
    druid.load({"visits_of_kpictl": VISITS})
    found: str = druid.services.broker
    return found


def opened(url: str, root: Path = Path(), **options: object) -> DruidEngine:
    bound = Connection(name="app", type="druid", options={"url": url, **options}, place=HERE)
    return open_druid(bound, root, (SOURCE,))


@pytest.fixture(scope="module")
def engine(url: str) -> DruidEngine:
    return opened(url)


@pytest.fixture
def proxy(url: str) -> Iterator[Proxy]:
    found = Proxy(urlsplit(url).port or 0)
    yield found
    found.close()


def one(engine: DruidEngine, sql: str) -> Any:
    ((value,),) = engine.query(Statement(sql=sql), {}).rows
    return value


def code(caught: pytest.ExceptionInfo[Refused]) -> str:
    (found,) = caught.value.diagnostics
    return found.code


def test_values_are_what_the_store_takes(engine: DruidEngine) -> None:
    sql = (
        f'SELECT "id", "__time", CAST("__time" AS DATE) AS d, "amount", "note", "document", "id" = 1 AS is_one FROM {T}'
    )
    rows = engine.query(Statement(sql=sql), {})
    assert rows.columns == ("id", "__time", "d", "amount", "note", "document", "is_one")
    by_id = {row[0]: row[1:] for row in rows.rows}
    assert by_id[1] == (datetime(2024, 3, 1, 9, tzinfo=UTC), date(2024, 3, 1), 1.5, "a", '{"a":1}', True)
    assert by_id[2][2:5] == (None, "Ü", None)
    assert one(engine, f'SELECT SUM("amount" / ("id" - 3)) FROM {T}') == float("inf")


def test_parameters_and_settings_are_sent(engine: DruidEngine) -> None:
    sql = f'SELECT COUNT(*) FROM {T} WHERE "__time" >= CAST(? AS TIMESTAMP) AND "__time" < CAST(? AS TIMESTAMP)'
    assert engine.query(Statement(sql=sql, parameters=PARAMETERS), {"from": FROM, "to": TO}).rows == [(2,)]
    asked = f"SELECT MAX(TIME_FLOOR(\"__time\", 'P1D')) FROM {T}"
    moved = engine.query(Statement(sql=asked, settings={"sqlTimeZone": "America/New_York"}), {}).rows[0][0]
    assert moved == datetime(2024, 3, 1, 5, tzinfo=UTC)


def test_how_far_a_source_reaches(engine: DruidEngine) -> None:
    now = datetime(2024, 4, 1, tzinfo=UTC)
    reach = engine.reach("visits_of_kpictl", "at", now, "UTC")
    assert (reach.first, reach.last) == (datetime(2024, 3, 1, 9, tzinfo=UTC), datetime(2024, 3, 1, 23, 30, tzinfo=UTC))
    assert (reach.without_time, reach.absurd) == (0, 1)
    day = engine.reach("visits_of_kpictl", "day", now, "UTC")
    assert (day.first, day.last, day.without_time) == (date(2024, 3, 1), date(2024, 3, 31), 1)
    naive = engine.reach("visits_of_kpictl", "naive", datetime(2024, 3, 31, 0, 20, tzinfo=UTC), "Europe/Berlin")
    assert (naive.first, naive.last) == (datetime(2024, 3, 1, 10), datetime(2024, 3, 1, 10))


def test_what_there_is(engine: DruidEngine) -> None:
    assert "visits_of_kpictl" in engine.relations()
    found = {each.name: (str(each.type), each.native) for each in engine.columns("visits_of_kpictl")}
    assert found["__time"] == ("timestamptz", "TIMESTAMP")
    assert found["day"] == ("integer", "BIGINT")
    assert found["document"] == ("json", "COMPLEX<json>")
    with pytest.raises(Rejected, match="no table `nothere`"):
        engine.columns("nothere")
    counts = engine.counts("visits_of_kpictl", ["note", "at", "document"])
    assert (counts.rows, counts.distinct["note"], counts.distinct["at"]) == (3, 2, 3)
    assert engine.version().startswith("Druid 3")


WRONG = {
    "a column": (f'SELECT 1 AS x,\n  "amont" FROM {T}', '"amont"'),
    "a table": ('SELECT 1 FROM "nothere"', '"nothere"'),
    "syntax": (f"SELECT 1 FROM {T}\nWHERE 1 = = 2", "= = 2"),
    "a function": (f'SELECT "id", NOPE("id") FROM {T}', 'NOPE("id")'),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("how", ["query", "explain"])
def test_the_place_of_a_fault(engine: DruidEngine, what: str, how: str) -> None:
    sql, there = WRONG[what]
    with pytest.raises(Rejected) as caught:
        getattr(engine, how)(Statement(sql=sql), {})
    assert code(caught) == "KPI902"
    assert caught.value.fault.offset == sql.index(there)


def test_nothing_runs_to_be_explained(engine: DruidEngine) -> None:
    sql = f'SELECT 1 / ("id" - "id") FROM {T} WHERE "__time" >= CAST(? AS TIMESTAMP)'
    engine.explain(Statement(sql=sql, parameters=PARAMETERS[:1]), {"from": FROM})
    with pytest.raises(Refused, match="/ by zero"):
        engine.query(Statement(sql=sql, parameters=PARAMETERS[:1]), {"from": FROM})


def test_only_a_select_is_run(engine: DruidEngine) -> None:
    for sql in (f"DELETE FROM {T}", f"INSERT INTO {T} SELECT * FROM {T} PARTITIONED BY ALL", "SELECT 1; SELECT 2"):
        with pytest.raises(Refused) as caught:
            engine.query(Statement(sql=sql), {})
        assert code(caught) == "KPI902"


def test_the_timeout_of_druid(url: str) -> None:
    found = opened(url, timeout=0.001)
    with pytest.raises(Refused) as caught:
        one(found, f'SELECT COUNT(DISTINCT a."note") FROM {T} AS a JOIN {T} AS b ON a."id" = b."id"')
    assert code(caught) == "KPI903"


@pytest.mark.parametrize("mode", ["cut", "babble"])
def test_a_server_that_goes_away(proxy: Proxy, mode: str) -> None:
    found = opened(f"http://127.0.0.1:{proxy.port}")
    proxy.mode = mode
    with pytest.raises(Refused) as caught:
        one(found, f"SELECT COUNT(*) FROM {T}")
    assert code(caught) == "KPI907"
    proxy.mode = "pass"
    assert one(found, f"SELECT COUNT(*) FROM {T}") == 3  # it is there again


def test_a_server_that_hangs(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_GRACE", "_CANCEL", "_PATIENCE"):
        monkeypatch.setattr(f"kpictl.engines.druid.{name}", 0.5)
    found = opened(f"http://127.0.0.1:{proxy.port}", timeout=0.5, connect_timeout=0.5)
    proxy.mode = "hang"
    began = time.monotonic()
    with pytest.raises(Refused, match="no answer within 1 s") as caught:
        one(found, "SELECT 1")
    assert code(caught) == "KPI907"
    for _ in range(5):  # it is tried once more, not by every KPI
        with pytest.raises(Refused) as caught:
            one(found, "SELECT 1")
        assert code(caught) == "KPI901"
    assert time.monotonic() - began < 9


STATUS = reply('{"version": "33.0.0", "modules": []}')
HALF = '["x"]\n["LONG"]\n["BIGINT"]\n[1]\n'
NONSENSE = {
    "html": (reply("<html>oops</html>", kind="text/html"), "KPI907", "text/html: <html>oops"),
    "a gateway": (reply("<h1>Bad</h1>", status="502 Bad Gateway", kind="text/html"), "KPI907", "502 Bad Gateway"),
    "nothing": (reply(""), "KPI907", "status 200"),
    "other json": (reply('{"ok": true}'), "KPI907", "status 200"),
    "half a body": (reply(HALF), "KPI907", "ended half way"),
    "less than it says": (reply(HALF + "\n").replace(b"Length: ", b"Length: 9"), "KPI907", "ended half way"),
    "half a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + HALF.encode(), "KPI907", "half way"),
    "narrow rows": (reply(HALF.replace("[1]", "[]") + "\n"), "KPI907", "wide"),
    "wrong values": (reply('["x"]\n["LONG"]\n["TIMESTAMP"]\n["soon"]\n\n'), "KPI907", "types"),
    "no http": (b"SSH-2.0-OpenSSH_9\r\n", "KPI907", "no HTTP"),
    "no status": (b"HTTP/1.1 banana\r\n\r\n", "KPI907", "no HTTP"),
    "a long header": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "KPI907", ""),
    "elsewhere": (reply("", status="302 Found", more="Location: http://127.0.0.1:1/\r\n"), "KPI907", "302 Found"),
    "a fault": (reply('{"error": "Unknown exception", "errorMessage": "boom"}', status="500 No"), "KPI902", "boom"),
    "no login": (reply('{"error": "Unauthorized"}', status="401 No"), "KPI901", "password"),
    "forbidden": (reply('{"error": "Forbidden", "errorMessage": "no READ"}', status="403 No"), "KPI902", "no READ"),
    "too late": (reply('{"error": "Query timeout"}', status="504 No"), "KPI903", "stopped after 2 s"),
    "too busy": (reply('{"error": "Query capacity exceeded"}', status="429 No"), "KPI907", "capacity"),
}  # fmt: skip


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense(what: str) -> None:
    body, expected, words = NONSENSE[what]
    server = Canned({"GET /status": STATUS, "POST": body})
    try:
        found = opened(f"http://127.0.0.1:{server.port}", timeout=2, connect_timeout=2)
        began = time.monotonic()
        with pytest.raises(Refused) as caught:
            one(found, "SELECT 1")
        assert (code(caught), time.monotonic() - began < 8) == (expected, True)
        assert words in caught.value.diagnostics[0].message
    finally:
        server.close()


def test_an_answer_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(druid_http, "LARGEST_ANSWER", 1000)
    server = Canned({"GET /status": STATUS, "POST": reply(HALF + "[1]\n" * 10_000 + "\n")})
    with pytest.raises(Refused, match="stopped: an answer of more than") as caught:
        one(opened(f"http://127.0.0.1:{server.port}"), "SELECT 1")
    assert code(caught) == "KPI903"
    server.close()


def test_one_byte_at_a_time_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_GRACE", "_CANCEL", "_PATIENCE"):
        monkeypatch.setattr(f"kpictl.engines.druid.{name}", 0.3)
    server = Canned({"GET /status": STATUS, "POST": reply(HALF * 1000)})
    found = opened(f"http://127.0.0.1:{server.port}", timeout=0.5)
    server.slow = 0.2
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        one(found, "SELECT 1")
    assert (code(caught), time.monotonic() - began < 5) == ("KPI907", True)
    assert any(each.startswith("DELETE /druid/v2/sql/kpictl-") for each in server.asked)
    server.close()


def test_ctrl_c_cancels_there() -> None:
    server = Canned({"GET /status": STATUS, "POST": None, "DELETE": reply("", status="202 Accepted")})
    found = opened(f"http://127.0.0.1:{server.port}")
    timer = threading.Timer(0.5, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            one(found, "SELECT 1")
    finally:
        signal.signal(signal.SIGINT, before)
    asked = next(each for each in server.asked if each.startswith("POST"))
    (canceled,) = [each.split()[1] for each in server.asked if each.startswith("DELETE")]
    assert canceled.rpartition("/")[2] in asked
    server.close()


OPENS = {
    "no druid": (reply("<html>", kind="text/html"), {}, "no Druid"),
    "redirect": (reply("", status="301 Moved", more="Location: http://127.0.0.1:1/\r\n"), {}, "sends elsewhere"),
    "no login": (reply("{}", status="401 Unauthorized"), {}, "no such user"),
    "no version": (reply("{}", status="403 Forbidden"), {}, "`version:`"),
    "old": (reply('{"version": "27.0.0"}'), {}, "Druid 27.0.0"),
    "said to be old": (reply("{}", status="403 Forbidden"), {"version": "31.0.2"}, "Druid 31.0.2"),
    "context": (STATUS, {"context": {"sqlOuterLimit": 10}}, "`sqlOuterLimit`"),
    "headers": (STATUS, {"headers": {"X": "a\r\nB: c"}}, "header"),
    "certificate": (STATUS, {"url": "https://127.0.0.1:1", "sslrootcert": "nothere.pem"}, "sslrootcert"),
    "address": (STATUS, {"url": "druid-router:8888"}, "no address"),
    "nobody": (STATUS, {"url": "http://127.0.0.1:1"}, "refused"),
}


@pytest.mark.parametrize("what", OPENS)
def test_what_cannot_be_opened(what: str) -> None:
    body, options, words = OPENS[what]
    server = Canned({"GET /status": body})
    here = f"http://127.0.0.1:{server.port}"
    given = {"url": here, **options}
    try:
        with pytest.raises(Refused, match=words) as caught:
            opened(connect_timeout=2, **given)  # type: ignore[arg-type]
        assert code(caught) == "KPI901"
    finally:
        server.close()


def test_who_asks() -> None:
    server = Canned({"GET": STATUS})
    here = f"127.0.0.1:{server.port}"
    opened(f"http://{here}/base/", user="me", password="pass:ü")
    opened(f"http://me:p%40ss@{here}", headers={"X-Tenant": "7"})
    opened(f"http://{here}", token="t0ken")
    first, second, third = server.asked
    assert first.startswith("GET /base/status HTTP/1.1\r\n")
    assert "Authorization: Basic bWU6cGFzczrDvA==" in first
    assert "Authorization: Basic bWU6cEBzcw==" in second
    assert "X-Tenant: 7" in second
    assert "Authorization: Bearer t0ken" in third
    server.close()


SECRET = "s3cr3t-Pa55/word %x"


@pytest.mark.parametrize(
    "options",
    [
        {"user": "me", "password": SECRET},
        {"token": SECRET},
        {"url": f"http://me:{SECRET}@127.0.0.1:1/x"},
        {"url": f"https://me:{SECRET}@127.0.0.1/?a#b"},
        {"url": "http://me:s3cr3t-Pa55%2Fword%20%25x@127.0.0.1:1/x"},
        {"headers": {"X-Key": SECRET + "\n"}},
    ],
)
def test_no_secret_in_a_message(options: dict[str, object]) -> None:
    with pytest.raises(Refused) as caught:
        opened(**{"url": "http://127.0.0.1:1", **options})  # type: ignore[arg-type]
    text = repr(caught.value.diagnostics)
    for part in ("s3cr3t", "Pa55", "word %x"):
        assert part not in text


def test_an_answer_that_quotes_the_secret() -> None:
    body = reply(f'{{"error": "x", "errorMessage": "who is {SECRET}?"}}', status="500 No")
    server = Canned({"GET": STATUS, "POST": body})
    with pytest.raises(Rejected) as caught:
        one(opened(f"http://127.0.0.1:{server.port}", token=SECRET), "SELECT 1")
    assert "s3cr3t" not in repr(caught.value.diagnostics) + caught.value.fault.message
    server.close()


def test_tls_is_verified(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "root.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kpictl"]
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Canned({"GET": STATUS, "POST": reply('["x"]\n["LONG"]\n["BIGINT"]\n[7]\n\n')}, context)
    here = f"https://127.0.0.1:{server.port}"
    assert one(opened(here, tmp_path, sslrootcert="root.pem"), "SELECT 7") == 7
    assert one(opened(here, verify=False), "SELECT 7") == 7
    for options in ({}, {"sslrootcert": "root.pem", "url": here.replace("127.0.0.1", "localhost")}):
        with pytest.raises(Refused, match="certificate is not trusted") as caught:
            opened(**{"url": here, "root": tmp_path, **options})
        assert code(caught) == "KPI901"
    server.close()


@pytest.mark.parametrize("key", ["sqlOuterLimit", "skipEmptyBuckets"])
def test_a_default_that_changes_answers_is_refused(key: str) -> None:
    plan = json.dumps([{"query": {"queryType": "scan", "context": {key: "3", "sqlTimeZone": "UTC"}}}])
    server = Canned({"GET": STATUS, "POST": reply(f'["PLAN"]\n["STRING"]\n["VARCHAR"]\n{json.dumps([plan])}\n\n')})
    try:
        with pytest.raises(Refused, match=f"default.context.{key}") as caught:
            one(opened(f"http://127.0.0.1:{server.port}"), "SELECT 1")
        assert code(caught) == "KPI901"
        assert "EXPLAIN" in server.asked[-1]
    finally:
        server.close()


def test_the_defaults_of_the_cluster_change_nothing(engine: DruidEngine, url: str) -> None:
    """The test's own broker has hostile ones: `tests/oracles/druid_services.py`."""
    body = {"query": "EXPLAIN PLAN FOR SELECT 1 AS x", "context": {"plannerStrategy": "COUPLED"}}
    assert "America/Havana" in json.dumps(druid_call(f"{url}/druid/v2/sql", body))
    assert (
        one(engine, "SELECT TIME_FORMAT(TIMESTAMP '2026-01-01 00:00:00', 'yyyy-MM-dd HH:mm z')")
        == "2026-01-01 00:00 UTC"
    )
    assert (
        one(engine, f'SELECT SUM(n) FROM (SELECT ROW_NUMBER() OVER (ORDER BY "id") AS n FROM {T} WHERE "id" > 0)') == 6
    )
