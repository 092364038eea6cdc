"""TimescaleDB's own: the hypertable, its indexes, hourly values, and policies, on the engine with its TSL module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kpictl.model.durations import Duration
from kpictl.model.store_schema import LEAST_RETENTION, longest
from kpictl.stores import Written
from kpictl.stores.migrations import ddl, interval
from tests.oracles.plugin import Counted
from tests.stores.made import LATER, batch, day, numbers, values
from tests.stores.places import OnServer


@pytest.fixture
def timescale(judge: Callable[[str], Counted]) -> Iterator[OnServer]:
    made = OnServer(judge("timescale"))
    yield made
    made.close()


def _policies(place: OnServer) -> dict[str, str]:
    text = (
        "SELECT proc_name, config->>'drop_after', config->>'compress_after' FROM timescaledb_information.jobs "
        "WHERE hypertable_schema = %s AND hypertable_name = 'kpi_metrics'"
    )
    with place.session() as session:
        return {row[0]: row[1] or row[2] or "" for row in session.execute(text, (place.schema,)).fetchall()}


def test_the_table_is_a_hypertable_with_its_indexes_and_policies(timescale: OnServer) -> None:
    timescale.store().write([batch("a", values([1, 2]))], "r1", LATER)
    with timescale.session() as session:
        hypertables = session.execute(
            "SELECT hypertable_name, compression_enabled FROM timescaledb_information.hypertables "
            "WHERE hypertable_schema = %s AND hypertable_name = 'kpi_metrics'",
            (timescale.schema,),
        ).fetchall()
        indexes = session.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = %s AND tablename = 'kpi_metrics'", (timescale.schema,)
        ).fetchall()
        core = session.execute(
            "SELECT column_name, data_type, character_maximum_length FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = 'kpi_metrics' ORDER BY ordinal_position LIMIT 5",
            (timescale.schema,),
        ).fetchall()
        view = session.execute(
            "SELECT count(*) FROM timescaledb_information.continuous_aggregates WHERE view_name = 'kpi_hourly' "
            "AND view_schema = %s",
            (timescale.schema,),
        ).fetchone()
        hourly = session.execute("SELECT * FROM kpi_hourly").description
    assert hypertables == [("kpi_metrics", True)]
    assert {("idx_kpi_metrics_name_time",), ("idx_kpi_metrics_dimensions",)} <= set(indexes)
    assert core == [
        ("time", "timestamp with time zone", None),
        ("kpi_name", "character varying", 100),
        ("kpi_value", "double precision", None),
        ("dimensions", "jsonb", None),
        ("metadata", "jsonb", None),
    ]
    assert view == (1,)
    wanted = {"bucket", "kpi_name", "avg_value", "max_value", "min_value", "data_points"}
    assert wanted <= {column.name for column in hourly or ()}
    assert _policies(timescale) == {"policy_retention": "2 years", "policy_compression": "90 days"}


def test_the_retention_policy_follows_the_longest_retention(timescale: OnServer) -> None:
    made = timescale.store()
    made.write([batch("a", values([1]))], "r1", LATER)
    longer = timescale.store()
    longer.keep = Duration(3, "year")
    longer.write([batch("a", values([2]))], "r2", day(99))
    assert _policies(timescale)["policy_retention"] == "3 years"
    timescale.store().write([batch("a", values([3]))], "r3", day(100))
    assert _policies(timescale)["policy_retention"] == "2 years"


def test_values_in_compressed_chunks_are_replaced(timescale: OnServer) -> None:
    made = timescale.store()
    made.write([batch("a", values([float(n) for n in range(40)]))], "r1", LATER)
    timescale.change("SELECT compress_chunk(c) FROM show_chunks('kpi_metrics') AS c")
    assert made.write([batch("a", values([7.5], 3), 3)], "r2", day(99)) == {"a": Written(1, 1)}
    assert numbers(made, "a")[:5] == [0, 1, 2, 7.5, 4]
    assert len(timescale.rows("kpi_metrics_history")) == 1


@pytest.mark.parametrize(
    ("retentions", "kept"),
    [
        ((), "2 years"),
        ((Duration(90, "day"), Duration(365, "day")), "2 years"),
        ((Duration(1095, "day"), Duration(2, "year")), "1095 days"),
        ((Duration(12, "quarter"),), "36 months"),
    ],
)
def test_the_longest_retention_and_at_least_two_years(retentions: tuple[Duration, ...], kept: str) -> None:
    assert interval(longest(retentions)) == kept


def test_the_script_says_how_long_values_are_kept_and_where() -> None:
    text = ddl("timescale", keep=Duration(3, "year"), schema='k"x')
    assert "add_retention_policy('kpi_metrics', INTERVAL '3 years', if_not_exists => true)" in text
    assert 'CREATE SCHEMA IF NOT EXISTS "k""x"' in text
    assert "WITH NO DATA" in text
    assert "create_hypertable" not in ddl("postgres", keep=LEAST_RETENTION)
    with pytest.raises(ValueError, match="druid"):
        ddl("druid")
