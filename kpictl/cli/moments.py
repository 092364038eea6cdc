"""Points in time as people type them, read in the project's reporting zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from kpictl.cli.options import option
from kpictl.cli.session import Stop

if TYPE_CHECKING:
    from kpictl.model.project import Project

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?")


def as_of_option(help: str) -> click.Option:
    """`--as-of`."""
    return option("--as-of", metavar="TIME", help=f"{help} 2025-01-31, 2025-01-31T06:00, with or without a zone.")


def moment(text: str | None, project: Project, flag: str) -> datetime | None:
    """The instant in UTC. A date is its midnight in the reporting zone, and so is a time without a zone read."""
    if text is None:
        return None
    return read_moment(text, project.settings.timezone, flag)


def read_moment(text: str, zone: str, flag: str) -> datetime:
    """The instant that a text spells; a repeated wall time is the later one, a skipped one moves forward."""
    from zoneinfo import ZoneInfo

    form = text.strip()
    try:
        if not _FORM.fullmatch(form):
            raise ValueError
        read = datetime.fromisoformat(form)
    except ValueError:
        raise Stop(
            f"{flag}: `{text[:60]}` is no time", "write 2025-01-31, 2025-01-31T06:00 or 2025-01-31T06:00Z"
        ) from None
    if read.tzinfo is None:
        # fold=1 is the later of two equal wall times, but moves a skipped one back: then fold=0 is right
        local = read.replace(tzinfo=ZoneInfo(zone), fold=1)
        instant = local.astimezone(UTC)
        if instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != read:
            instant = read.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        return instant
    return read.astimezone(UTC)


def span(text: str, project: Project, flag: str) -> tuple[datetime, datetime]:
    """`FROM..TO` as a half-open range."""
    first, dots, last = text.partition("..")
    if not dots or not first or not last:
        raise Stop(f"{flag}: `{text[:60]}` is no range", "write 2024-01-01..2024-06-30 (the end is not included)")
    zone = project.settings.timezone
    start, stop = read_moment(first, zone, flag), read_moment(last, zone, flag)
    if start >= stop:
        raise Stop(f"{flag}: {last} is not after {first}", "the range is half-open: FROM is in it, TO is not")
    return start, stop
