"""The example's rows, derived from the raw files in plain Python: what the views of examples/nexpo/data say in SQL.

DuckDB only reads the files here. Dates move as examples/nexpo/LICENSES.md states.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "nexpo" / "data"
LAST_DAY = dt.date(2024, 12, 31)
SESSION_GAP = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    order_id: str
    customer_id: str
    segment: str
    region: str
    category: str
    ship_mode: str
    order_date: dt.date
    ship_date: dt.date
    quantity: int
    discount: Decimal
    amount: Decimal
    profit: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    order_id: str
    customer_id: str
    segment: str
    region: str
    ship_mode: str
    order_date: dt.date
    ship_date: dt.date
    days_to_ship: int
    repeated: bool
    """The customer has ordered before."""
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    user_id: str
    session_id: str
    name: str
    at: dt.datetime
    platform: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    user_id: str
    date: dt.date
    seconds: int
    platform: str
    channel: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    customer_id: int
    amount: Decimal
    contract: str
    started: dt.date
    ended: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    month: dt.date
    channel: str
    amount: Decimal


def raw(name: str) -> list[dict[str, Any]]:
    """All rows of one file of the example."""
    with duckdb.connect() as connection:
        cursor = connection.execute(f"SELECT * FROM '{DATA / name}'")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def add_months(day: dt.date, months: int) -> dt.date:
    """Calendar addition, clamped to the month's end."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@cache
def lines() -> tuple[Line, ...]:
    return tuple(
        Line(
            order_id=row["order_id"],
            customer_id=row["customer_id"],
            segment=row["segment"],
            region=row["region"],
            category=row["category"],
            ship_mode=row["ship_mode"],
            order_date=add_months(row["order_date"], 84),
            ship_date=add_months(row["ship_date"], 84),
            quantity=row["quantity"],
            discount=row["discount"],
            amount=row["sales"],
            profit=row["profit"],
        )
        for row in raw("superstore.parquet")
    )


@cache
def orders() -> tuple[Order, ...]:
    by_id: dict[str, list[Line]] = {}
    for line in lines():
        by_id.setdefault(line.order_id, []).append(line)
    seen: set[str] = set()
    found = []
    for order_id, parts in sorted(by_id.items(), key=lambda item: (item[1][0].order_date, item[0])):
        first = parts[0]
        found.append(
            Order(
                order_id=order_id,
                customer_id=first.customer_id,
                segment=first.segment,
                region=first.region,
                ship_mode=first.ship_mode,
                order_date=first.order_date,
                ship_date=first.ship_date,
                days_to_ship=(first.ship_date - first.order_date).days,
                repeated=first.customer_id in seen,
                amount=sum((part.amount for part in parts), Decimal(0)),
            )
        )
        seen.add(first.customer_id)
    return tuple(found)


@cache
def events() -> tuple[Event, ...]:
    """Without repeated rows, in the order of user, time, tracker's session and name."""
    distinct = {
        Event(
            user_id=row["user_id"],
            session_id=row["session_id"],
            name=row["event"],
            at=row["timestamp"] + dt.timedelta(days=185),
            platform=row["platform"],
            channel=row["acquisition_channel"],
        )
        for row in raw("ecom.parquet")
    }
    return tuple(sorted(distinct, key=lambda event: (event.user_id, event.at, event.session_id, event.name)))


@cache
def sessions() -> tuple[Session, ...]:
    return tuple(_session(group) for group in _groups())


def _groups() -> Iterator[list[Event]]:
    group: list[Event] = []
    for event in events():
        if group and (event.user_id != group[-1].user_id or event.at - group[-1].at > SESSION_GAP):
            yield group
            group = []
        group.append(event)
    yield group


def _session(group: list[Event]) -> Session:
    return Session(
        user_id=group[0].user_id,
        date=group[0].at.date(),
        seconds=int((group[-1].at - group[0].at).total_seconds()),
        platform=group[0].platform,
        channel=group[0].channel,
        names=tuple(event.name for event in group),
    )


@cache
def activity() -> frozenset[tuple[str, dt.date]]:
    return frozenset((event.user_id, event.at.date()) for event in events())


@cache
def subscriptions() -> tuple[Subscription, ...]:
    return tuple(
        Subscription(
            customer_id=row["customer_id"],
            amount=row["monthly_charges"],
            contract=row["contract"],
            started=add_months(LAST_DAY, -row["tenure"]),
            ended=LAST_DAY if row["churn"] == "Yes" else None,
        )
        for row in raw("wa_churn.parquet")
    )


@cache
def spend() -> tuple[Spend, ...]:
    return tuple(
        Spend(month=row["month"], channel=row["channel"], amount=Decimal(str(row["spend"])))
        for row in raw("marketing_spend.csv")
    )
