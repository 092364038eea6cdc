"""The example's files hold what their licence page says, and its views say in SQL what `rows` says in Python."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.example import rows

DATA = rows.DATA
STARTER = rows.ROOT / "kpictl" / "starter"


def load(folder: Path) -> duckdb.DuckDBPyConnection:
    """Each file a table, each .sql a view; a view whose tables are not there yet is tried again."""
    connection = duckdb.connect()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".csv", ".parquet"):
            connection.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM '{path}'")
    waiting = sorted(folder.glob("*.sql"))
    while waiting:
        left = [path for path in waiting if not created(connection, path)]
        assert len(left) < len(waiting), f"views that depend on something that is not there: {left}"
        waiting = left
    return connection


def created(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    try:
        connection.execute(f"CREATE VIEW {path.stem} AS {path.read_text(encoding='utf-8')}")
    except duckdb.CatalogException:
        return False
    return True


@pytest.fixture(scope="module")
def views() -> Iterator[duckdb.DuckDBPyConnection]:
    with load(DATA) as connection:
        yield connection


def test_the_files_hold_the_published_figures() -> None:
    lines = rows.raw("superstore.parquet")
    by_year: dict[int, Decimal] = {}
    for line in lines:
        year = line["order_date"].year
        by_year[year] = by_year.get(year, Decimal(0)) + line["sales"]
    assert len(lines) == 9_994
    assert len({line["order_id"] for line in lines}) == 5_009
    assert len({line["customer_id"] for line in lines}) == 793
    assert round(sum(by_year.values()), 2) == Decimal("2297200.86")
    assert round(sum(line["profit"] for line in lines), 2) == Decimal("286397.02")
    assert [round(by_year[year], 2) for year in (2014, 2015, 2016, 2017)] == [
        Decimal("484247.50"),
        Decimal("470532.51"),
        Decimal("609205.60"),
        Decimal("733215.26"),
    ]
    events = rows.raw("ecom.parquet")
    assert len(events) == 31_106
    assert len({tuple(event.values()) for event in events}) == 31_106 - 30
    assert min(event["timestamp"] for event in events).isoformat() == "2024-01-04T11:45:38"
    assert max(event["timestamp"] for event in events).isoformat() == "2024-06-29T22:02:40"
    subscribers = rows.raw("wa_churn.parquet")
    churned = [row["monthly_charges"] for row in subscribers if row["churn"] == "Yes"]
    assert len(subscribers) == 7_043
    assert sum(row["monthly_charges"] for row in subscribers) == Decimal("456116.60")
    assert sum(churned) == Decimal("139130.85")
    assert round(100 * len(churned) / len(subscribers), 2) == 26.54


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 1_000_000


def test_every_invented_row_says_so() -> None:
    assert {row["origin"] for row in rows.raw("marketing_spend.csv")} == {"invented"}


VIEWS: dict[str, tuple[str, Callable[[], Iterable[tuple[Any, ...]]]]] = {
    "order_lines": (
        "SELECT order_id, customer_id, segment, region, category, ship_mode, order_date, ship_date, quantity, discount,"
        " amount, profit FROM order_lines",
        lambda: [
            (
                line.order_id,
                line.customer_id,
                line.segment,
                line.region,
                line.category,
                line.ship_mode,
                line.order_date,
                line.ship_date,
                line.quantity,
                line.discount,
                line.amount,
                line.profit,
            )
            for line in rows.lines()
        ],
    ),
    "orders": (
        "SELECT order_id, customer_id, segment, region, ship_mode, order_date, ship_date, days_to_ship,"
        " order_number > 1, amount FROM orders",
        lambda: [
            (
                order.order_id,
                order.customer_id,
                order.segment,
                order.region,
                order.ship_mode,
                order.order_date,
                order.ship_date,
                order.days_to_ship,
                order.repeated,
                order.amount,
            )
            for order in rows.orders()
        ],
    ),
    "transactions": (
        "SELECT id, user_id, amount, status, created_at FROM transactions",
        lambda: [(o.order_id, o.customer_id, o.amount, "completed", o.order_date) for o in rows.orders()],
    ),
    "customers": (
        "SELECT customer_id, segment, first_order FROM customers",
        lambda: [(o.customer_id, o.segment, o.order_date) for o in rows.orders() if not o.repeated],
    ),
    "events": (
        "SELECT user_id, session_id, name, created_at, platform, channel FROM events",
        lambda: [(e.user_id, e.session_id, e.name, e.at, e.platform, e.channel) for e in rows.events()],
    ),
    "user_activity": ("SELECT user_id, date FROM user_activity", lambda: rows.activity()),
    "user_sessions": (
        "SELECT user_id, date, session_length, platform, channel, events, carts, checkouts, payment_errors,"
        " support_chats, purchases FROM user_sessions",
        lambda: [
            (
                session.user_id,
                session.date,
                session.seconds,
                session.platform,
                session.channel,
                len(session.names),
                session.names.count("add_to_cart"),
                session.names.count("payment_details"),
                session.names.count("payment_error"),
                session.names.count("support_chat"),
                session.names.count("purchase"),
            )
            for session in rows.sessions()
        ],
    ),
    "subscriptions": (
        "SELECT customer_id, status, amount, contract, started_at, ended_at FROM subscriptions",
        lambda: [
            (s.customer_id, "cancelled" if s.ended else "active", s.amount, s.contract, s.started, s.ended)
            for s in rows.subscriptions()
        ],
    ),
    "user_metrics": (
        "SELECT cancelled_users, total_users FROM user_metrics",
        lambda: [(sum(s.ended is not None for s in rows.subscriptions()), len(rows.subscriptions()))],
    ),
    "ad_spend": (
        "SELECT month, channel, spend, origin FROM ad_spend",
        lambda: [(s.month, s.channel, s.amount, "invented") for s in rows.spend()],
    ),
    "monthly_metrics": (
        "SELECT month, marketing_spend, new_customers FROM monthly_metrics",
        lambda: [
            (
                month,
                sum(s.amount for s in rows.spend() if s.month == month),
                sum(s.started.replace(day=1) == month for s in rows.subscriptions()),
            )
            for month in {s.month for s in rows.spend()}
        ],
    ),
}
"""Each view: a query over it, and the same rows from plain Python."""


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_says_what_python_says(name: str, views: duckdb.DuckDBPyConnection) -> None:
    query, expected = VIEWS[name]
    found = views.execute(query).fetchall()
    assert Counter(found) == Counter(expected())


def test_each_view_is_judged() -> None:
    assert set(VIEWS) == {path.stem for path in DATA.glob("*.sql")}


def test_the_moved_dates_are_those_that_the_manual_states(views: duckdb.DuckDBPyConnection) -> None:
    spans = {
        "order_date FROM orders": ("2021-01-03", "2024-12-30"),
        "created_at::date FROM events": ("2024-07-07", "2024-12-31"),
        "started_at FROM subscriptions": ("2018-12-31", "2024-12-31"),
    }
    for what, span in spans.items():
        column, _, table = what.partition(" ")
        row = views.execute(f"SELECT min({column})::text, max({column})::text {table}").fetchone()
        assert row == span, what


def test_every_declared_key_is_unique(views: duckdb.DuckDBPyConnection) -> None:
    text = (rows.ROOT / "kpis" / "sources.yml").read_text(encoding="utf-8")
    keys = re.findall(r"relation: (\w+)\n(?:    .*\n)*?    key: \[(.*?)\]", text)
    assert len(keys) > 10
    for relation, key in keys:
        counts = views.execute(f"SELECT count(*), count(DISTINCT ({key},)) FROM {relation}").fetchone()
        assert counts is not None
        assert counts[0] == counts[1], relation


def test_the_starter_holds_the_orders_of_2017() -> None:
    totals: dict[str, Decimal] = {}
    for line in rows.raw("superstore.parquet"):
        if line["order_date"].year == 2017:
            totals[line["order_id"]] = totals.get(line["order_id"], Decimal(0)) + line["sales"]
    with (STARTER / "data" / "superstore_2017.csv").open(encoding="utf-8", newline="") as file:
        found = {row["order_id"]: Decimal(row["amount"]) for row in csv.DictReader(file)}
    assert found == totals
    assert len(found) == 1_687


def test_the_starters_view_reads_its_file() -> None:
    with load(STARTER / "data") as connection:
        row = connection.execute("SELECT count(*), sum(amount), max(order_date)::text FROM orders").fetchone()
    assert row == (1_687, Decimal("733215.2552"), "2017-12-30")
