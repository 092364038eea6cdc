"""A store that is cut, flipped, foreign, newer, of another project or read-only: a clear error, and the file as it was."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from kpictl.diagnostics import Refused
from kpictl.stores import Wish
from kpictl.stores.duckdb import DuckdbStore
from tests.faults.forks import Forks
from tests.stores.made import LATER, batch, day, dump, numbers, store, values

HERE = Path(__file__).parents[2]
_ALL = Wish(kpis={"a": None}, dimensions=None)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a store with values, history and runs."""
    made = store(tmp_path_factory.mktemp("good") / "k.duckdb")
    made.write([batch("a", values([float(n) for n in range(400)]))], "r1", LATER)
    made.write([batch("a", values([7.5], 3), 3)], "r2", day(99))
    return made.path.read_bytes()


def _asked(made: DuckdbStore, data: bytes) -> list[str]:
    """What reading says of these bytes: `ok`, or the code; fails where the file changes or the values do."""
    made.path.write_bytes(data)
    said = []
    for ask in (made.state, lambda: made.values(_ALL)):
        try:
            found = ask()
            said.append("ok")
            assert not isinstance(found, list) or len(found) == 400
        except Refused as refused:
            (diagnostic,) = refused.diagnostics
            said.append(diagnostic.code)
            assert "backup" in diagnostic.help[0]
            assert "Traceback" not in diagnostic.message
    assert made.path.read_bytes() == data
    return said


