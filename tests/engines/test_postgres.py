"""KPIs on a real PostgreSQL: values, limits, faults, and a server that goes away."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql as compose

from kpictl.diagnostics import Place, Refused
from kpictl.engines import Rejected
from kpictl.engines.postgres import PostgresEngine, open_postgres
from kpictl.model.project import Connection
from kpictl.model.sources import Column, History, HistoryKind, Source
from kpictl.model.types import TIMESTAMPTZ
from kpictl.plan.compiled import Parameter, Statement
from tests.dialects.test_sessions import HOSTILE
from tests.engines.proxy import Proxy
from tests.oracles.places import in_ci
from tests.oracles.plugin import Counted
from tests.oracles.postgres_engine import PostgresJudge

FROM, TO = (datetime(2024, 3, day, tzinfo=UTC) for day in (1, 2))
PARAMETERS = (Parameter(name="from", type=TIMESTAMPTZ), Parameter(name="to", type=TIMESTAMPTZ))
TABLES = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE orders (id bigint, at timestamptz, day date, naive timestamp, amount numeric(12, 2), note text, how mood,
  document jsonb, share double precision, many int[]);
INSERT INTO orders VALUES
  (1, '2024-03-01 10:00+01', '2024-03-01', '2024-03-01 10:00', 1.50, 'a', 'good', '{"a": 1.10}', 0.1, '{1,2}'),
  (2, '2024-03-01 23:30Z', '2024-03-31', '2024-03-31 02:30', 'NaN', 'B', 'bad', NULL, 'NaN', NULL),
  (3, 'infinity', 'infinity', '-infinity', 12345678.91, NULL, NULL, '[]', 'infinity', '{}'),
  (4, NULL, NULL, '1850-01-01', NULL, NULL, NULL, NULL, NULL, NULL);
CREATE VIEW late AS SELECT id, day FROM orders;
CREATE SCHEMA other CREATE TABLE apart (x int);
CREATE SEQUENCE numbers;
"""


@pytest.fixture(scope="module")
def uri(judge: Callable[[str], Counted]) -> str:
    """A database with tables, whose sessions are as hostile as its owner can make them."""
    found: str = judge("postgres").database("kpis")
    with psycopg.connect(found, autocommit=True) as admin:
        admin.execute(TABLES)
        for name, value in HOSTILE["postgres"].items():
            admin.execute(compose.SQL("ALTER DATABASE kpis SET {} = {}").format(compose.SQL(name), str(value)))
        admin.execute("ALTER DATABASE kpis SET search_path = public, pg_catalog")
    return found


def opened(uri: str, **options: object) -> PostgresEngine:
    given: Mapping[str, object] = {"uri": uri, **options}
    return open_postgres(Connection(name="pg", type="postgres", options=given, place=Place("profiles.yml")), Path())


@pytest.fixture(scope="module")
def engine(uri: str) -> Iterator[PostgresEngine]:
    found = opened(uri)
    yield found
    found.close()


@pytest.fixture
def proxy(uri: str) -> Iterator[Proxy]:
    found = Proxy(urlsplit(uri).port or 0)
    yield found
    found.close()


def through(proxy: Proxy, uri: str) -> str:
    return uri.replace(f":{urlsplit(uri).port}", f":{proxy.port}")


def one(engine: PostgresEngine, sql: str, **settings: str) -> Any:
    ((value,),) = engine.query(Statement(sql=sql, settings=settings), {}).rows
    return value


def code(caught: pytest.ExceptionInfo[Refused]) -> str:
    (found,) = caught.value.diagnostics
    return found.code


def test_values_are_what_the_store_takes(engine: PostgresEngine) -> None:
    rows = engine.query(Statement(sql="SELECT * FROM orders ORDER BY id"), {})
    assert rows.columns[:3] == ("id", "at", "day")
    first, second, third, _ = (dict(zip(rows.columns, row, strict=True)) for row in rows.rows)
    assert first["at"] == datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert first["day"] == date(2024, 3, 1)
    assert first["naive"] == datetime(2024, 3, 1, 10)
    assert (first["amount"], first["share"], first["many"]) == (Decimal("1.50"), 0.1, [1, 2])
    assert (first["how"], first["document"]) == ("good", '{"a": 1.10}')
    assert second["amount"].is_nan()
    assert second["share"] != second["share"]
    assert (third["at"], third["day"], third["naive"]) == ("infinity", "infinity", "-infinity")


