"""A compiled node: SQL plus the settings that its meaning depends on, or the refusal that says why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from kpictl.diagnostics import Diagnostic
from kpictl.kinds.lowered import Lowered
from kpictl.model.types import Type
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A named value that a statement takes, in the order of its first use."""

    name: str
    """from, to or as_of."""
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SELECT in a target's own syntax."""

    sql: str
    parameters: tuple[Parameter, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[tuple[str, Type], ...] = field(default=(), repr=False)
    """What comes back: time (a snapshot has none), value, dimensions and what else was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One node (a KPI or an analysis) in one dialect. Refused: `statement` is None and `diagnostics` says why."""

    unique_id: str
    name: str
    dialect: str
    path: str
    """Of the compiled file, below target/compiled/<dialect>/."""
    connection: str | None
    """The logical connection that runs it; None when operands stand on several."""
    statement: Statement | None
    total: Statement | None = None
    """The roll-up without dimensions, for a KPI with dimensions."""
    lowered: Lowered | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def status(self) -> str:
        return "refused" if self.statement is None else "compiled"
