"""The rows of a source within `lateness`, a digest a day: one grouped scan of each source and time a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any

from kpictl.diagnostics import Refused
from kpictl.engines import Engine
from kpictl.ir.query import Output, Query, Select, TableRef
from kpictl.ir.scalars import Agg, Cast, Col, Scalar
from kpictl.kinds import buckets, roles
from kpictl.kinds.build import FROM, TO, call, conjunction, lit
from kpictl.model.project import Project
from kpictl.model.types import INTEGER, TIMESTAMPTZ
from kpictl.plan.compile import compile_query
from kpictl.plan.evidence import WHOLE, Axis
from kpictl.sql.walk import find

_YOUNG = timedelta(minutes=1)
"""A row that was changed so lately may be changed again and bear the same `updated_at`."""


def look(axis: Axis, project: Project, engine: Engine, since: datetime, now: datetime) -> Mapping[str, str] | None:
    """Digests by day of the rows in [since, now); None where the columns prove nothing, or the engine cannot say it.

    `now` is the run's logical time; how young a change is, the clock says.
    """
    try:
        query = _query(axis, project)
        if query is None:
            return None
        found = engine.query(compile_query(project, query, engine.dialect), {"from": since, "to": now})
    except Refused:
        return None  # what is wrong with the source is said where its KPIs are computed
    young = datetime.now(UTC) - _YOUNG
    return {_day(row[0]): _digest(row[1:], young) for row in found.rows}


def _query(axis: Axis, project: Project) -> Query | None:
    source = project.sources[axis.source]
    settings, place = project.settings, source.place

    def instant(name: str, key: str) -> Scalar:
        return roles.of_table(roles.event_time(source, name, settings, place.child(key)), source.name)

    updated = instant(str(source.updated_at), "updated_at")
    if updated.type != TIMESTAMPTZ:
        return None  # a date is the same for all changes of a day
    zone = settings.timezone
    key: Scalar = lit(WHOLE)
    where: Scalar | None = None
    grouped: tuple[tuple[Scalar, ...], ...] | None = None
    if axis.time is not None:
        time = instant(axis.time, "time")
        key = time if time.type != TIMESTAMPTZ else call("bucket_date", time, lit(zone))
        where = conjunction([buckets.not_before(time, FROM, zone), buckets.before(time, TO, zone)])
        grouped = ((key,),)
    micros = Cast(call("mul", call("epoch", updated), lit(1e6)), INTEGER)
    outputs = (
        Output("day", key),
        Output("number", Agg("count_rows", (), type=INTEGER)),
        Output("dated", Agg("count", (updated,), type=INTEGER)),
        Output("newest", Agg("max", (updated,), type=TIMESTAMPTZ)),
        Output("total", Agg("sum", (micros,), type=INTEGER)),
    )
    read = [each for output in outputs for each in find(output.value, Col)]
    columns = tuple(sorted({column.name: column.type for column in read}.items()))
    return Query(Select(outputs, TableRef(axis.source, axis.source, columns), (), where, grouped))


def _day(value: Any) -> str:
    return value.isoformat()[:10] if isinstance(value, date) else str(value)


def _digest(row: tuple[Any, ...], young: datetime) -> str:
    number, dated, newest, total = row
    if number != dated or newest is None or newest >= young:
        return ""
    said = f"{number} {newest.astimezone(UTC).isoformat()} {total}"
    return blake2b(said.encode(), digest_size=8).hexdigest()