def test_nothing_runs_to_be_explained(engine: PostgresEngine) -> None:
    engine.explain(Statement(sql="SELECT 1 FROM pg_sleep(30) WHERE nextval('numbers') > 0"), {})
    for sql in ("SELECT 1; DROP TABLE orders", "ANALYZE SELECT nextval('numbers')", "(ANALYZE) DELETE FROM orders"):
        with pytest.raises(Refused):
            engine.explain(Statement(sql=sql), {})
    assert one(engine, "SELECT count(*) FROM orders") == 4


def test_hostile_defaults_do_not_matter(engine: PostgresEngine) -> None:
    assert one(engine, "SELECT CAST('2024-07-01 12:00' AS timestamptz)") == datetime(2024, 7, 1, 12, tzinfo=UTC)
    assert one(engine, "SELECT CAST(CAST('2024-02-01' AS date) AS text)") == "2024-02-01"
    assert one(engine, "SELECT CAST(CAST(0.1 AS double precision) AS text)") == "0.1"
    assert one(engine, r"SELECT 'a\nb'") == r"a\nb"
    assert one(engine, "SELECT count(*) FROM orders WHERE note = NULL") == 0
    assert one(engine, "SELECT CAST(CAST('1 day 02:00' AS interval) AS text)") == "1 day 02:00:00"


def test_settings_hold_for_their_statement_alone(engine: PostgresEngine) -> None:
    asked = "SELECT current_setting('extra_float_digits')"
    assert one(engine, asked, extra_float_digits="3") == "3"
    assert one(engine, asked) == "1"


def test_functions_of_other_schemas_stand_in_for_none(uri: str, judge: Callable[[str], Counted]) -> None:
    with psycopg.connect(uri, autocommit=True) as admin:
        admin.execute("CREATE FUNCTION public.upper(text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$")
        admin.execute("SET search_path = public, pg_catalog")
        assert admin.execute("SELECT upper('a'::text)").fetchone() == ("evil",)
    fresh = opened(uri)
    assert one(fresh, "SELECT upper(CAST('a' AS text))") == "A"
    fresh.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nextval('numbers')",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT 1; DROP TABLE orders",
    ],
)
def test_nothing_is_written(engine: PostgresEngine, sql: str) -> None:
    with pytest.raises(Refused) as caught:
        engine.query(Statement(sql=sql), {})
    assert code(caught) == "KPI902"
    assert one(engine, "SELECT count(*) FROM orders") == 4


WRONG = {
    "a column": ("SELECT o.id, '%%' AS x, o.amont FROM orders AS o WHERE o.at >= %(from)s", "o.amont"),
    "behind parameters": (
        "SELECT 1 FROM orders AS o\nWHERE o.at >= %(from)s AND o.at < %(to)s AND o.at > %(from)s AND o.nope = 1",
        "o.nope",
    ),
    "types": ("SELECT 'é%%', sum(o.note) FROM orders AS o", "sum(o.note)"),
    "a table": ("SELECT 1 FROM nothere", "nothere"),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("how", ["query", "explain"])
def test_the_place_of_a_fault(engine: PostgresEngine, what: str, how: str) -> None:
    sql, there = WRONG[what]
    asked = tuple(each for each in PARAMETERS if f"%({each.name})s" in sql)
    with pytest.raises(Rejected) as caught:
        getattr(engine, how)(Statement(sql=sql, parameters=asked), {"from": FROM, "to": TO})
    assert caught.value.fault.offset == sql.index(there)


def test_parameters_are_instants(engine: PostgresEngine) -> None:
    sql = "SELECT count(*) FROM orders AS o WHERE o.at >= %(from)s AND o.at < %(to)s AND 7 %% 2 = 1"
    assert engine.query(Statement(sql=sql, parameters=PARAMETERS), {"from": FROM, "to": TO}).rows == [(2,)]


def test_many_rows_come_in_pieces(engine: PostgresEngine) -> None:
    found = engine.query(Statement(sql="SELECT n FROM generate_series(1, 30000) AS n"), {})
    assert [row[0] for row in found.rows] == list(range(1, 30001))


def test_how_far_a_stored_time_reaches(uri: str) -> None:
    place = Place("a.yml")
    moment = Column(name="id", type=TIMESTAMPTZ, physical=(("postgres", "seconds"),), place=place)
    source = Source(
        name="orders",
        connection=None,
        relation="orders",
        history=History(kind=HistoryKind.CURRENT),
        columns=(moment,),
        place=place,
    )
    found = open_postgres(Connection(name="pg", type="postgres", options={"uri": uri}, place=place), Path(), [source])
    try:
        reach = found.reach("orders", "id", datetime(2024, 4, 1, tzinfo=UTC), "UTC")
    finally:
        found.close()
    assert (reach.first, reach.last) == (
        datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 4, tzinfo=UTC),
    )


