"""A batch is written wholly or not at all; what it replaces is kept; what is past its retention is dropped."""

from __future__ import annotations

import json
from datetime import timedelta

import duckdb
import psycopg
import pytest

from kpictl.diagnostics import Refused
from kpictl.model.store_schema import SCHEMA_VERSION
from kpictl.stores import Wish, Written
from kpictl.stores.canonical import canonical, dimensions_key
from kpictl.stores.migrations import ddl
from kpictl.stores.store import NewValues, RunRecord
from tests.stores.made import FIRST, LATER, batch, day, numbers, values
from tests.stores.places import StorePlace


def test_values_come_back_as_they_were_written(place: StorePlace) -> None:
    made = place.store()
    assert made.state().done == {}
    assert made.values(Wish(kpis={"a": None})) == []
    assert not place.exists()
    assert made.write([batch("a", values([1.5, None, 0.1 + 0.2]))], "r1", LATER) == {"a": Written(3)}
    assert numbers(made, "a") == [1.5, None, 0.1 + 0.2]
    first = made.values(Wish(kpis={"a": None}))[0]
    assert (first.time, first.bucket, first.run_id, first.known_at) == (FIRST, "2024-01-01", "r1", LATER)
    assert made.state().done["a", "day", "d1"].ranges == ((day(0), day(3)),)


def test_the_same_again_changes_nothing(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    before = place.dump()
    assert made.write([batch("a", values([1, 2, 3]))], "r2", day(99)) == {"a": Written(0)}
    after = place.dump()
    assert after["kpi_metrics"] == before["kpi_metrics"]
    assert after["kpi_metrics_history"] == []


def test_what_is_replaced_is_kept(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    assert made.write([batch("a", values([2.5], 1), 1)], "r2", day(99)) == {"a": Written(1, 1)}
    assert numbers(made, "a") == [1, 2.5, 3]
    (old,) = place.rows("kpi_metrics_history")
    assert 2.0 in old
    assert "r1" in old
    changed = made.values(Wish(kpis={"a": None}))[1]
    assert changed.metadata == {"restated": True, "late": True}
    assert [v.value for v in made.values(Wish(kpis={"a": None}, known_at=LATER))] == [1, 2, 3]


def test_values_that_are_gone_leave_the_series_and_stay_in_the_history(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    made.write([batch("a", values([]), 1, days=1)], "r2", day(99))
    assert numbers(made, "a") == [1, 3]
    assert len(place.rows("kpi_metrics_history")) == 1


@pytest.mark.parametrize("bad", [None, "missing column"])
def test_a_batch_that_cannot_be_written_leaves_no_trace(place: StorePlace, bad: str | None) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    before = place.dump()
    broken = values([7, 8], status=None)
    if bad is not None:
        broken = values([7, 8])
        broken.buckets.pop()
    with pytest.raises((Refused, ValueError)):
        made.write([batch("a", values([9, 9, 9])), batch("b", broken)], "r2", day(99))
    assert place.dump() == before
    assert made.write([batch("b", values([7, 8]))], "r3", day(99)) == {"b": Written(2)}


def test_a_failure_after_the_deletes_brings_them_back(place: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    before = place.dump()

    def fails(*_: object) -> None:
        if place.kind == "duckdb":
            raise duckdb.Error("no space left on device")
        raise psycopg.errors.DiskFull("could not extend file: No space left on device")

    monkeypatch.setattr(f"{place.module}.note_done", fails)
    with pytest.raises(Refused) as refused:
        made.write([batch("a", values([9, 9, 9]))], "r2", day(99))
    assert refused.value.diagnostics[0].code == "KPI914"
    assert "make room" in refused.value.diagnostics[0].help[0]
    assert place.dump() == before


def test_an_interrupt_in_a_write_brings_everything_back(place: StorePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2, 3]))], "r1", LATER)
    before = place.dump()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{place.module}.drop_expired", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.write([batch("a", values([9, 9, 9]))], "r2", day(99))
    assert place.dump() == before


def test_retention_drops_values_and_their_history(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2, 3, 4])), batch("b", values([1, 2, 3, 4]))], "r1", LATER)
    made.write([batch("a", values([10], 0), 0)], "r2", day(98))
    made.write([batch("a", values([5], 4), 4, keep_from=day(2))], "r3", day(99))
    assert numbers(made, "a") == [3, 4, 5]
    assert numbers(made, "b") == [1, 2, 3, 4]
    assert place.rows("kpi_metrics_history") == []


def test_the_ledger_joins_ranges_and_forgets_other_definitions(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2]))], "r1", LATER)
    made.write([batch("a", values([5, 6], 4), 4)], "r2", LATER)
    assert made.state().done["a", "day", "d1"].ranges == ((day(0), day(2)), (day(4), day(6)))
    made.write([batch("a", values([3, 4], 2), 2)], "r3", LATER)
    assert made.state().done["a", "day", "d1"].ranges == ((day(0), day(6)),)
    made.write([batch("a", values([1, 2]), definition="d2")], "r4", LATER)
    assert made.state().done["a", "day", "d2"].ranges == ((day(0), day(2)),)
    assert made.state().done["a", "day", "d1"].ranges == ()


def test_what_is_no_number_is_stored_as_nothing_that_json_cannot_say(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1e308, -0.0, 5e-324]))], "r1", LATER)
    records = [value.record() for value in made.values(Wish(kpis={"a": None}))]
    again = json.loads(json.dumps(records, allow_nan=False))
    assert [each["value"] for each in again] == [1e308, -0.0, 5e-324]


def test_names_and_texts_are_values(place: StorePlace) -> None:
    made = place.store()
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
    assert len(place.rows("kpi_runs")) == 1


