"""The truth where KPI semantics differ from PostgreSQL's: one function a query, over the loaded rows, in plain Python.

A function is named for its query and answers the query's rows in its order. It follows the contract and not the SQL
text of any engine: real division that is NULL over zero, whole numbers without end, rounding half away from zero on the
shortest decimal form, buckets cut in a zone. Slow and obvious; nothing here imports the compiler. Some queries where
PostgreSQL agrees are derived too, so that one mistake in reading the contract does not pass on both sides.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracles.judge import Row, Tables

Rows = list[dict[str, Any]]
Data = dict[str, Rows]
Answer = list[Row]

AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)
TODAY = date(2026, 3, 31)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
STEP = timedelta(minutes=15)


def rows_of(tables: Tables) -> Data:
    """The tables as lists of rows by column name."""
    return {name: [dict(zip(t.columns, row, strict=True)) for row in t.rows] for name, t in tables.items()}


# -- the contract
def over(a: Any, b: Any) -> float | None:
    """Real division; NULL over zero and of NULL."""
    return None if a is None or b is None or b == 0 else float(a) / float(b)


def times(a: Any, b: Any) -> Any:
    """A product; NULL of NULL."""
    return None if a is None or b is None else a * b


def remainder(a: int | None, b: int | None) -> int | None:
    """With the sign of `a`; NULL over zero."""
    return None if a is None or not b else int(math.copysign(abs(a) % abs(b), a))


def rounded(x: Any, digits: int = 0) -> Decimal | None:
    """Half away from zero on the shortest decimal form."""
    return (
        None
        if x is None
        else Decimal(repr(x) if isinstance(x, float) else x).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    )


def known(values: Iterable[Any]) -> list[Any]:
    """Without NULLs."""
    return [value for value in values if value is not None]


def total(values: Iterable[Any]) -> Any:
    """SUM: NULL of nothing."""
    found = known(values)
    return sum(found) if found else None


def mean(values: Iterable[Any]) -> float | None:
    """AVG as double: NULL of nothing."""
    found = known(values)
    return float(sum(map(Decimal, found)) / len(found)) if found else None


def grouped(rows: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """Rows by key, keys ascending with NULLS LAST."""
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return {k: found[k] for k in ascending(found)}


def ascending(keys: Iterable[Any]) -> list[Any]:
    """Sorted, with NULLS LAST at every place of a tuple."""
    return sorted(keys, key=_place)


def _place(key: Any) -> Any:
    return tuple(map(_place, key)) if isinstance(key, tuple) else (key is None, 0 if key is None else key)


def count(rows: Iterable[Any], test: Callable[[Any], Any]) -> int:
    """COUNT(*) FILTER (WHERE test); NULL is not true."""
    return sum(1 for row in rows if test(row))


def add_months(day: date, months: int) -> date:
    """Month ends clamp."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - DAY).day))


def bucket(at: datetime, zone: str, unit: str) -> datetime:
    """First instant of the local unit that holds `at`, by walking back until the unit (or, for hours, the offset) changes."""
    tz = ZoneInfo(zone)

    def label(instant: datetime) -> tuple[object, ...]:
        local = instant.astimezone(tz)
        return {
            "hour": (local.date(), local.hour, local.utcoffset()),
            "day": (local.date(),),
            "week": local.isocalendar()[:2],
            "month": (local.year, local.month),
        }[unit]

    start = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)  # every change of clock is at a quarter
    while label(start - STEP) == label(at):
        start -= STEP
    return start


def instant(wall: datetime | None, zone: str) -> datetime | None:
    """The instant of a wall time: the later of two, moved forward where the clock skipped it."""
    if wall is None:
        return None
    tz = ZoneInfo(zone)
    told = {(wall.replace(tzinfo=tz, fold=fold)).astimezone(UTC) for fold in (0, 1)}
    right = [one for one in told if one.astimezone(tz).replace(tzinfo=None) == wall]
    return max(right) if right else max(told)