def test_how_far_a_source_reaches(engine: PostgresEngine) -> None:
    now = datetime(2024, 4, 1, tzinfo=UTC)
    reach = engine.reach("orders", "at", now, "UTC")
    assert (reach.first, reach.last) == (datetime(2024, 3, 1, 9, tzinfo=UTC), datetime(2024, 3, 1, 23, 30, tzinfo=UTC))
    assert (reach.without_time, reach.absurd) == (1, 1)
    assert engine.reach("orders", "day", now, "UTC").last == date(2024, 3, 31)
    naive = engine.reach("orders", "naive", now, "Europe/Berlin")
    assert (naive.first, naive.absurd) == (datetime(2024, 3, 1, 10), 2)


def test_what_there_is(engine: PostgresEngine) -> None:
    assert engine.relations() == ("late", "orders", "other.apart")
    found = {each.name: (str(each.type), each.native) for each in engine.columns("orders")}
    assert found["amount"] == ("numeric(12,2)", "numeric(12,2)")
    assert found["at"] == ("timestamptz", "timestamp with time zone")
    assert found["how"] == ("text", "mood")
    assert found["many"] == ("integer[]", "integer[]")
    assert [each.name for each in engine.columns("other.apart")] == ["x"]
    with pytest.raises(Rejected, match="nothere"):
        engine.columns("nothere")
    counts = engine.counts("late", ["id", "day"])
    assert counts.distinct == {"id": 4, "day": 3}
    assert engine.version().startswith("PostgreSQL ")


def test_a_schema_is_looked_in(uri: str) -> None:
    found = opened(uri, schema="other")
    assert one(found, "SELECT count(*) FROM apart") == 0
    found.close()


def test_a_search_path_is_looked_in_behind_pg_catalog(uri: str) -> None:
    found = opened(uri, search_path='other, "public", pg_catalog')
    assert one(found, "SELECT count(*) FROM apart") + one(found, "SELECT count(*) FROM orders") == 4
    assert one(found, "SELECT current_setting('search_path')") == '"pg_catalog", "other", "public"'
    found.close()


def test_the_statement_timeout(uri: str) -> None:
    found = opened(uri, statement_timeout=0.3)
    with pytest.raises(Refused, match=r"stopped after 0\.3 s") as caught:
        one(found, "SELECT 1 FROM pg_sleep(30)")
    assert code(caught) == "KPI903"
    assert one(found, "SELECT 1") == 1
    found.close()


def test_a_lock_of_another_session(uri: str) -> None:
    found = opened(uri, lock_timeout=0.2)
    with psycopg.connect(uri) as other:
        other.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Refused, match=r"waited 0\.2 s for a lock") as caught:
            one(found, "SELECT count(*) FROM orders")
        other.rollback()
    assert code(caught) == "KPI903"
    assert one(found, "SELECT count(*) FROM orders") == 4
    found.close()


def test_ctrl_c_ends_a_query_here_and_there(uri: str) -> None:
    found = opened(uri)
    timer = threading.Timer(0.5, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    began = time.monotonic()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            one(found, "SELECT 1 FROM pg_sleep(60)")
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 8
    found.close()
    with psycopg.connect(uri) as admin:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)%'"
        assert admin.execute(f"{asked} AND pid <> pg_backend_pid()").fetchone() == (0,)


@pytest.mark.parametrize("mode", ["cut", "babble"])
def test_a_server_that_goes_away(uri: str, proxy: Proxy, mode: str) -> None:
    found = opened(through(proxy, uri))
    proxy.mode = mode
    with pytest.raises(Refused) as caught:
        one(found, "SELECT count(*) FROM orders")
    assert code(caught) == "KPI907"
    proxy.mode = "pass"
    assert one(found, "SELECT count(*) FROM orders") == 4  # it is there again
    found.close()


