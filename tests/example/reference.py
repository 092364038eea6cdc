"""Every shipped KPI's whole history, computed from `rows` in plain Python and without a line of kpictl.

A series is a dictionary from (bucket as people read it, values of the KPI's dimensions in their order) to a number;
`()` is the total. It holds what has a number: empty sums, averages and ratios are left out, empty counts of a total
are 0.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from tests.example import rows

T = TypeVar("T")
Number = Decimal | float | int
Series = dict[tuple[str, tuple[str, ...]], Number]
Total: tuple[str, ...] = ()

WEB_DAYS = (dt.date(2024, 7, 7), dt.date(2024, 12, 31))
"""From the first web event to the last day that has ended."""
WEB_WEEKS_END = dt.date(2024, 12, 29)
"""The last day of the last week that has ended."""


def day(date: dt.date) -> str:
    return date.isoformat()


def week(date: dt.date) -> str:
    year, number, _ = date.isocalendar()
    return f"{year}-W{number:02}"


def month(date: dt.date) -> str:
    return f"{date.year}-{date.month:02}"


def days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + dt.timedelta(days=number) for number in range((last - first).days + 1))


def months() -> Iterator[dt.date]:
    """First days of 2021-01 to 2024-12."""
    return (dt.date(2021 + number // 12, number % 12 + 1, 1) for number in range(48))


def grouped(
    items: Iterable[T],
    bucket: Callable[[T], str],
    dimensions: Callable[[T], tuple[str, ...]],
    number: Callable[[list[T]], Number | None],
) -> Series:
    """The total and the finest set of each bucket; a group whose number is None is left out."""
    groups: dict[tuple[str, tuple[str, ...]], list[T]] = {}
    for item in items:
        for key in {Total, dimensions(item)}:
            groups.setdefault((bucket(item), key), []).append(item)
    values = {key: number(members) for key, members in groups.items()}
    return {key: value for key, value in values.items() if value is not None}


def dense(series: Series, buckets: Iterable[str]) -> Series:
    """A count's total is 0 in a bucket without rows."""
    return {(bucket, Total): 0 for bucket in buckets} | series


def divided(above: Series, below: Series, *, count_above: bool = False) -> Series:
    """Real division where both have a number; a missing count above is 0."""
    return {
        key: float(above.get(key, 0)) / float(value)
        for key, value in below.items()
        if value and (key in above or count_above)
    }


def percentile(values: list[int], share: float) -> float:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def average(values: list[int]) -> float:
    return sum(values) / len(values)


def none(_: Any) -> tuple[str, ...]:
    return Total


# -- business: subscriptions


def active_at(end: dt.date) -> list[rows.Subscription]:
    """Who holds in the bucket that ends at `end`: started before it, and not ended before it."""
    return [s for s in rows.subscriptions() if s.started < end and (s.ended is None or s.ended >= end)]


def stock(number: Callable[[list[rows.Subscription]], Number]) -> Series:
    found: Series = {}
    for first in months():
        group = active_at(rows.add_months(first, 1))
        found[month(first), Total] = number(group)
        for contract in {s.contract for s in group}:
            found[month(first), (contract,)] = number([s for s in group if s.contract == contract])
    return found


def mrr() -> Series:
    return stock(lambda group: sum((s.amount for s in group), Decimal(0)))


def active_subscribers() -> Series:
    return stock(len)


def starts() -> list[rows.Subscription]:
    return [s for s in rows.subscriptions() if s.started >= dt.date(2021, 1, 1)]


def new_subscribers() -> Series:
    return grouped(starts(), lambda s: month(s.started), lambda s: (s.contract,), len)


def totals(series: Series) -> Series:
    return {key: value for key, value in series.items() if key[1] == Total}


def monthly_recurring_revenue() -> Series:
    return {("2024-12-31", Total): sum((s.amount for s in rows.subscriptions() if s.ended is None), Decimal(0))}


def churn_rate() -> Series:
    gone = sum(s.ended is not None for s in rows.subscriptions())
    return {("2024-W52", Total): 100 * gone / len(rows.subscriptions())}


# -- business: marketing


