"""A store on a server: several writers, one that is killed, a connection that is cut, a user without rights."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kpictl.diagnostics import Refused
from kpictl.stores import Wish, Written
from kpictl.stores.checking import check
from kpictl.stores.migrations import ddl
from tests.engines.proxy import Proxy
from tests.stores.kills import write_project
from tests.stores.made import LATER, batch, day, numbers, values
from tests.stores.places import OnServer

_HOLD = """
import sys, time
from tests.stores.places import store_at
with store_at(sys.argv[1]).writing():
    print("held", flush=True)
    time.sleep(60)
"""


def _code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.diagnostics[0].code


def test_who_holds_a_store_is_said_and_one_that_was_killed_holds_nothing(postgres: OnServer) -> None:
    made = postgres.store(patience=0.5)
    made.write([batch("a", values([1]))], "r1", LATER)
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, postgres.uri], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Refused) as refused:
            made.write([batch("a", values([2]))], "r2", LATER)
        assert _code(refused) == "KPI910"
        assert f"process {holder.pid} on " in refused.value.diagnostics[0].message
        assert numbers(made, "a") == [1], "who reads waits for nobody"
    finally:
        holder.kill()
        holder.communicate()
    patient = postgres.store(patience=20)
    assert patient.write([batch("a", values([2]))], "r2", day(99)) == {"a": Written(1, 1)}


def test_writers_at_once_wait_for_each_other(postgres: OnServer) -> None:
    failed: list[object] = []

    def write(n: int) -> None:
        try:
            each = postgres.store(patience=60)
            each.write([batch("a", values([1, 2, 3])), batch(f"own_{n}", values([n]))], f"r{n}", LATER)
        except Refused as refused:
            failed.append(refused)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    made = postgres.store()
    assert not failed
    assert numbers(made, "a") == [1, 2, 3]
    assert [numbers(made, f"own_{n}") for n in range(8)] == [[n] for n in range(8)]
    assert check(made) == ()
    assert postgres.rows("kpi_metrics_history") == []


def test_eight_runs_at_once_make_the_series_of_one(postgres: OnServer, tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", f'{{type: postgres, dsn: "{postgres.uri}"}}')
    command = [sys.executable, "-m", "kpictl", "run", "--quiet"]
    running = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    ends = [process.communicate(timeout=500)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 8, ends
    series = "SELECT kpi_name, time, dimensions_key, kpi_value, status FROM kpi_metrics"
    with postgres.session() as session:
        found = sorted(session.execute(series).fetchall(), key=repr)
        assert session.execute("SELECT count(*) FROM kpi_metrics_history").fetchone() == (0,)
        session.execute("DROP SCHEMA public CASCADE")
        session.execute("CREATE SCHEMA public")
        subprocess.run(command, cwd=root, check=True)
        assert sorted(session.execute(series).fetchall(), key=repr) == found
    assert len(found) > 18_000


def test_a_connection_that_is_cut_in_a_batch_leaves_nothing_of_it(postgres: OnServer) -> None:
    parts = urlsplit(postgres.uri)
    assert parts.port is not None
    postgres.store().write([batch("a", values([1, 2]))], "r1", LATER)
    before = postgres.dump()
    large = values([float(n) for n in range(30_000)])
    for after in (0.0, 0.05, 0.2):
        proxy = Proxy(parts.port)
        made = postgres.through(postgres.uri.replace(str(parts.port), str(proxy.port)))
        assert numbers(made, "a") == [1, 2]
        timer = threading.Timer(after, lambda proxy=proxy: setattr(proxy, "mode", "cut"))  # type: ignore[misc]
        timer.start()
        try:
            with pytest.raises(Refused) as refused:
                made.write([batch("b", large)], "r2", LATER)
            assert _code(refused) == "KPI917"
            assert "run" in refused.value.diagnostics[0].help[0] or "still due" in refused.value.diagnostics[0].help[0]
            assert postgres.dump() == before
        finally:
            timer.join()
            proxy.close()
            made.close()
    assert postgres.store().write([batch("b", values([3]))], "r3", LATER) == {"b": Written(1)}


def test_a_session_that_the_server_ended_is_opened_again(postgres: OnServer) -> None:
    made = postgres.store()
    made.write([batch("a", values([1]))], "r1", LATER)
    with postgres.session() as session:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'kpictl process%'"
        session.execute(end)
    time.sleep(0.2)
    assert made.write([batch("a", values([2]))], "r2", day(99)) == {"a": Written(1, 1)}
    assert numbers(made, "a") == [2]


def test_a_server_that_is_not_there_is_said(postgres: OnServer) -> None:
    made = postgres.through("postgresql://kpi:secret@127.0.0.1:1/none")
    with pytest.raises(Refused) as refused:
        made.state()
    assert _code(refused) == "KPI917"


def test_who_may_not_create_is_told_of_the_script(postgres: OnServer) -> None:
    name = f"clerk_{urlsplit(postgres.uri).path[1:]}"
    postgres.change(f"CREATE ROLE {name} LOGIN", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    made = postgres.through(postgres.uri.replace("postgres@", f"{name}@"))
    with pytest.raises(Refused) as refused:
        made.write([batch("a", values([1]))], "r1", LATER)
    assert _code(refused) == "KPI914"
    assert "kpictl emit ddl" in refused.value.diagnostics[0].help[0]
    with postgres.session() as session:
        session.execute(ddl("postgres").encode())
        session.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}".encode())
    assert made.write([batch("a", values([1]))], "r1", LATER) == {"a": Written(1)}
    assert numbers(made, "a") == [1]
    with pytest.raises(Refused) as refused:
        made.write([batch("a" * 101, values([1]))], "r2", LATER)
    assert _code(refused) == "KPI921"
    assert "too long" in refused.value.diagnostics[0].message
    made.close()


def test_a_schema_of_its_own(postgres: OnServer) -> None:
    made = postgres.through(schema='kpi "x"')
    assert made.state().done == {}
    made.write([batch("a", values([1]))], "r1", LATER)
    assert numbers(made, "a") == [1]
    assert numbers(postgres.through(), "a") == [], "another schema is another store"
    with postgres.session() as session:
        found = session.execute('SELECT count(*) FROM "kpi ""x""".kpi_metrics').fetchone()
    assert found == (1,)


