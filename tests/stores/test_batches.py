"""A batch is written wholly or not at all; what it replaces is kept; what is past its retention is dropped."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from kpictl.diagnostics import Refused
from kpictl.stores import Wish
from kpictl.stores.store import RunRecord
from tests.stores.made import FIRST, LATER, batch, day, dump, numbers, rows, store, values


def test_values_come_back_as_they_were_written(tmp_path: Path) -> None:
    made = store(tmp_path / "deep" / "er" / "k.duckdb")
    assert made.state().done == {}
    assert made.values(Wish(kpis={"a": None})) == []
    assert not made.path.exists()
    assert made.write([batch("a", values([1.5, None, 0.1 + 0.2]))], "r1", LATER) == {"a": 3}
    assert numbers(made, "a") == [1.5, None, 0.1 + 0.2]
    first = made.values(Wish(kpis={"a": None}))[0]
    assert (first.time, first.bucket, first.run_id, first.known_at) == (FIRST, "2024-01-01", "r1", LATER)
    assert made.state().done["a", "day", "d1"].ranges == ((day(0), day(3)),)


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    before = dump(made.path)
    assert made.write([batch("a", values([1, 2, 3]))], "r2", day(99)) == {"a": 0}
    after = dump(made.path)
    assert after["kpi_metrics"] == before["kpi_metrics"]
    assert after["kpi_metrics_history"] == []


def test_what_is_replaced_is_kept(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    assert made.write([batch("a", values([2.5], 1), 1)], "r2", day(99)) == {"a": 1}
    assert numbers(made, "a") == [1, 2.5, 3]
    (old,) = rows(made.path, "kpi_metrics_history")
    assert 2.0 in old
    assert "r1" in old
    changed = made.values(Wish(kpis={"a": None}))[1]
    assert changed.metadata == {"restated": True, "late": True}
    assert [v.value for v in made.values(Wish(kpis={"a": None}, known_at=LATER))] == [1, 2, 3]


def test_values_that_are_gone_leave_the_series_and_stay_in_the_history(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    made.write([batch("a", values([]), 1, days=1)], "r2", day(99))
    assert numbers(made, "a") == [1, 3]
    assert len(rows(made.path, "kpi_metrics_history")) == 1


@pytest.mark.parametrize("bad", [None, "missing column"])
def test_a_batch_that_cannot_be_written_leaves_no_trace(tmp_path: Path, bad: str | None) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    before = dump(made.path)
    broken = values([7, 8], status=None)
    if bad is not None:
        broken = values([7, 8])
        broken.buckets.pop()
    with pytest.raises((Refused, ValueError)):
        made.write([batch("a", values([9, 9, 9])), batch("b", broken)], "r2", day(99))
    assert dump(made.path) == before
    assert made.write([batch("b", values([7, 8]))], "r3", day(99)) == {"b": 2}


def test_a_failure_after_the_deletes_brings_them_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    before = dump(made.path)

    def fails(*_: object) -> None:
        raise duckdb.Error("no space left on device")

    monkeypatch.setattr("kpictl.stores.duckdb._note_done", fails)
    with pytest.raises(Refused) as refused:
        made.write([batch("a", values([9, 9, 9]))], "r2", day(99))
    assert refused.value.diagnostics[0].code == "KPI914"
    assert "make room" in refused.value.diagnostics[0].help[0]
    assert dump(made.path) == before


def test_an_interrupt_in_a_write_brings_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    before = dump(made.path)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kpictl.stores.duckdb._drop_expired", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.write([batch("a", values([9, 9, 9]))], "r2", day(99))
    assert dump(made.path) == before


def test_retention_drops_values_and_their_history(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1, 2, 3, 4])), batch("b", values([1, 2, 3, 4]))], "r1", LATER)
    made.write([batch("a", values([10], 0), 0)], "r2", day(98))
    made.write([batch("a", values([5], 4), 4, keep_from=day(2))], "r3", day(99))
    assert numbers(made, "a") == [3, 4, 5]
    assert numbers(made, "b") == [1, 2, 3, 4]
    assert rows(made.path, "kpi_metrics_history") == []


def test_the_ledger_joins_ranges_and_forgets_other_definitions(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1, 2]))], "r1", LATER)
    made.write([batch("a", values([5, 6], 4), 4)], "r2", LATER)
    assert made.state().done["a", "day", "d1"].ranges == ((day(0), day(2)), (day(4), day(6)))
    made.write([batch("a", values([3, 4], 2), 2)], "r3", LATER)
    assert made.state().done["a", "day", "d1"].ranges == ((day(0), day(6)),)
    made.write([batch("a", values([1, 2]), definition="d2")], "r4", LATER)
    assert made.state().done["a", "day", "d2"].ranges == ((day(0), day(2)),)
    assert made.state().done["a", "day", "d1"].ranges == ()


def test_a_large_batch_is_written_in_bulk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand values take as many statements as one."""
    said: list[int] = []
    connect = duckdb.connect

    class Counting:
        def __init__(self, session: duckdb.DuckDBPyConnection) -> None:
            self._session = session

        def __getattr__(self, name: str) -> object:
            if name in ("execute", "executemany", "sql", "query"):
                said.append(1)
            return getattr(self._session, name)

    monkeypatch.setattr(duckdb, "connect", lambda *a, **k: Counting(connect(*a, **k)))
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1.0]))], "r1", LATER)
    made.write([batch("b", values([1.0]))], "r2", LATER)
    said.clear()
    made.write([batch("b", values([2.0]))], "r3", LATER)
    one = len(said)
    said.clear()
    made.write([batch("b", values([float(n) for n in range(20_000)]))], "r4", LATER)
    assert len(said) == one
    assert len(numbers(made, "b")) == 20_000


def test_what_is_no_number_is_stored_as_nothing_that_json_cannot_say(tmp_path: Path) -> None:
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1e308, -0.0, 5e-324]))], "r1", LATER)
    records = [value.record() for value in made.values(Wish(kpis={"a": None}))]
    again = json.loads(json.dumps(records, allow_nan=False))
    assert [each["value"] for each in again] == [1e308, -0.0, 5e-324]


def test_names_and_texts_are_values(tmp_path: Path) -> None:
    made = store(tmp_path / "k'\".duckdb")
    odd = "x'; DROP TABLE kpi_metrics; --"
    made.write([batch(odd, values([1]), definition=odd)], odd, LATER)
    made.record(
        [
            RunRecord(
                run_id=odd,
                kpi=odd,
                status="error",
                as_of=LATER,
                started_at=LATER,
                seconds=0.1,
                message=odd + "\n\t\u202e",
            )
        ]
    )
    assert numbers(made, odd) == [1]
    assert numbers(made, "x") == []
    assert len(rows(made.path, "kpi_runs")) == 1