def test_a_server_that_hangs(uri: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpictl.engines.postgres._GRACE", 0.5)
    monkeypatch.setattr("kpictl.engines.postgres._CANCEL", 0.5)
    found = opened(through(proxy, uri), statement_timeout=0.5, connect_timeout=1)
    proxy.mode = "hang"
    began = time.monotonic()
    with pytest.raises(Refused, match="no answer within 1 s") as caught:
        one(found, "SELECT count(*) FROM orders")
    assert code(caught) == "KPI907"
    for _ in range(5):  # it is tried once more, not by every KPI
        with pytest.raises(Refused) as caught:
            one(found, "SELECT count(*) FROM orders")
        assert code(caught) == "KPI901"
    assert time.monotonic() - began < 9
    found.close()


@pytest.mark.parametrize("mode", ["cut", "babble", "hang"])
def test_a_server_that_answers_nonsense_at_once(uri: str, proxy: Proxy, mode: str) -> None:
    proxy.mode = mode
    began = time.monotonic()
    with pytest.raises(Refused) as caught:
        opened(through(proxy, uri), connect_timeout=2)
    assert code(caught) == "KPI901"
    assert time.monotonic() - began < 9


SECRET = "s3cr3t-Pa55/word %x"


@pytest.mark.parametrize(
    "options",
    [
        {"host": "127.0.0.1", "port": 1, "password": SECRET},
        {"dsn": f"host=127.0.0.1 port=1 password='{SECRET}'"},
        {"dsn": f"host=127.0.0.1 port=1 password={SECRET}"},
        {"uri": f"postgresql://me:{SECRET}@127.0.0.1:1/x"},
        {"uri": "postgresql://me:s3cr3t-Pa55%2Fword%20%25x@127.0.0.1:1/x"},
        {"host": "127.0.0.1", "port": 1, "password": SECRET, "options": {"no_such_option": "1"}},
    ],
)
def test_no_secret_in_a_message(options: Mapping[str, object]) -> None:
    bound = Connection(name="pg", type="postgres", options=options, place=Place("profiles.yml"))
    with pytest.raises(Refused) as caught:
        open_postgres(bound, Path())
    text = repr(caught.value.diagnostics)
    for part in ("s3cr3t", "Pa55", "word %x"):
        assert part not in text


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server that speaks TLS, and the certificate that proves it."""
    server = PostgresJudge()
    if reason := server.missing():
        (pytest.fail if in_ci() else pytest.skip)(reason)
    server.start()
    try:
        with psycopg.connect(server.uri, autocommit=True) as admin:
            (data,) = admin.execute("SHOW data_directory").fetchone() or ("",)
            key, certificate = Path(data, "server.key"), Path(data, "server.crt")
            made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kpictl"]
            files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
            subprocess.run([*made, *files], check=True, capture_output=True)
            for each in (key, certificate):
                each.chmod(0o600)
                owner = Path(data).stat()
                os.chown(each, owner.st_uid, owner.st_gid)
            admin.execute("ALTER SYSTEM SET ssl = on")
            admin.execute("SELECT pg_reload_conf()")
        copy = tmp_path_factory.mktemp("tls") / "root.crt"
        copy.write_bytes(certificate.read_bytes())
        yield server.uri, copy
    finally:
        server.stop()


def test_tls_is_verified(uri: str, secure: tuple[str, Path]) -> None:
    there, root = secure
    found = opened(there, sslmode="verify-full", sslrootcert=str(root))
    assert one(found, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") is True
    found.close()
    for options, words in (
        ({"sslmode": "verify-full", "sslrootcert": "no-such-file.pem"}, "no-such-file"),
        ({"sslmode": "verify-full", "sslrootcert": str(root), "host": "localhost"}, "does not match|certificate"),
        ({"sslmode": "nonsense"}, "sslmode"),
    ):
        with pytest.raises(Refused, match=words) as caught:
            opened(there, **options)
        assert code(caught) == "KPI901"
    with pytest.raises(Refused, match="SSL") as caught:
        opened(uri, sslmode="require")