def test_a_flipped_byte_is_seen_or_harmless(good: bytes, tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb", patience=0.1)
    dice = random.Random(20)
    began = time.monotonic()
    seen = set()
    for place in (0, 8, 4096, 4100, 8192, 8200, 12288, *(dice.randrange(len(good)) for _ in range(25))):
        data = bytearray(good)
        data[place] ^= 1 << dice.randrange(8)
        seen.update(_asked(made, bytes(data)))
    assert "KPI911" in seen
    assert seen <= {"ok", "KPI911"}
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("size", [0, 1, 100, 4095, 4096, 8192, 12288, 20000, -1, -4096, -262144])
def test_a_store_that_was_cut_is_refused(good: bytes, tmp_path: Path, size: int) -> None:
    made = store(tmp_path / "k.duckdb", patience=0.1)
    said = _asked(made, good[:size])
    assert "KPI911" in said or size < 0
    assert set(said) <= {"ok", "KPI911"}


@pytest.mark.parametrize(
    "data",
    [b"not a database " * 1000, b"SQLite format 3\0" + bytes(8000), bytes(20000), b"PAR1" * 5000],
    ids=["text", "sqlite", "zeros", "parquet"],
)
def test_another_file_is_refused_and_left_alone(tmp_path: Path, data: bytes) -> None:
    made = store(tmp_path / "k.duckdb", patience=0.1)
    assert _asked(made, data) == ["KPI911", "KPI911"]
    with pytest.raises(Refused) as refused:
        made.write([batch("a", values([1]))], "r1", LATER)
    assert refused.value.diagnostics[0].code == "KPI911"
    assert made.path.read_bytes() == data


def _changed(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as session:
        for each in statements:
            session.execute(each)


@pytest.mark.parametrize(
    ("statements", "code", "says"),
    [
        (["UPDATE kpi_store SET schema_version = 99"], "KPI912", "version 99"),
        (["UPDATE kpi_store SET project = 'other'"], "KPI913", "other"),
        (["DELETE FROM kpi_store"], "KPI911", "kpi_store has no row"),
        (["DROP TABLE kpi_store"], "KPI911", "no table kpi_store"),
        (["DROP TABLE kpi_intervals"], "KPI911", "kpi_intervals"),
        (
            ["ALTER TABLE kpi_intervals DROP COLUMN run_id", "ALTER TABLE kpi_metrics DROP COLUMN status"],
            None,
            "status",
        ),
    ],
    ids=["newer", "another project", "no row", "no version", "no ledger", "no column"],
)
def test_a_store_that_is_not_ours_to_use(
    good: bytes, tmp_path: Path, statements: list[str], code: str | None, says: str
) -> None:
    made = store(tmp_path / "k.duckdb")
    made.path.write_bytes(good)
    _changed(made.path, *statements)
    before = made.path.read_bytes()
    asks: list[Callable[[], object]] = [
        made.state,
        lambda: made.values(_ALL),
        lambda: made.write([batch("a", values([1]))], "r9", LATER),
    ]
    codes, messages = [], []
    for ask in asks:
        try:
            ask()
        except Refused as refused:
            codes.append(refused.diagnostics[0].code)
            messages.append(refused.diagnostics[0].message)
    assert codes
    assert code is None or codes[0] == code
    assert says in " ".join(messages)
    with duckdb.connect(str(made.path), read_only=True) as session:
        counted = session.execute("SELECT count(*) FROM kpi_metrics").fetchone()
    assert counted == (400,)
    if code in ("KPI912", "KPI913"):
        assert len(codes) == 3
        assert made.path.read_bytes() == before


def test_a_run_on_a_damaged_store_says_so_and_leaves_it(forks: Forks, shop: Path) -> None:
    assert forks.run(shop, "run").code == 0
    path = shop / "target" / "kpis.duckdb"
    whole = path.read_bytes()
    for data in (whole[: len(whole) // 2], b"x" * 10000, b""):
        path.write_bytes(data)
        for command in (["run"], ["run", "--full-refresh"], ["show"], ["debug"], ["history", "revenue"]):
            ended = forks.run(shop, *command)
            assert ended.code == 1, command
            assert "KPI911" in ended.said
            assert "backup" in ended.said
            assert "internal error" not in ended.said
            assert path.read_bytes() == data, command
    path.write_bytes(whole)
    assert forks.run(shop, "show").code == 0


def test_a_flip_in_values_stops_the_run_before_it_writes(forks: Forks, shop: Path) -> None:
    assert forks.run(shop, "run").code == 0
    path = shop / "target" / "kpis.duckdb"
    whole = path.read_bytes()
    refused = 0
    for place in range(12_500, len(whole), 131_072):
        data = bytearray(whole)
        data[place] ^= 0x10
        path.write_bytes(data)
        ended = forks.run(shop, "run", "--full-refresh")
        assert "internal error" not in ended.said
        if ended.code:
            refused += 1
            assert "KPI911" in ended.said
            assert path.read_bytes() == bytes(data)
    assert refused


_AS_NOBODY = """
import os, sys
os.setgid(65534)
os.setuid(65534)
from kpictl.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="becomes another user, which takes root")
def test_a_store_that_may_only_be_read_is_read(shop: Path, forks: Forks) -> None:
    assert forks.run(shop, "run").code == 0
    for path in (shop, *shop.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for parent in shop.parents:
        if parent.stat().st_mode & 0o005 != 0o005:
            pytest.skip(f"{parent} is closed to others")
    before = (shop / "target" / "kpis.duckdb").read_bytes()
    outcomes = {}
    for command in (["show"], ["history", "revenue"], ["run", "--full-refresh"]):
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, *command],
            cwd=shop,
            capture_output=True,
            text=True,
            env={**os.environ, "NO_COLOR": "1", "HOME": "/nonexistent"},
            timeout=60,
        )
        if "Permission denied" in done.stderr and "site-packages" in done.stderr:
            pytest.skip("the environment is closed to others")
        assert "internal error" not in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
        outcomes[command[0]] = (done.returncode, done.stdout + done.stderr)
    assert outcomes["show"][0] == 0, outcomes["show"]
    assert outcomes["history"][0] == 0
    assert outcomes["run"][0] == 1
    assert "Permission denied" in outcomes["run"][1]
    assert (shop / "target" / "kpis.duckdb").read_bytes() == before


def test_numbers_survive_a_copy(good: bytes, tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb")
    made.path.write_bytes(good)
    before = dump(made.path)
    assert numbers(made, "a")[:5] == [0, 1, 2, 7.5, 4]
    assert dump(made.path) == before


_ENDS_IN_MAKING = """
import os, sys
from pathlib import Path
import kpictl.stores.duckdb_file as stores
from tests.stores.made import LATER, batch, store, values
make = stores._make

def made(session, project):
    if sys.argv[2] == "after":
        make(session, project)
    os._exit(9)

stores._make = made
store(Path(sys.argv[1])).write([batch("a", values([1.0]))], "r1", LATER)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_in_the_making_of_a_store_leaves_none(tmp_path: Path, when: str) -> None:
    path = tmp_path / "[odd] name" / "k.duckdb"
    done = subprocess.run([sys.executable, "-c", _ENDS_IN_MAKING, str(path), when], cwd=HERE, timeout=60)
    assert done.returncode == 9
    assert not path.exists()
    made = store(path)
    assert made.state().done == {}
    made.write([batch("a", values([1.0]))], "r1", LATER)
    assert numbers(made, "a") == [1]
    assert sorted(each.name for each in path.parent.iterdir()) == ["k.duckdb", "k.duckdb.lock"]