def advertising_spend() -> Series:
    return grouped(
        rows.spend(), lambda s: month(s.month), lambda s: (s.channel,), lambda g: sum((s.amount for s in g), Decimal(0))
    )


# -- business: sales


def line_sum(
    number: Callable[[rows.Line], Number | None], dimensions: Callable[[rows.Line], tuple[str, ...]]
) -> Series:
    def total(group: list[rows.Line]) -> Number | None:
        values = [value for value in map(number, group) if value is not None]
        return sum(values[1:], values[0]) if values else None

    return grouped(rows.lines(), lambda line: month(line.order_date), dimensions, total)


def region_category(line: rows.Line) -> tuple[str, ...]:
    return (line.region, line.category)


def region(row: rows.Line | rows.Order) -> tuple[str, ...]:
    return (row.region,)


def revenue() -> Series:
    return line_sum(lambda line: line.amount, region_category)


def gross_profit() -> Series:
    return line_sum(lambda line: line.profit, region_category)


def discounted_revenue() -> Series:
    return line_sum(lambda line: line.amount if line.discount > 0 else None, region_category)


def units_sold() -> Series:
    return line_sum(lambda line: line.quantity, lambda line: (line.segment,))


def order_count() -> Series:
    return grouped(rows.orders(), lambda o: month(o.order_date), region, len)


def repeat_orders() -> Series:
    series = grouped((o for o in rows.orders() if o.repeated), lambda o: month(o.order_date), region, len)
    return dense(series, map(month, months()))


def buyers() -> Series:
    return grouped(
        rows.orders(), lambda o: month(o.order_date), lambda o: (o.segment,), lambda g: len({o.customer_id for o in g})
    )


def revenue_growth_yoy() -> Series:
    sales = totals(revenue())
    return {
        (month(first), Total): float(sales[month(first), Total])
        / float(sales[f"{first.year - 1}-{first.month:02}", Total])
        - 1
        for first in months()
        if first.year > 2021
    }


def monthly_revenue_growth() -> Series:
    sales = [(bucket, float(value)) for (bucket, _), value in sorted(totals(revenue()).items())]
    pairs = itertools.pairwise(sales)
    return {(bucket, Total): (now - before) / before * 100 for (_, before), (bucket, now) in pairs}


# -- users


def active_users(length: int) -> Series:
    """Distinct users of the day and the `length - 1` days before."""
    on: dict[dt.date, set[str]] = {}
    for user, date in rows.activity():
        on.setdefault(date, set()).add(user)
    return {
        (day(date), Total): len(set().union(*(on.get(date - dt.timedelta(days=back), set()) for back in range(length))))
        for date in days(*WEB_DAYS)
    }


def session_duration() -> Series:
    """Average over the day and the seven before; today, 2025-01-01, has begun."""
    found: Series = {}
    for date in days(WEB_DAYS[0], WEB_DAYS[1] + dt.timedelta(days=1)):
        lengths = [s.seconds for s in rows.sessions() if date - dt.timedelta(days=7) <= s.date <= date]
        if lengths:
            found[day(date), Total] = average(lengths)
    return found


def ended_weeks() -> list[str]:
    return sorted({week(date) for date in days(WEB_DAYS[0], WEB_WEEKS_END)})


def session_count(
    keep: Callable[[rows.Session], bool], dimensions: Callable[[rows.Session], tuple[str, ...]] = none
) -> Series:
    kept = (s for s in rows.sessions() if s.date <= WEB_WEEKS_END and keep(s))
    return dense(grouped(kept, lambda s: week(s.date), dimensions, len), ended_weeks())


def platform_channel(session: rows.Session) -> tuple[str, ...]:
    return (session.platform, session.channel)


def sessions() -> Series:
    return session_count(lambda s: True, platform_channel)


def buying_sessions() -> Series:
    return session_count(lambda s: "purchase" in s.names, platform_channel)


def cart_sessions() -> Series:
    return session_count(lambda s: "add_to_cart" in s.names)


def filled_and_bought() -> Series:
    return session_count(lambda s: "add_to_cart" in s.names and "purchase" in s.names)


