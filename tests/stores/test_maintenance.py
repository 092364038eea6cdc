"""migrate, check, backup and restore, over every kind of store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kpictl.diagnostics import Refused
from kpictl.model.store_schema import SCHEMA_VERSION
from kpictl.stores import Written
from kpictl.stores.backups import backup, read, restore
from kpictl.stores.checking import Kind, check, mend
from kpictl.stores.migrating import migrate
from tests.stores.made import LATER, batch, day, numbers, values
from tests.stores.places import InFile, StorePlace

_NOW = datetime(2025, 1, 1, tzinfo=UTC)


def filled(place: StorePlace) -> Any:
    """A store with values, dimensions, history and runs."""
    made = place.store()
    body = json.dumps({"kind": "measure"})
    made.write(
        [batch("a", values([1, 2, 3, 4]), body=body), batch("b", values([5, None], status="no_data"))], "r1", LATER
    )
    made.write([batch("a", values([7.5], 3), 3, body=body)], "r2", day(99))
    return made


def test_a_new_store_is_migrated_from_nothing(place: StorePlace) -> None:
    made: Any = place.store()
    planned = migrate(made, "shop", dry_run=True)
    assert (planned.before, planned.after) == (0, SCHEMA_VERSION)
    assert not place.exists()
    assert migrate(made, "shop") == planned
    assert place.exists()
    assert migrate(made, "shop").steps == ()
    assert made.write([batch("a", values([1]))], "r1", LATER) == {"a": Written(1)}


def test_an_older_store_is_migrated(place: StorePlace) -> None:
    made = filled(place)
    made.close()
    drop = "MATERIALIZED VIEW" if place.kind == "timescale" else "VIEW"
    place.change(f"DROP {drop} kpi_hourly", "DROP TABLE kpi_seen", "UPDATE kpi_store SET schema_version = 1")
    before = place.dump()
    made = place.store()
    assert made.state().done
    with pytest.raises(Refused):
        made.write([batch("a", values([1]))], "r1", LATER)
    assert [step.number for step in migrate(made, "shop", dry_run=True).steps] == [2, 3, 4]
    assert [step.number for step in migrate(made, "shop").steps] == [2, 3, 4]
    assert place.dump() == before
    made.write([batch("c", values([1]))], "r3", LATER)
    place.rows("kpi_hourly")


def test_a_migration_that_fails_changes_nothing(place: StorePlace) -> None:
    made = filled(place)
    made.close()
    place.change("UPDATE kpi_store SET schema_version = 1")
    drop = "MATERIALIZED VIEW" if place.kind == "timescale" else "VIEW"
    place.change(f"DROP {drop} kpi_hourly", "CREATE TABLE kpi_hourly (something_else integer)")
    if place.kind == "timescale":
        pytest.skip("IF NOT EXISTS takes any relation of that name there")
    with pytest.raises(Refused):
        migrate(place.store(), "shop")
    assert place.rows("kpi_store")[0][0] == 1


def test_a_newer_store_is_not_migrated(place: StorePlace) -> None:
    filled(place).close()
    place.change("UPDATE kpi_store SET schema_version = 99")
    for dry in (True, False):
        with pytest.raises(Refused) as refused:
            migrate(place.store(), "shop", dry_run=dry)
        assert refused.value.diagnostics[0].code == "KPI912"


def test_a_sound_store_has_no_faults(place: StorePlace) -> None:
    assert check(place.store()) == ()
    assert check(filled(place)) == ()


_ROW = "time, 'a', kpi_value, dimensions, metadata, grain, bucket, dimensions_key, status, definition, run_id, known_at"
_AT = "time = TIMESTAMPTZ '2024-01-02 00:00:00+00'"


@pytest.mark.parametrize(
    ("kind", "statement", "again"),
    [
        (Kind.TWICE, f"INSERT INTO kpi_metrics SELECT {_ROW} FROM kpi_metrics WHERE kpi_name = 'a' AND {_AT}", ["a"]),
        (Kind.KEY, f"UPDATE kpi_metrics SET dimensions = '{{\"x\": 1}}' WHERE kpi_name = 'a' AND {_AT}", ["a"]),
        (Kind.VALUE, f"UPDATE kpi_metrics SET kpi_value = 'NaN' WHERE kpi_name = 'a' AND {_AT}", ["a"]),
        (Kind.VALUE, f"UPDATE kpi_metrics SET status = 'fine' WHERE kpi_name = 'a' AND {_AT}", ["a"]),
        (
            Kind.BUCKET,
            f"UPDATE kpi_metrics SET time = time + INTERVAL '1 minute' WHERE kpi_name = 'b' AND {_AT}",
            ["b"],
        ),
        (Kind.DEFINITION, f"UPDATE kpi_metrics SET definition = 'x' WHERE kpi_name = 'a' AND {_AT}", ["a"]),
        (Kind.RANGES, "INSERT INTO kpi_intervals SELECT * FROM kpi_intervals WHERE kpi_name = 'a'", []),
        (Kind.LEDGER, "UPDATE kpi_intervals SET definition = 'x' WHERE kpi_name = 'a'", ["a"]),
        (Kind.HOLE, f"DELETE FROM kpi_metrics WHERE kpi_name = 'a' AND {_AT}", ["a"]),
        (Kind.HISTORY, "UPDATE kpi_metrics_history SET superseded_at = TIMESTAMPTZ '2020-01-01 00:00:00+00'", []),
        (Kind.HISTORY, "UPDATE kpi_metrics_history SET superseded_at = TIMESTAMPTZ '2030-01-01 00:00:00+00'", []),
    ],
)
def test_what_contradicts_is_found_and_mended(place: StorePlace, kind: Kind, statement: str, again: list[str]) -> None:
    filled(place).close()
    total = len(place.rows("kpi_metrics")) + len(place.rows("kpi_metrics_history"))
    if kind is Kind.TWICE and place.kind != "duckdb":
        with pytest.raises(Exception, match=r"kpi_metrics_(identity|key)"):
            place.change(statement)
        return
    place.change(statement)
    total += {Kind.TWICE: 1, Kind.HOLE: -1}.get(kind, 0)
    made: Any = place.store()
    faults = check(made)
    assert kind in {fault.kind for fault in faults}, faults
    assert all(fault.message() for fault in faults)
    assert list(mend(made, faults, _NOW)) == again
    left = check(made)
    assert not left
    assert len(place.rows("kpi_metrics")) + len(place.rows("kpi_metrics_history")) == total, "nothing is thrown away"
    if again == ["a"] and kind is not Kind.TWICE:
        ranges = [done.ranges for key, done in made.state().done.items() if key[0] == "a"]
        covered = [part for each in ranges for part in each]
        assert all(not start <= day(1) < stop for start, stop in covered)


def test_a_backup_comes_back_as_it_was(place: StorePlace, tmp_path: Path) -> None:
    made = filled(place)
    before = place.dump()
    done = backup(made, tmp_path / "copy", "shop", _NOW)
    assert done.rows["kpi_metrics"] == 6
    assert done.rows["kpi_metrics_history"] == 1
    made.write([batch("a", values([9, 9, 9, 9]))], "r8", day(100))
    assert place.dump() != before
    with pytest.raises(Refused) as refused:
        restore(made, tmp_path / "copy", "shop")
    assert refused.value.diagnostics[0].code == "KPI919"
    assert "--replace" in refused.value.diagnostics[0].help[0]
    restore(made, tmp_path / "copy", "shop", replace=True)
    assert place.dump() == before
    assert check(made) == ()
    assert made.write([batch("a", values([1, 2, 3, 7.5]))], "r9", day(101)) == {"a": Written(0)}


def test_a_backup_goes_into_another_kind_of_store(place: StorePlace, tmp_path: Path) -> None:
    done = backup(filled(place), tmp_path / "copy", "shop", _NOW)
    other = InFile(tmp_path / "other.duckdb")
    restore(other.store(), done.folder, "shop")
    assert numbers(other.store(), "a") == [1, 2, 3, 7.5]
    again = backup(other.store(), tmp_path / "again", "shop", _NOW)
    made: Any = place.store()
    restore(made, again.folder, "shop", replace=True)
    assert numbers(made, "a") == [1, 2, 3, 7.5]
    assert made.state() == other.store().state()


def test_a_damaged_backup_is_refused(place: StorePlace, tmp_path: Path) -> None:
    if place.kind != "duckdb":
        pytest.skip("the folder is the same for all")
    made = filled(place)
    folder = tmp_path / "copy"
    backup(made, folder, "shop", _NOW)
    with pytest.raises(Refused, match="already"):
        backup(made, folder, "shop", _NOW)
    with pytest.raises(Refused, match="other"):
        restore(made, folder, "other", replace=True)
    file = folder / "kpi_metrics.parquet"
    whole = file.read_bytes()
    for data in (whole[:-1], whole[:100] + b"x" + whole[101:], b""):
        file.write_bytes(data)
        with pytest.raises(Refused) as refused:
            read(folder)
        assert refused.value.diagnostics[0].code == "KPI919"
    file.unlink()
    for text in ("", "{}", '{"tables": 3}'):
        (folder / "manifest.json").write_text(text)
        with pytest.raises(Refused):
            restore(made, folder, "shop", replace=True)
    assert numbers(made, "a") == [1, 2, 3, 7.5]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_file_is_restored_and_kept(tmp_path: Path, damage: str) -> None:
    place = InFile(tmp_path / "k.duckdb")
    made = filled(place)
    before = place.dump()
    backup(made, tmp_path / "copy", "shop", _NOW)
    data = bytearray(place.path.read_bytes())
    if damage == "flipped":
        data[4100] ^= 1
        data[8200] ^= 1
        data[12_400] ^= 1
    place.path.write_bytes(data[: len(data) // 2] if damage == "cut" else b"" if damage == "empty" else data)
    damaged = place.path.read_bytes()
    with pytest.raises(Refused) as refused:
        made.state()
    assert "store restore" in refused.value.diagnostics[0].help[0]
    restore(made, tmp_path / "copy", "shop")
    assert place.dump() == before
    assert (tmp_path / "k.duckdb.damaged").read_bytes() == damaged
    assert not list(tmp_path.glob("*.new-*"))


def test_a_clock_that_jumps_back_leaves_the_history_in_order(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2]))], "r1", day(100))
    made.write([batch("a", values([5, 2]))], "r2", day(90))
    made.write([batch("a", values([6]), days=2)], "r3", day(80))
    assert numbers(made, "a") == [6]
    assert check(made) == ()
    assert len(place.rows("kpi_metrics_history")) == 3
