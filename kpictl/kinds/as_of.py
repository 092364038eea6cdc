"""Reading a query as an as-of measure: one aggregate over rows that its text compares with CURRENT_DATE or NOW().

The general form evaluates the comparison as of each bucket (`PerBucket`), which is right by definition. Comparisons
that cover whole days become what a measure would say instead: the bucket itself, a trailing window, the time since the
month's start, yesterday. Then the query and the measure are one and the same tree.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.diagnostics import Refused
from kpictl.ir.query import Query, Select, TableRef
from kpictl.ir.relations import Grain, Span
from kpictl.ir.scalars import Call, Cast, Col, Exists, InQuery, Lit, Over, Param, Quantified, Scalar, ScalarQuery
from kpictl.kinds import roles
from kpictl.kinds.assemble import Parts
from kpictl.kinds.build import conjunction, conjuncts
from kpictl.kinds.findings import GrainTooFine
from kpictl.model.kpis import Kpi
from kpictl.model.project import Project
from kpictl.model.sources import HistoryKind, Source
from kpictl.model.types import DATE, Kind
from kpictl.records import dataclass
from kpictl.sql.walk import Node, any_of, find, has_aggregate

_SUBQUERIES = (ScalarQuery, Exists, InQuery, Quantified)
_UNIT_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
_FLIPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq"}


def reads_now(node: Node) -> bool:
    """Whether NOW() or CURRENT_DATE stands in it."""
    return any_of(node, lambda n: isinstance(n, Param) and n.name == "as_of")


def why_not(query: Query, project: Project) -> str | None:
    """Why a query is no as-of measure; None when it is one."""
    body = query.body
    if not isinstance(body, Select) or query.ctes:
        return "it is not one plain SELECT"
    if body.joins:
        return "it joins; a measure over a source with `joins:` is computed for each bucket"
    if not isinstance(body.source, TableRef):
        return "it does not read exactly one source"
    source = project.sources.get(body.source.source)
    if source is None or source.time is None or source.history.kind is not HistoryKind.APPEND:
        return f"`{body.source.source}` has no event time"
    if (
        body.having is not None
        or body.qualify is not None
        or body.distinct
        or body.distinct_on
        or query.limit is not None
    ):
        return "it has HAVING, QUALIFY, DISTINCT or LIMIT"
    return _why_not_select(body, source)


def _why_not_select(body: Select, source: Source) -> str | None:
    values = [o.value for o in body.outputs if has_aggregate(o.value)]
    if len(values) != 1:
        return "it has no aggregate" if not values else "it has several aggregates"
    if len(body.group_by or ()) > 1:
        return "it has grouping sets"
    keys = {o.value for o in body.outputs if o.value not in values}
    if keys != set((body.group_by or ((),))[0]):
        return "it groups by what it does not return"
    if any_of(body, lambda n: isinstance(n, (Over, *_SUBQUERIES))):
        return "it has a window function or a sub-query"
    compared = [part for part in conjuncts(body.where) if reads_now(part)]
    if not any(_reads(part, str(source.time)) for part in compared):
        return f"its text does not compare `{source.time}` with CURRENT_DATE or NOW()"
    if any(reads_now(o.value) for o in body.outputs):
        return "its value is made of CURRENT_DATE or NOW()"
    return None


def _reads(scalar: Scalar, column: str) -> bool:
    return any(c.name == column for c in find(scalar, Col))


def parts(
    kpi: Kpi, query: Query, project: Project, grain: Grain, *, lift: bool, dimensions: tuple[str, ...] | None = None
) -> Parts:
    """The measure that a query is, for which `why_not` has no reason. `lift` False keeps the general form."""
    body = query.body
    assert isinstance(body, Select)
    assert isinstance(body.source, TableRef)
    source = project.sources[body.source.source]
    alias = body.source.alias

    def own(scalar: Scalar) -> Scalar:
        return roles.unqualified(scalar, alias)

    time = roles.event_time(source, str(source.time), project.settings, source.place.child("time"))
    if time.type == DATE and grain.unit == "hour":
        at = kpi.place.child("grain") if kpi.grain else kpi.place.child("query")
        raise Refused([GrainTooFine.at(at, f"an hour grain over the date `{source.time}`: it has no hours")])
    value = next(own(o.value) for o in body.outputs if has_aggregate(o.value))
    axes = {o.name: own(o.value) for o in body.outputs if not has_aggregate(o.value)}
    where = [own(part) for part in conjuncts(body.where)]
    compared = tuple(part for part in where if reads_now(part))
    names = tuple(axes) if dimensions is None else dimensions
    found = Parts(
        name=kpi.name,
        view=roles.view(source, project),
        value=value,
        grain=grain,
        time=time,
        where=conjunction(part for part in where if not reads_now(part)),
        dimensions=tuple((name, axes[name]) for name in names),
        place=kpi.place.child("query"),
    )
    covered = Covered.of(compared, time, grain.zone) if lift else None
    lifted = None if covered is None else covered.lift(found)
    if lifted is not None:
        return lifted
    return replace(found, predicate=conjunction(compared), lookback=lookback(compared, time))


@dataclass(slots=True)
class Covered:
    """The dates that comparisons cover: `date >= today + lower`, `date <= today + upper`, `since` a unit's start.

    A bound is (months, days). Comparisons that do not cover whole dates have no such form.
    """

    lower: tuple[int, int] | None = None
    upper: tuple[int, int] = (0, 0)
    since: str | None = None
    exclusive: bool = False
    """`>` with a month's length: the first date is not covered."""

    @classmethod
    def of(cls, compared: tuple[Scalar, ...], time: Scalar, zone: str) -> Covered | None:
        """What all comparisons together cover; None when one of them is no range of whole dates."""
        covered = cls()
        for part in compared:
            if not covered._take(part, time, zone):
                return None
        return covered

    def _take(self, part: Scalar, time: Scalar, zone: str) -> bool:
        if not isinstance(part, Call) or part.fn not in _FLIPPED:
            return False
        left, right, fn = part.args[0], part.args[1], part.fn
        if reads_now(left):
            left, right, fn = right, left, _FLIPPED[fn]
        unit = _since(left, right, fn, time, zone)
        if unit is not None:
            taken = self.since is None and self.lower is None
            self.since = unit
            return taken
        date = _date(right, zone)
        if date is None:
            return False
        if _is_date_of(left, time, zone):
            return self._bound(fn, date)
        # An instant against the start of a date: only `>=` and `<` part it at the day's start.
        starts = _starts(left, right, time, zone)
        return starts and fn in ("ge", "lt") and self._bound(fn, date)

    def _bound(self, fn: str, date: tuple[int, int]) -> bool:
        months, days = date
        if fn in ("ge", "gt", "eq"):
            if self.lower is not None or self.since is not None:
                return False
            self.lower = (months, days + 1) if fn == "gt" and not months else date
            if fn == "gt" and months:
                self.lower = (months, days)
                self.exclusive = True
        if fn in ("le", "lt", "eq"):
            if months:
                return False
            self.upper = min(self.upper, (0, days - 1 if fn == "lt" else days))
        return True

    def lift(self, parts: Parts) -> Parts | None:
        """The measure with the bucket, a window or a shift instead of comparisons; None when there is no such form."""
        unit = parts.grain.unit
        if self.since is not None:
            return self._to_date(parts, unit)
        if self.lower is None or unit != "day":
            return None
        months, days = self.lower
        if months:
            plain = months < 0 and days == 0 and self.upper == (0, 0)
            span = Span(-months, "month")
            return replace(parts, window=span, inclusive=not self.exclusive) if plain else None
        first, last = -days, -self.upper[1]
        if first < last or last < 0:
            return None
        length = first - last + 1
        window = Span(length, "day") if length > 1 else None
        return replace(parts, window=window, shift=Span(last, "day") if last else None)

    def _to_date(self, parts: Parts, unit: str) -> Parts | None:
        if self.upper != (0, 0):
            return None
        if unit == self.since:
            return parts
        return replace(parts, to_date=self.since) if unit == "day" else None