def test_values_with_dimensions_come_in_one_order(place: StorePlace) -> None:
    """By KPI, time and the canonical text of the members, whatever the engine's collation is."""
    made = place.store()
    new = NewValues()
    members = ["Zoë", "a", "Ä", "B", "é\u0301", "a b", "\U0001f600", "", None, 'x"y', "10", "9"]
    for member in members:
        text = canonical({"country": member, "z": 1.5})
        new.times.append(FIRST)
        new.buckets.append("2024-01-01")
        new.values.append(1.0)
        new.statuses.append("ok")
        new.dimensions.append(text)
        new.keys.append(dimensions_key(text))
        new.metadata.append(canonical({"exact": "0.10", "stale": True}))
    made.write([batch("a", new, days=1), batch("a_total", values([1]))], "r1", LATER)
    wish = Wish(kpis={"a": None}, dimensions=("z", "country"))
    found = [value.dimensions["country"] for value in made.values(wish)]
    assert found == sorted(members, key=lambda member: canonical({"country": member, "z": 1.5}))
    assert next(value.metadata for value in made.values(wish)) == {"exact": "0.10", "stale": True}
    assert made.values(Wish(kpis={"a": None}, dimensions=("country",))) == []
    assert made.values(Wish(kpis={"a": None})) == []
    assert made.write([batch("a", new, days=1)], "r2", day(99)) == {"a": Written(0)}


def test_the_last_buckets_and_a_range_are_found(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2, 3, 4])), batch("b", values([5, 6]))], "r1", LATER)
    kpis = {"a": None, "b": "day"}
    assert [v.value for v in made.values(Wish(kpis=kpis, last=2))] == [3, 4, 5, 6]
    assert [v.value for v in made.values(Wish(kpis=kpis, start=day(1), stop=day(3)))] == [2, 3, 6]
    assert made.values(Wish(kpis={"a": "month"})) == []


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.0 + 1e-8, False),
        (1e308, -1e308, False),
        (5e-324, 1e-323, False),
        (0.0, 5e-324, False),
        (1e308, 1e308 * (1 + 1e-12), True),
        (None, None, True),
        (None, 0.0, False),
        (0.0, None, False),
        (0.0, -0.0, True),
    ],
)
def test_what_counts_as_restated(place: StorePlace, old: float | None, new: float | None, same: bool) -> None:
    made = place.store()
    made.write([batch("a", values([old]))], "r1", LATER)
    assert made.write([batch("a", values([new]))], "r2", LATER + timedelta(days=1)) == {
        "a": Written() if same else Written(1, 1)
    }
    (found,) = made.values(Wish(kpis={"a": None}))
    assert found.metadata == ({} if same else {"restated": True, "late": True})
    assert found.value == (old if same else new)


@pytest.mark.parametrize(
    ("statements", "code", "says"),
    [
        (["UPDATE kpi_store SET schema_version = 99"], "KPI912", "version 99"),
        (["UPDATE kpi_store SET project = 'other'"], "KPI913", "other"),
        (["DELETE FROM kpi_store"], "KPI911", "kpi_store has no row"),
        (["DROP TABLE kpi_intervals"], "KPI911", "kpi_intervals"),
    ],
    ids=["newer", "another project", "no row", "no ledger"],
)
def test_a_store_that_is_not_ours_to_use(place: StorePlace, statements: list[str], code: str, says: str) -> None:
    place.store().write([batch("a", values([1, 2, 3]))], "r1", LATER)
    place.change(*statements)
    made = place.store()
    asks = (made.state, lambda: made.write([batch("a", values([9]))], "r2", LATER))
    for ask in asks:
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.diagnostics[0].code == code
        assert says in refused.value.diagnostics[0].message
    assert len(place.rows("kpi_metrics")) == 3


def test_an_older_store_is_read_and_not_written(place: StorePlace) -> None:
    place.store().write([batch("a", values([1, 2, 3]))], "r1", LATER)
    place.change("UPDATE kpi_store SET schema_version = 1")
    made = place.store()
    assert numbers(made, "a") == [1, 2, 3]
    with pytest.raises(Refused) as refused:
        made.write([batch("a", values([9]))], "r2", LATER)
    assert refused.value.diagnostics[0].code == "KPI918"
    assert "store migrate" in refused.value.diagnostics[0].help[0]


def test_tables_that_somebody_else_made_are_taken(place: StorePlace) -> None:
    """The script of a DBA, run twice; the first project that writes has the store."""
    for _ in range(2):
        text = ddl(place.kind)
        if place.kind == "duckdb":
            place.store()
            place.path.parent.mkdir(parents=True, exist_ok=True)  # type: ignore[attr-defined]
        place.change(*(part for part in text.split(";\n") if part.strip()))
    made = place.store()
    assert made.state().done == {}
    assert made.write([batch("a", values([1, 2]))], "r1", LATER) == {"a": Written(2)}
    assert place.rows("kpi_store")[0][:2] == (SCHEMA_VERSION, "shop")
    with pytest.raises(Refused) as refused:
        place.store("another").state()
    assert refused.value.diagnostics[0].code == "KPI913"


def test_final_values_are_there_by_the_hour(place: StorePlace) -> None:
    made = place.store()
    made.write([batch("a", values([1, 2])), batch("b", values([7], status="partial"))], "r1", LATER)
    if place.kind == "timescale":
        place.change("CALL refresh_continuous_aggregate('kpi_hourly', NULL, NULL)")
    found = [(row[1], row[5], row[6], row[7], row[8]) for row in place.rows("kpi_hourly")]
    assert found == [("a", 1.0, 1.0, 1.0, 1), ("a", 2.0, 2.0, 2.0, 1)]