def local(at: datetime, zone: str) -> datetime:
    """The wall time of an instant."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def counts(keys: Iterable[Any]) -> Answer:
    """(key, COUNT(*)) by key."""
    return [(key, len(rows)) for key, rows in grouped(keys, lambda key: key).items()]


def percentile(values: Iterable[Any], p: float) -> float | None:
    """percentile_cont on doubles."""
    found = sorted(map(float, known(values)))
    if not found:
        return None
    at = p * (len(found) - 1)
    low, high = math.floor(at), math.ceil(at)
    return found[low] + (found[high] - found[low]) * (at - low)


def by_month_region(rows: Rows) -> Rows:
    return sorted(rows, key=lambda r: (r["month"], r["region"]))


def cheap(rows: Rows) -> Rows:
    """WHERE amount < 1000."""
    return [r for r in rows if r["amount"] is not None and r["amount"] < 1000]


# -- numbers
def n01_attainment(t: Data) -> Answer:
    groups = grouped(t["goals"], lambda r: r["region"])
    return [(k, over(total(r["actual"] for r in g), total(r["goal"] for r in g))) for k, g in groups.items()]


def n02_attainment_rows(t: Data) -> Answer:
    return [(r["month"], r["region"], times(over(r["actual"], r["goal"]), 100)) for r in by_month_region(t["goals"])]


def n03_avg_of_quotients(t: Data) -> Answer:
    found = known(over(r["actual"], r["goal"]) for r in t["goals"])
    return [(math.fsum(found) / len(found), len(found))]


def n04_quotient_in_where(t: Data) -> Answer:
    return [(count(t["goals"], lambda r: (over(r["actual"], r["goal"]) or 0) >= 0.5),)]


def n06_mod_zero(t: Data) -> Answer:
    return [(r["month"], r["region"], remainder(r["actual"], r["goal"])) for r in by_month_region(t["goals"])]


def n07_mod_negative(t: Data) -> Answer:
    return [(r["id"], remainder(r["i"], 3), remainder(r["i"], -3)) for r in t["entries"]]


def n08_sum_past_bigint(t: Data) -> Answer:
    return [(k, total(r["big"] for r in g)) for k, g in grouped(t["entries"], lambda r: r["acct"]).items()]


def n09_sum_38_digits(t: Data) -> Answer:
    groups = grouped(t["entries"], lambda r: r["acct"])
    return [(k, total(None if r["wide"] is None else int(r["wide"]) for r in g)) for k, g in groups.items()]


def n11_int_product(t: Data) -> Answer:
    return [(r["id"], times(r["i"], r["i"])) for r in t["entries"]]


def n12_bigint_sum_in_row(t: Data) -> Answer:
    return [(r["id"], r["big"] + 1, r["big"] * 2) for r in t["entries"] if r["acct"] == "a"]


def n13_sum_of_squares(t: Data) -> Answer:
    groups = grouped(t["entries"], lambda r: r["acct"])
    return [(k, total(times(r["i"], r["i"]) for r in g)) for k, g in groups.items() if k is not None]


def n15_round_double(t: Data) -> Answer:
    return [(r["id"], rounded(r["d"])) for r in t["entries"] if r["d"] is not None and abs(r["d"]) < 100]


def n16_round_digits(t: Data) -> Answer:
    return [(r["id"], rounded(r["d"], 2)) for r in t["entries"] if r["d"] is not None and abs(r["d"]) < 100]


def n17_cast_double_to_int(t: Data) -> Answer:
    return [
        (r["id"], rounded(r["d"]), rounded(r["d"])) for r in t["entries"] if r["d"] is not None and abs(r["d"]) < 100
    ]


def n18_round_decimal(t: Data) -> Answer:
    return [(r["id"], rounded(r["credit"], 1), rounded(r["credit"]), _tens(r["credit"])) for r in t["accounts"]]


def _tens(x: Decimal | None) -> Decimal | None:
    return None if x is None else (x / 10).quantize(Decimal(1), ROUND_HALF_UP) * 10


def n20_logs_out_of_range(t: Data) -> Answer:
    return [
        (r["id"], math.log(r["d"]) if r["d"] > 0 else None, math.log10(r["d"]) if r["d"] > 0 else None)
        for r in t["entries"]
        if r["d"] is not None and abs(r["d"]) < 1e10
    ]


def n21_root_of_negative(t: Data) -> Answer:
    return [
        (r["id"], None if r["i"] < 0 else math.sqrt(r["i"]))
        for r in t["entries"]
        if r["d"] is not None and abs(r["d"]) < 1e10
    ]


def n22_exp_overflow(t: Data) -> Answer:
    return [
        (r["day"], None if r["visits"] is None or r["visits"] > 7 else math.exp(r["visits"] * 100))
        for r in t["days"]
        if r["day"] >= date(2026, 1, 1)
    ]


def n23_power_of_zero(t: Data) -> Answer:
    return sorted((r["region"], over(1, r["q3"])) for r in t["budget"] if r["year"] == 2025)


def n26_divide_by_double_zero(t: Data) -> Answer:
    return [(r["id"], over(1, r["v"])) for r in t["pulses"]]


def n28_share_of_nothing(t: Data) -> Answer:
    found = [(r["region"], r["year"], [r[q] or 0 for q in ("q1", "q2", "q3", "q4")]) for r in t["budget"]]
    return [(region, year, over(q[0], sum(q))) for region, year, q in sorted(found)]


def n36_abs_of_least_int(t: Data) -> Answer:
    return [
        (r["id"], None, None, None) if r["i"] is None else (r["id"], abs(r["i"]), -r["i"], (r["i"] > 0) - (r["i"] < 0))
        for r in t["entries"]
    ]


def n38_paid_share(t: Data) -> Answer:
    return [(over(count(t["invoices"], lambda r: r["status"] == "paid"), len(t["invoices"])),)]


def n39_paid_percent(t: Data) -> Answer:
    groups = grouped(t["invoices"], lambda r: r["currency"] or "none")
    return [(k, over(count(g, lambda r: r["status"] == "paid") * 100, len(g))) for k, g in groups.items()]


def n40_constants(t: Data) -> Answer:
    return [(1 / 3, 7 / 2 * 2, -7 / 2, 7.0 / 2, -3, True, -1, -3.5)]


def n41_quotient_in_having(t: Data) -> Answer:
    groups = {k: total(r["seats"] for r in g) for k, g in grouped(t["accounts"], lambda r: r["country"]).items()}
    return [(k, seats) for k, seats in groups.items() if (over(seats, 2) or 0) > 8]


def n42_quotient_in_order(t: Data) -> Answer:
    def place(r: dict[str, Any]) -> Any:
        share = over(r["actual"], r["goal"])
        return (share is None, -(share or 0), r["month"], r["region"])

    return [(r["month"], r["region"]) for r in sorted(t["goals"], key=place)[:5]]


def n43_guarded_quotient(t: Data) -> Answer:
    return [(r["month"], r["region"], over(r["actual"], r["goal"])) for r in by_month_region(t["goals"])]


def n44_rounded_quotient(t: Data) -> Answer:
    return [(r["month"], r["region"], rounded(over(r["actual"], r["goal"]), 2)) for r in by_month_region(t["goals"])]


def n48_tax_rate(t: Data) -> Answer:
    return ascending((r["id"], over(r["tax"], r["amount"])) for r in t["invoices"] if r["amount"] is not None)


def n49_nested_quotients(t: Data) -> Answer:
    return sorted(
        (r["region"], over(r["q1"] + r["q2"], over(r["q3"], r["q2"]))) for r in t["budget"] if r["year"] == 2025
    )


def n50_ratio_of_ratios(t: Data) -> Answer:
    def all_of(g: Rows, column: str) -> int:
        return int(total(r[column] for r in g))

    return [
        (
            k,
            over(all_of(g, "q1"), all_of(g, "q2")),
            over(all_of(g, "q3"), all_of(g, "q4")),
            over(all_of(g, "q2"), len(g)),
        )
        for k, g in grouped(t["budget"], lambda r: r["year"]).items()
    ]


def n51_tenure_years(t: Data) -> Answer:
    return [(r["id"], over(((r["ended_on"] or TODAY) - r["started_on"]).days, 30)) for r in t["subs"]]


def n53_exact_decimal_equality(t: Data) -> Answer:
    told = {Decimal("0.3")}
    found = [
        r["tiny"] * 3
        for r in t["entries"]
        if r["tiny"] is not None and {r["tiny"] * 3, r["tiny"] + Decimal("0.1")} & told
    ]
    return [(len(found), total(found))]


# -- nothing at all
def e03_empty_ratio(t: Data) -> Answer:
    return [(None, None)]


def e07_quantified_empty(t: Data) -> Answer:
    return [(len(t["accounts"]), 0)]


def e15_not_in_with_nulls(t: Data) -> Answer:
    return [(0,)]


# -- text
def t01_tiers_as_written(t: Data) -> Answer:
    return counts(r["tier"] for r in t["accounts"])


def t04_order_by_name(t: Data) -> Answer:
    return [(number, name) for name, number in ascending((r["name"], r["id"]) for r in t["accounts"])]


def t10_lengths(t: Data) -> Answer:
    return [
        (r["id"], None, None) if r["name"] is None else (r["id"], len(r["name"]), len(r["name"].strip(" ")))
        for r in t["accounts"]
    ]


# -- time
def d01_add_month_clamped(t: Data) -> Answer:
    return [
        (r["id"], add_months(r["started_on"], 1), add_months(r["started_on"], -1), add_months(r["started_on"], 12))
        for r in t["subs"]
        if r["id"] <= 11
    ]


def d04_calendar_parts(t: Data) -> Answer:
    found = []
    for day in sorted(r["day"] for r in t["days"]):
        year, week, weekday = day.isocalendar()
        found.append((day, week, year, weekday, weekday % 7, day.timetuple().tm_yday, (day.month + 2) // 3))
    return found


def d05_iso_week_labels(t: Data) -> Answer:
    return counts("{}-W{:02}".format(*r["day"].isocalendar()[:2]) for r in t["days"])


def d07_visits_by_week(t: Data) -> Answer:
    groups = grouped(t["days"], lambda r: r["day"] - r["day"].weekday() * DAY)
    return [(k, total(r["visits"] for r in g), len(g)) for k, g in groups.items()]


def d08_weeks_from_sunday(t: Data) -> Answer:
    return counts(r["day"] - r["day"].isoweekday() % 7 * DAY for r in t["days"])


def d23_epochs(t: Data) -> Answer:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return [
        (r["id"], (r["at"] - start) / MINUTE * 60, (r["local_at"].replace(tzinfo=UTC) - start) / MINUTE * 60)
        for r in t["pulses"]
    ]


def d26_quarter_hours(t: Data) -> Answer:
    return counts(r["at"].replace(minute=r["at"].minute // 15 * 15, second=0, microsecond=0) for r in t["pulses"])


# -- zones
def _buckets(t: Data, zone: str, unit: str, since: str = "2000-01-01", until: str = "2100-01-01") -> Answer:
    since_at, until_at = (datetime.fromisoformat(f"{day}T00:00:00+00:00") for day in (since, until))
    return counts(bucket(r["at"], zone, unit) for r in t["beats"] if since_at <= r["at"] < until_at)


def z01_berlin_days(t: Data) -> Answer:
    return counts(local(r["at"], "Europe/Berlin").date() for r in t["beats"])


def z02_new_york_dates(t: Data) -> Answer:
    groups = grouped(t["beats"], lambda r: local(r["at"], "America/New_York").date())
    return [(k, len(g), total(r["n"] for r in g)) for k, g in groups.items()]


def z03_berlin_day_starts(t: Data) -> Answer:
    return _buckets(t, "Europe/Berlin", "day", since="2025-10-25")


def z04_havana_day_starts(t: Data) -> Answer:
    return _buckets(t, "America/Havana", "day", since="2025-10-30")


def z05_lord_howe_hours(t: Data) -> Answer:
    return _buckets(t, "Australia/Lord_Howe", "hour", until="2025-10-06")


def z06_berlin_hours(t: Data) -> Answer:
    return _buckets(t, "Europe/Berlin", "hour", since="2025-10-25", until="2025-10-27")


def z07_new_york_weeks(t: Data) -> Answer:
    groups = grouped(t["beats"], lambda r: bucket(r["at"], "America/New_York", "week"))
    return [(k, total(r["n"] for r in g)) for k, g in groups.items()]


def z08_kolkata_months(t: Data) -> Answer:
    return _buckets(t, "Asia/Kolkata", "month")


def z09_kathmandu_hours(t: Data) -> Answer:
    return counts(local(r["at"], "Asia/Kathmandu").hour for r in t["beats"] if r["at"].date() >= date(2026, 3, 28))


def z10_kolkata_hour_starts(t: Data) -> Answer:
    return _buckets(t, "Asia/Kolkata", "hour", since="2026-03-28")


def z11_wall_to_instant(t: Data) -> Answer:
    return [(r["id"], instant(r["began"], "Europe/Berlin"), instant(r["ended"], "Europe/Berlin")) for r in t["shifts"]]


def z12_true_hours_worked(t: Data) -> Answer:
    found = []
    for worker, g in grouped([r for r in t["shifts"] if r["ended"]], lambda r: r["worker"]).items():
        true = [instant(r["ended"], "Europe/Berlin") - instant(r["began"], "Europe/Berlin") for r in g]  # type: ignore[operator]
        wall = [r["ended"] - r["began"] for r in g]
        found.append((worker, sum(true, timedelta()) / MINUTE / 60, sum(wall, timedelta()) / MINUTE / 60))
    return found


def z13_one_local_day(t: Data) -> Answer:
    return [(count(t["beats"], lambda r: local(r["at"], "Europe/Berlin").date() == date(2026, 3, 29)),)]


def z14_zone_to_zone(t: Data) -> Answer:
    return [(r["id"], local(instant(r["began"], "Europe/Berlin") or AS_OF, "America/New_York")) for r in t["shifts"]]


def z16_today_elsewhere(t: Data) -> Answer:
    auckland = local(AS_OF, "Pacific/Auckland").date()
    return [(auckland, local(AS_OF, "Pacific/Honolulu").date(), auckland.replace(day=1))]


def z17_since_local_midnight(t: Data) -> Answer:
    start = bucket(AS_OF, "America/New_York", "day")
    return [(count(t["invoices"], lambda r: r["issued_at"] >= start),)]


def z18_revenue_by_local_month(t: Data) -> Answer:
    late = [r for r in t["invoices"] if r["issued_at"].date() >= date(2025, 12, 1)]
    groups = grouped(late, lambda r: local(r["issued_at"], "Asia/Tokyo").date().replace(day=1))
    return [(k, total(r["amount"] for r in g)) for k, g in groups.items()]


def z21_lord_howe_days(t: Data) -> Answer:
    return _buckets(t, "Australia/Lord_Howe", "day", until="2025-10-06")


# -- KPIs
def k02_net_revenue_retention(t: Data) -> Answer:
    paid = {(r["account_id"], r["month"]): r["mrr"] for r in t["monthly_mrr"] if r["mrr"] is not None}
    found = []
    for month, keys in grouped(paid, lambda key: key[1]).items():
        if month < date(2026, 3, 1):
            base = [paid[key] for key in keys]
            later = [paid.get((account, add_months(month, 1)), Decimal(0)) for account, _ in keys]
            kept = sum(map(min, base, later))
            found.append((month, over(sum(later), sum(base)), over(kept, sum(base))))
    return found


def k04_active_at_month_end(t: Data) -> Answer:
    found = []
    for months in range(15):
        day = add_months(date(2025, 1, 1), months + 1) - DAY
        held = [r for r in t["subs"] if r["started_on"] <= day and (r["ended_on"] is None or r["ended_on"] > day)]
        found.append((day, len(held), len({r["account_id"] for r in held}), total(r["mrr"] for r in held)))
    return found


def k05_monthly_churn(t: Data) -> Answer:
    found = []
    for month in (add_months(date(2025, 1, 1), n) for n in range(15)):
        held = [r for r in t["subs"] if r["started_on"] < month and (r["ended_on"] is None or r["ended_on"] >= month)]
        end = add_months(month, 1)
        gone = count(held, lambda r, end=end: r["ended_on"] and r["ended_on"] < end)  # type: ignore[misc]
        found.append((month, gone, len(held), over(gone, len(held))))
    return found


def k06_cohort_table(t: Data) -> Answer:
    firsts: dict[int, date] = {}
    for r in t["subs"]:
        if r["started_on"] <= TODAY:
            month = r["started_on"].replace(day=1)
            firsts[r["account_id"]] = min(month, firsts.get(r["account_id"], month))
    found = []
    for cohort, members in grouped(firsts, lambda account: firsts[account]).items():
        until = add_months(cohort, 3)
        mine = [r for r in t["subs"] if r["account_id"] in members]
        kept = {r["account_id"] for r in mine if r["ended_on"] is None or r["ended_on"] >= until}
        found.append((cohort, len(members), len(kept), over(len(kept), len(members))))
    return found


def k07_funnel_counts(t: Data) -> Answer:
    week, done = 7 * DAY, [0, 0, 0]
    for user, rows in grouped(t["steps"], lambda r: r["user_id"]).items():
        views = sorted(r["at"] for r in rows if r["step"] == "view")
        if user is None or not views:
            continue
        carts = sorted(r["at"] for r in rows if r["step"] == "cart" and views[0] < r["at"] <= views[0] + week)
        pays = carts and [r for r in rows if r["step"] == "pay" and carts[0] < r["at"] <= views[0] + week]
        done = [n + bool(passed) for n, passed in zip(done, (views, carts, pays), strict=True)]
    return [tuple(done)]


def k08_funnel_rates(t: Data) -> Answer:
    def users(step: str) -> int:
        return len(set(known(r["user_id"] for r in t["steps"] if r["step"] == step)))

    return [(over(users("cart"), users("view")), over(users("pay"), users("cart")), None)]


def _sessions(t: Data) -> list[tuple[int, list[datetime]]]:
    found: list[tuple[int, list[datetime]]] = []
    for user, rows in grouped(t["clicks"], lambda r: r["user_id"]).items():
        last = None
        for at in sorted(r["at"] for r in rows if user is not None):
            if last is None or at - last > timedelta(minutes=30):
                found.append((user, []))
            found[-1][1].append(at)
            last = at
    return found


def k10_sessions(t: Data) -> Answer:
    groups = grouped(_sessions(t), lambda session: session[0])
    return [(user, len(g), sum(len(clicks) for _, clicks in g)) for user, g in groups.items()]


def k11_session_length(t: Data) -> Answer:
    sessions = [clicks for _, clicks in _sessions(t)]
    length = sum(((clicks[-1] - clicks[0]) for clicks in sessions), timedelta()) / MINUTE
    n = len(sessions)
    single = count(sessions, lambda clicks: len(clicks) == 1)
    return [(n, over(sum(map(len, sessions)), n), over(length, n), over(single, n))]


def _days_of(t: Data) -> dict[int, list[date]]:
    groups = grouped(t["logins"], lambda r: r["user_id"])
    return {user: sorted({r["day"] for r in rows}) for user, rows in groups.items() if user is not None}


def k12_streaks(t: Data) -> Answer:
    found: list[list[Any]] = []
    for user, days in _days_of(t).items():
        for day in days:
            if found and found[-1][0] == user and found[-1][2] + DAY == day:
                found[-1][2:] = [day, found[-1][3] + 1]
            else:
                found.append([user, day, day, 1])
    return [tuple(row) for row in found]


def k14_stickiness(t: Data) -> Answer:
    def users(days: int) -> int:
        return count(_days_of(t).values(), lambda seen: any(TODAY - days * DAY < day <= TODAY for day in seen))

    return [(users(1), users(30), over(users(1), users(30)))]


def k17_day_retention(t: Data) -> Answer:
    seen = _days_of(t).values()
    d1, d7 = (count(seen, lambda days, n=n: days[0] + n * DAY in days) for n in (1, 7))  # type: ignore[misc]
    return [(len(seen), d1, d7, over(d1, len(seen)))]


def k20_year_over_year(t: Data) -> Answer:
    told = {(r["region"], r["month"]): r["actual"] for r in t["goals"]}
    found = []
    for region, month in sorted(told):
        if month == date(2026, 3, 1):
            now, then = told[region, month], told.get((region, date(2025, 3, 1)))
            found.append((region, now, then, None if None in (now, then) else over(now - then, then)))
    return found


def k21_month_over_month(t: Data) -> Answer:
    found: Answer = []
    for region, rows in grouped(t["goals"], lambda r: r["region"]).items():
        months = sorted((r["month"], r["actual"]) for r in rows if r["month"] >= date(2026, 1, 1))
        for (_, before), (month, now) in zip([(None, None), *months], months, strict=False):
            change = None if before is None or now is None else now - before
            found.append((region, month, change, over(change, before)))
    return found


def k28_quick_ratio(t: Data) -> Answer:
    gained: dict[date, list[Decimal]] = defaultdict(list)
    for rows in grouped(t["monthly_mrr"], lambda r: r["account_id"]).values():
        before = Decimal(0)
        for r in sorted(rows, key=lambda r: r["month"]):
            gained[r["month"]].append((r["mrr"] or Decimal(0)) - before)
            before = r["mrr"] or Decimal(0)
    found = []
    for month in sorted(gained):
        up = sum(max(x, Decimal(0)) for x in gained[month])
        down = -sum(min(x, Decimal(0)) for x in gained[month])
        found.append((month, up, down, over(up, down)))
    return found


def k32_percentiles(t: Data) -> Answer:
    found = []
    for group, rows in grouped(t["scores"], lambda r: r["grp"]).items():
        values = known(r["score"] for r in rows)
        half = sorted(values)[math.ceil(len(values) / 2) - 1] if values else None
        found.append((group, *(percentile(values, p) for p in (0.25, 0.5, 0.95)), half, percentile(values, 1)))
    return found


def k36_win_rate(t: Data) -> Answer:
    found = []
    for owner, rows in grouped(t["deals"], lambda r: r["Owner Name"]).items():
        won = [r for r in rows if r["Is Won"]]
        share = over(len(won), count(rows, lambda r: r["Is Won"] is not None))
        found.append((owner, share, total(r["Amount €"] for r in won)))
    return found


def k47_apdex(t: Data) -> Answer:
    found = []
    for page, rows in grouped([r for r in t["clicks"] if r["ms"] is not None], lambda r: r["page"]).items():
        good, fair = (count(rows, lambda r, lo=lo, hi=hi: lo < r["ms"] <= hi) for lo, hi in ((-1, 100), (100, 400)))  # type: ignore[misc]
        found.append((page, over(good + fair / 2, len(rows))))
    return found


def k48_conversion_by_source(t: Data) -> Answer:
    payers = {r["user_id"] for r in t["clicks"] if r["page"] == "/pay"} - {None}
    found = []
    for source, rows in grouped(t["clicks"], lambda r: (r["ref"] or "").lower() or "direct").items():
        users = set(known(r["user_id"] for r in rows))
        found.append((source, len(users), over(len(users & payers), len(users))))
    return found


# -- windows
def w02_range_of_days(t: Data) -> Answer:
    rows = sorted(t["days"], key=lambda r: r["day"])
    return [(r["day"], total(o["visits"] for o in rows if r["day"] - 3 * DAY <= o["day"] <= r["day"])) for r in rows]


def w06_ranks_of_ties(t: Data) -> Answer:
    return [(r["id"], *_ranks([o["score"] for o in t["scores"]], r["score"])) for r in t["scores"]]


def _ranks(scores: Sequence[int | None], mine: int | None) -> tuple[object, ...]:
    def before(other: int | None) -> bool:  # descending, NULLS LAST
        return other is not None and (mine is None or other > mine)

    ahead, n = [s for s in scores if before(s)], len(scores)
    rank = len(ahead) + 1
    return rank, len(set(ahead)) + 1, (rank - 1) / (n - 1), (len(ahead) + count(scores, lambda s: s == mine)) / n


def w33_median_by_window(t: Data) -> Answer:
    # (n + 1) / 2 is real here, so that of an even count neither half is a row's number.
    found = []
    for grp, rows in grouped([r for r in t["scores"] if r["score"] is not None], lambda r: r["grp"]).items():
        scores = sorted(r["score"] for r in rows)
        middle = [s for n, s in enumerate(scores, 1) if n in ((len(scores) + 1) / 2, (len(scores) + 2) / 2)]
        if middle:
            found.append((grp, over(sum(middle), len(middle))))
    return found


# -- others
def l04_lateral_expression(t: Data) -> Answer:
    found = []
    for r in sorted(t["budget"], key=lambda r: (r["region"], r["year"])):
        quarters = [r[q] for q in ("q1", "q2", "q3", "q4")]
        whole = None if None in quarters else sum(quarters)
        found.append((r["region"], r["year"], whole, over(whole, 4)))
    return found


def m22_safe_ratio(t: Data) -> Answer:
    found = []
    for r in t["accounts"]:
        seats, credit = r["seats"], r["credit"]
        each = over(credit, seats)
        found.append((r["id"], over(seats, seats), each or 0, rounded(each, 2) if seats and seats > 0 else None))
    return found


def m29_histogram(t: Data) -> Answer:
    lows = [math.floor(r["score"] / 10) * 10 for r in t["scores"] if r["score"] is not None]
    return [(low, lows.count(low)) for low in sorted(set(lows))]


def r04_counter(t: Data) -> Answer:
    return [(i, math.factorial(i)) for i in (20, 19, 18)]


def w40_qualify_best(t: Data) -> Answer:
    found = []
    for grp, rows in grouped(t["scores"], lambda r: r["grp"]).items():
        best = min(rows, key=lambda r: (r["score"] is None, -(r["score"] or 0), r["id"]))
        found.append((best["id"], grp, best["score"]))
    return sorted(found)


def w41_qualify_groups(t: Data) -> Answer:
    rows = [r for r in t["subs"] if r["mrr"] is not None]
    sums = {plan: sum(r["mrr"] for r in each) for plan, each in grouped(rows, lambda r: r["plan"]).items()}
    top = sorted(sums.values(), reverse=True)[:2]
    return sorted((plan, mrr) for plan, mrr in sums.items() if mrr in top)


def b57_date_math_columns(t: Data) -> Answer:
    found = []
    for r in t["subs"]:
        days = (r["ended_on"] - r["started_on"]).days if r["ended_on"] else None
        middle = None if days is None else r["started_on"] + int(days / 2) * DAY
        found.append((r["id"], days, over(days, 7), middle, r["started_on"] + 14 * DAY))
    return found