def _date(scalar: Scalar, zone: str) -> tuple[int, int] | None:
    """(months, days) from today of a date made of CURRENT_DATE, or of the instant or timestamp at its start."""
    if isinstance(scalar, Cast) and scalar.type.kind is Kind.TIMESTAMP:
        return _date(scalar.arg, zone)
    if not isinstance(scalar, Call):
        return None
    if scalar.fn == "local_date":
        is_today = isinstance(scalar.args[0], Param) and scalar.args[1] == Lit(zone, scalar.args[1].type)
        return (0, 0) if is_today else None
    if scalar.fn == "bucket_start" and _constant(scalar.args[1]) == "day" and scalar.args[0].type.kind is Kind.DATE:
        return _date(scalar.args[0], zone) if _constant(scalar.args[2]) == zone else None
    if scalar.fn == "add_interval" and scalar.args[0].type.kind is Kind.DATE:
        below = _date(scalar.args[0], zone)
        months, days, micros = (_constant(arg) for arg in scalar.args[1:4])
        if below != (0, 0) or not isinstance(months, int) or not isinstance(days, int) or micros != 0:
            return None
        return (months, days)
    return None


def _constant(scalar: Scalar) -> object:
    return scalar.value if isinstance(scalar, Lit) else None


def _bare(time: Scalar) -> Scalar:
    """The column under an event time."""
    return time.args[0] if isinstance(time, Call) else time