def median_session_length() -> Series:
    ended = (s for s in rows.sessions() if s.date <= WEB_WEEKS_END)
    return grouped(
        ended, lambda s: week(s.date), lambda s: (s.platform,), lambda g: percentile([s.seconds for s in g], 0.5)
    )


# -- performance


def event_count(keep: Callable[[rows.Event], bool]) -> Series:
    series = grouped(filter(keep, rows.events()), lambda e: day(e.at.date()), lambda e: (e.platform,), len)
    return dense(series, map(day, days(*WEB_DAYS)))


def page_views() -> Series:
    return event_count(lambda e: True)


def error_pages() -> Series:
    return event_count(lambda e: e.name == "error_page")


def payment_attempts() -> Series:
    return session_count(lambda s: "payment_details" in s.names)


def failed_payments() -> Series:
    return session_count(lambda s: "payment_details" in s.names and "payment_error" in s.names)


def shipped() -> list[rows.Order]:
    return [o for o in rows.orders() if o.ship_date <= rows.LAST_DAY]


def days_to_ship() -> Series:
    return grouped(
        shipped(),
        lambda o: month(o.ship_date),
        lambda o: (o.ship_mode,),
        lambda g: average([o.days_to_ship for o in g]),
    )


def days_to_ship_p95() -> Series:
    return grouped(
        shipped(), lambda o: month(o.ship_date), none, lambda g: percentile([o.days_to_ship for o in g], 0.95)
    )


SERIES: dict[str, Callable[[], Series]] = {
    "monthly_recurring_revenue": monthly_recurring_revenue,
    "churn_rate": churn_rate,
    "mrr": mrr,
    "active_subscribers": active_subscribers,
    "new_subscribers": new_subscribers,
    "arpu": lambda: divided(totals(mrr()), totals(active_subscribers())),
    "customer_acquisition_cost": lambda: divided(totals(advertising_spend()), totals(new_subscribers())),
    "advertising_spend": advertising_spend,
    "return_on_ad_spend": lambda: divided(totals(revenue()), totals(advertising_spend())),
    "revenue": revenue,
    "gross_profit": gross_profit,
    "gross_margin": lambda: divided(gross_profit(), revenue()),
    "discounted_revenue": discounted_revenue,
    "discounted_share": lambda: divided(totals(discounted_revenue()), totals(revenue())),
    "order_count": order_count,
    "average_order_value": lambda: divided(line_sum(lambda line: line.amount, region), order_count()),
    "units_sold": units_sold,
    "units_per_order": lambda: divided(totals(units_sold()), totals(order_count())),
    "buyers": buyers,
    "revenue_per_buyer": lambda: divided(totals(revenue()), totals(buyers())),
    "repeat_orders": repeat_orders,
    "repeat_purchase_rate": lambda: divided(repeat_orders(), order_count(), count_above=True),
    "revenue_growth_yoy": revenue_growth_yoy,
    "monthly_revenue_growth": monthly_revenue_growth,
    "daily_active_users": lambda: active_users(1),
    "wau": lambda: active_users(7),
    "mau": lambda: active_users(30),
    "stickiness": lambda: divided(active_users(1), active_users(30)),
    "session_duration": session_duration,
    "sessions": sessions,
    "median_session_length": median_session_length,
    "buying_sessions": buying_sessions,
    "conversion_rate": lambda: divided(buying_sessions(), sessions(), count_above=True),
    "cart_sessions": cart_sessions,
    "filled_and_bought": filled_and_bought,
    "cart_abandonment_rate": lambda: {
        key: 1 - float(value) for key, value in divided(filled_and_bought(), cart_sessions()).items()
    },
    "page_views": page_views,
    "error_pages": error_pages,
    "error_page_rate": lambda: divided(error_pages(), page_views(), count_above=True),
    "payment_attempts": payment_attempts,
    "failed_payments": failed_payments,
    "payment_error_rate": lambda: divided(failed_payments(), payment_attempts()),
    "support_contacts": lambda: session_count(lambda s: "support_chat" in s.names),
    "days_to_ship": days_to_ship,
    "days_to_ship_p95": days_to_ship_p95,
}
"""Each shipped KPI by name."""
