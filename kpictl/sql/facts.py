"""What a text does beside its value: facts that rules and lowering ask for, with the places where they show."""

from __future__ import annotations

from dataclasses import field

from kpictl.diagnostics import Place
from kpictl.ir.query import Query
from kpictl.ir.scalars import Scalar
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts about a text; every tuple is in the order of the text."""

    tables: tuple[str, ...] = ()
    """Sources that are read."""
    uses_now: bool = False
    uses_current_date: bool = False
    integer_divisions: tuple[Place, ...] = ()
    """`int / int`: Postgres would have cut the result; here it is real."""
    looks_ahead: tuple[Place, ...] = ()
    """LEAD, FOLLOWING frames, unordered windows, ungrouped sub-queries: rows that come later may change a value."""
    untyped: tuple[Place, ...] = ()
    """Constructs whose meaning hangs on a type that is not known (undeclared columns)."""
    assumed_zones: tuple[Place, ...] = ()
    """Naive timestamps that meet an instant without a `timezone` of their source: the reporting zone was taken."""
    date_windows: tuple[Place, ...] = ()
    """`date >= CURRENT_DATE - INTERVAL 'n days'`: covers n + 1 dates."""
    approximate: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A canonical query and the facts about its text."""

    query: Query
    facts: Facts


@dataclass(frozen=True, slots=True)
class ParsedExpression:
    """A canonical expression and the facts about its text."""

    scalar: Scalar
    facts: Facts


@dataclass(slots=True)
class FactsFound:
    """Facts while they are being collected."""

    tables: dict[str, None] = field(default_factory=dict)
    uses_now: bool = False
    uses_current_date: bool = False
    integer_divisions: list[Place] = field(default_factory=list)
    looks_ahead: list[Place] = field(default_factory=list)
    untyped: list[Place] = field(default_factory=list)
    assumed_zones: list[Place] = field(default_factory=list)
    date_windows: list[Place] = field(default_factory=list)
    approximate: list[Place] = field(default_factory=list)

    def freeze(self) -> Facts:
        return Facts(
            tables=tuple(self.tables),
            uses_now=self.uses_now,
            uses_current_date=self.uses_current_date,
            integer_divisions=tuple(self.integer_divisions),
            looks_ahead=tuple(self.looks_ahead),
            untyped=tuple(self.untyped),
            assumed_zones=tuple(self.assumed_zones),
            date_windows=tuple(self.date_windows),
            approximate=tuple(self.approximate),
        )