def test_a_dimension_that_a_server_cannot_keep_is_refused_whole(postgres: OnServer) -> None:
    made = postgres.store()
    new = values([1.0])
    new.dimensions[0], new.keys[0] = '{"country":"a\\u0000b"}', "k"
    with pytest.raises(Refused) as refused:
        made.write([batch("a", new)], "r1", LATER)
    assert _code(refused) == "KPI921"
    assert "NUL" in refused.value.diagnostics[0].message
    assert made.values(Wish(kpis={"a": None}, dimensions=None)) == []


def test_one_scheduler_for_a_store_on_a_server(postgres: OnServer) -> None:
    first, second = postgres.store(), postgres.store()
    with first.alone("schedule") as still:
        with pytest.raises(Refused) as refused, second.alone("schedule"):
            raise AssertionError("two at once")
        assert _code(refused) == "KPI910"
        assert "kpictl process" in refused.value.diagnostics[0].message
        first.write([batch("a", values([1]))], "r1", LATER)
        assert numbers(second, "a") == [1], "others read and write meanwhile"
        still()
        with postgres.session() as session:
            session.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        still()  # what was lost with the connection is taken again
        with pytest.raises(Refused), second.alone("schedule"):
            raise AssertionError("two at once")
        with postgres.session() as session:
            session.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        with second.alone("schedule"), pytest.raises(Refused) as refused:
            still()
        assert _code(refused) == "KPI910"
    with second.alone("schedule"):
        pass
