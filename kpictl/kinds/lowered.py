"""What a KPI becomes: relations of the ir, how its text was read, and what the planner must know about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from decimal import Decimal
from enum import Enum

from kpictl.diagnostics import Diagnostic
from kpictl.ir.relations import Grain, OverTime, Relation, Span
from kpictl.records import dataclass


class Reading(Enum):
    """How a definition was read; `semantics.md` has the rules, `kpictl check` prints it for every query."""

    MEASURE = "measure"
    AS_OF = "as-of measure"
    SERIES = "series"
    ROW_SERIES = "row series"
    SNAPSHOT = "snapshot"
    DERIVED = "derived"
    """ratio, expr and cumulative: over other KPIs."""


SERIES = (Reading.SERIES, Reading.ROW_SERIES)
"""One statement answers every bucket, seen from now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRead:
    """A window that a number reads: of which KPI, at which grain, and how far back (lags, the outermost last)."""

    kpi: str
    unit: str
    window: Span | None
    to_date: str | None = None
    """Since the start of a period, instead of a length."""
    definition: str = ""
    """The KPI's fingerprint, by which the ledger knows its first bucket; "" where it is the KPI itself that reads it."""
    lags: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """A KPI in the ir.

    `finest` yields time, value, one column a dimension; `total` (None without dimensions) yields time, value. Where many
    KPIs share a shape, their trees are made only for those who ask.
    Both are parametrised by `from`, `to` (the half-open range of buckets, instants) and `as_of` (what NOW() says),
    as far as they use them. `time` is the bucket's start (timestamptz), except for a snapshot, which has no time:
    its one row is stored in the bucket that the planner names.
    """

    name: str
    reading: Reading
    trees: Callable[[], tuple[Relation, Relation | None]] = field(compare=False, repr=False)
    grain: Grain
    placeless: Callable[[], tuple[Relation, Relation | None]] | None = field(default=None, compare=False, repr=False)
    """The same trees where they are cheaper without the author's places."""
    dimensions: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    """Further columns that a query returns beside the value, kept with it but outside of its identity."""
    empty: Decimal | None = None
    """What a complete bucket without rows holds: a count is 0 (`ok`), what is made of counts alone a number, else NULL."""
    has_denominator: bool = False
    """The outermost operation is a division: a NULL in a bucket with rows is `no_denominator`."""
    sources: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    lookback: Span | None = None
    """How far before a bucket's start its rows may stand (windows); None: not at all."""
    windows: tuple[WindowRead, ...] = ()
    """Every window that the number reads, its own and those of its operands: the first buckets of each are partial."""
    why_not: tuple[tuple[Reading, str], ...] = ()
    """For a query: the readings that it did not get, and why."""
    hints: tuple[Diagnostic, ...] = ()
    fingerprint: str = ""
    """Hash of kpictl's own serialisation of the ir, upstream, source and join blocks, zone, week start, fiscal year,
    vars and the semantics version: it changes exactly when the value may."""

    @property
    def bare(self) -> tuple[Relation, Relation | None]:
        """The finest tree and the total for those who refuse nothing at the author's characters."""
        return (self.placeless or self.trees)()

    @property
    def finest(self) -> Relation:
        return self.trees()[0]

    @property
    def total(self) -> Relation | None:
        return self.trees()[1]


def made(finest: Relation, total: Relation | None) -> Callable[[], tuple[Relation, Relation | None]]:
    """Trees that are there already."""
    return lambda: (finest, total)


def closing(of: Lowered, grain: Grain, choose: str = "last") -> Lowered:
    """Numbers of one grain at a coarser one: of each bucket the last, or the `choose` of those of a stock."""
    finest, total = of.trees()
    trees = made(OverTime(finest, grain, choose), None if total is None else OverTime(total, grain, choose))
    return replace(of, trees=trees, placeless=None, grain=grain)