def _is_date_of(left: Scalar, time: Scalar, zone: str) -> bool:
    """Whether a scalar is the reporting zone's date of the row."""
    if time.type.kind is Kind.DATE:
        return left == time
    if not isinstance(left, Call) or not left.args:
        return False
    if left.fn == "local_date":
        return left.args[0] == time and _constant(left.args[1]) == zone
    if left.fn == "date_of":
        return left.args[0] == _bare(time) and _same_zone(time, zone)
    if left.fn == "time_floor" and _constant(left.args[1]) == "day":
        return left.args[0] == time and _constant(left.args[2]) == zone
    return False


def _same_zone(time: Scalar, zone: str) -> bool:
    return isinstance(time, Call) and time.fn == "to_instant" and _constant(time.args[1]) == zone


def _starts(left: Scalar, right: Scalar, time: Scalar, zone: str) -> bool:
    """Whether an instant is compared with the first instant of a date."""
    if left == time:
        return isinstance(right, Call) and right.fn == "bucket_start"
    return left == _bare(time) and isinstance(right, Cast) and _same_zone(time, zone)


def _since(left: Scalar, right: Scalar, fn: str, time: Scalar, zone: str) -> str | None:
    """The unit of `time >= date_trunc(unit, today)` or `date_trunc(unit, time) = date_trunc(unit, today)`."""
    unit = _floor_of_now(right, zone)
    if unit is None or unit not in ("week", "month", "quarter", "year"):
        return None
    if fn == "ge" and left == time:
        return unit
    floors = isinstance(left, Call) and left.fn == "time_floor" and isinstance(right, Call)
    if fn not in ("eq", "ge") or not floors:
        return None
    assert isinstance(left, Call)
    assert isinstance(right, Call)
    same = right.fn == "time_floor" and left.args[1:] == right.args[1:] and left.args[0] == time
    return unit if same else None


def _floor_of_now(scalar: Scalar, zone: str) -> str | None:
    if not isinstance(scalar, Call):
        return None
    if scalar.fn == "bucket_start" and _constant(scalar.args[1]) == "day" and _constant(scalar.args[2]) == zone:
        return _floor_of_now(scalar.args[0], zone) if isinstance(scalar.args[0], Call) else None
    if scalar.fn != "time_floor":
        return None
    of, unit = scalar.args[0], _constant(scalar.args[1])
    if isinstance(of, Param):
        return str(unit) if _constant(scalar.args[2]) == zone else None
    return str(unit) if _date(of, zone) == (0, 0) else None


def lookback(compared: tuple[Scalar, ...], time: Scalar) -> Span | None:
    """How many days before a bucket's start its rows can stand, on the safe side; None when nothing says so."""
    found = [days for part in compared if (days := _days_back(part, time)) is not None]
    return Span(min(found), "day") if found else None


def _days_back(part: Scalar, time: Scalar) -> int | None:
    if not isinstance(part, Call) or part.fn not in _FLIPPED:
        return None
    left, right, fn = part.args[0], part.args[1], part.fn
    if reads_now(left):
        left, right, fn = right, left, _FLIPPED[fn]
    if fn not in ("ge", "gt", "eq") or not _follows(left, time):
        return None
    return _age(right)


def _follows(left: Scalar, time: Scalar) -> bool:
    """Whether a scalar is at most a day's start or a unit's start before the row's time."""
    if left in (time, _bare(time)):
        return True
    return (
        isinstance(left, Call)
        and left.fn in ("local_date", "date_of", "bucket_start", "time_floor")
        and _follows(left.args[0], time)
    )


def _age(scalar: Scalar) -> int | None:
    """At most how many days before now an expression of now lies."""
    if isinstance(scalar, Param):
        return 1
    if isinstance(scalar, Cast):
        return _age(scalar.arg)
    if not isinstance(scalar, Call) or not scalar.args:
        return None
    below = _age(scalar.args[0])
    if below is None:
        return None
    if scalar.fn in ("local_date", "to_local", "bucket_start", "to_instant"):
        return below + 1
    if scalar.fn == "time_floor":
        return below + _UNIT_DAYS.get(str(_constant(scalar.args[1])), 366)
    if scalar.fn in ("add_interval", "add_interval_in"):
        months, days, micros = (_constant(arg) for arg in scalar.args[1:4])
        if isinstance(months, int) and isinstance(days, int) and isinstance(micros, int):
            return below + max(0, -months * 31) + max(0, -days) + max(0, -micros // 86_400_000_000 + 1)
    return None


def units_truncated(query: Query) -> tuple[str, ...]:
    """The units to which a query truncates times."""
    return tuple(str(_constant(c.args[1])) for c in find(query, Call) if c.fn == "time_floor")
