"""Up to when a source is loaded, by the query of its `complete:`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from kpictl.diagnostics import Refused
from kpictl.engines import Engine
from kpictl.model.calendar import Calendar, calendar
from kpictl.model.project import Project
from kpictl.model.sources import Source
from kpictl.plan.compile import watermark_statement
from kpictl.runner.findings import NoWatermark

_YEARS = (1900, 9000)
"""An earlier watermark says that nothing is complete; a later one (also an infinity) is as good as its year."""


def watermark(project: Project, source: Source, engine: Engine, now: datetime) -> date | datetime | None:
    """What the query says: an instant, a date, a naive time in `Source.timezone`; None where nothing is complete yet.

    One statement. Raises Refused where it fails, or its answer is no watermark.
    """
    values = {"from": now - timedelta(days=1), "to": now, "as_of": now}
    rows = engine.query(watermark_statement(project, source, engine.dialect), values).rows
    place = source.place.child("complete")
    if len(rows) > 1:
        message = f"the watermark of `{source.name}` is one time, and its query returned {len(rows):,} rows"
        raise Refused([NoWatermark.at(place, message, help=["`max(...)`, or `min(...)` over what must all be there"])])
    found = rows[0][0] if rows else None
    if found is None:
        return None
    if not isinstance(found, date):
        message = f"the watermark of `{source.name}` is {str(found)[:40]!r}, which is no date or timestamp"
        raise Refused([NoWatermark.at(place, message)])
    if found.year < _YEARS[0]:
        return None
    return found if found.year < _YEARS[1] else found.replace(year=_YEARS[1], month=1, day=1)


def instant(project: Project, source: Source, found: date | datetime | None, of: Calendar) -> datetime | None:
    """A watermark as an instant: a date reaches to the end of its day in the zone of `of`."""
    if found is None:
        return None
    if not isinstance(found, datetime):
        return of.day_start(found + timedelta(days=1))
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    return calendar(source.timezone or project.settings.timezone).instant(found)
