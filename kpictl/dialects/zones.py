"""Which reporting zones allow the short form of a time floor, decided from the zone database at compile time.

Engines resolve a wall time that occurs twice to its later instant and move one that is skipped forward. For the start
of a day that is wrong only where a change of offset touches local midnight (Havana, Cairo, ...), and hours can be
floored by epoch seconds only where every offset and every change is a whole hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from kpictl.records import dataclass

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ZoneShape:
    """What a zone asks of a renderer, for instants from 1970, or a later time, on."""

    midnight_changes: bool
    """Some change of offset skips or repeats a local midnight."""
    hour_offset: int | None
    """Seconds by which every offset differs from a whole hour (0, 1800, 2700); None where they are not all the same."""
    repeats: bool
    """Some wall times come twice."""
    reenters: bool
    """Some date, once begun, is left again for the one before it (clocks went back over midnight)."""
    offsets: tuple[int, ...]
    """Every offset from UTC in seconds, ascending."""
    cuts: tuple[tuple[int, int], ...]
    """Changes of offset within an hour of the new clock: seconds since 1970, and how many are left of that hour."""

    @property
    def cut_in_halves(self) -> bool:
        """Whether each hour that a change cuts is cut in halves, at a half hour of UTC."""
        return all(rest == 1800 and at % 1800 == 0 for at, rest in self.cuts)

    @property
    def two_offsets(self) -> bool:
        """Whether a wall time is off by one of at most two offsets."""
        return len(self.offsets) <= 2


@lru_cache(maxsize=64)
def zone_shape(zone: str, first: datetime = _FIRST) -> ZoneShape:
    """The shape of an IANA zone from an instant on."""
    info = ZoneInfo(zone)
    seen: set[int] = set()
    midnight = repeats = reenters = False
    cuts: list[tuple[int, int]] = []
    instant, before = first, _offset(info, first)
    seen.add(before)
    while instant < _LAST:
        later = instant + timedelta(days=7)
        after = _offset(info, later)
        if after != before:
            change = _transition(info, instant, later)
            old, new = _offset(info, change - timedelta(seconds=1)), _offset(info, change)
            wall_before, wall_after = change + timedelta(seconds=old), change + timedelta(seconds=new)
            low, high = min(wall_before, wall_after), max(wall_before, wall_after)
            next_midnight = low.replace(hour=0, minute=0, second=0)
            next_midnight += timedelta(days=1) if next_midnight < low else timedelta()
            midnight = midnight or next_midnight < high
            repeats = repeats or new < old
            reenters = reenters or (new < old and next_midnight < high and low < next_midnight)
            at = int(change.timestamp())
            if (at + new) % 3600:
                cuts.append((at, 3600 - (at + new) % 3600))
            seen.add(new)
            before = after
        instant = later
    rests = {offset % 3600 for offset in seen}
    offset = rests.pop() if len(rests) == 1 else None
    return ZoneShape(midnight, offset, repeats, reenters, tuple(sorted(seen)), tuple(cuts))


def offsets(zone: str) -> tuple[int, int]:
    """The least and the greatest offset of a zone from UTC, in seconds."""
    found = zone_shape(zone).offsets
    return found[0], found[-1]


def _offset(info: ZoneInfo, instant: datetime) -> int:
    offset = instant.astimezone(info).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def _transition(info: ZoneInfo, low: datetime, high: datetime) -> datetime:
    start = _offset(info, low)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(info, middle) == start:
            low = middle
        else:
            high = middle
    return high
