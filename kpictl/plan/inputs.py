"""What a plan is made from beside the project and the store: what a run was asked for, and how far the sources reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime

from kpictl.plan.state import Range
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The first and last time of a source's rows: an instant, a date, or a naive time in `Source.timezone`."""

    first: date | datetime | None
    last: date | datetime | None
    firsts: Mapping[str, date | datetime | None] = field(default_factory=dict)
    """The first of each other column by which a measure's `time:` counts the rows."""
    watermark: date | datetime | None = None
    """What the query of `complete:` says, in the same forms; None: nothing is complete yet. A date reaches to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run was asked for."""

    now: datetime
    """The logical time T, in UTC."""
    back_dated: bool = False
    """T is earlier than the output's `as_of`, else the clock."""
    backfill: Range | None = None
    full_refresh: bool = False
    forward_only: bool = False
    """Buckets that are done under an earlier definition keep their values: the new one begins where they end."""
