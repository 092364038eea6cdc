"""The kinds of KPI, an open set: one module a kind, with its keys, how they are bound, and how it is lowered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from kpictl.diagnostics import Place
from kpictl.kinds import cumulative, expr, measure, query, ratio
from kpictl.model.keys import Key
from kpictl.model.kpis import Spec

if TYPE_CHECKING:
    from kpictl.kinds.lower import Outcome
    from kpictl.model.project import Project


class Kind(Protocol):
    """What a module of a kind offers. Its `NAME` is the key that says that a KPI is of this kind, `SPEC` what `bind` makes."""

    @property
    def NAME(self) -> str: ...  # noqa: N802

    @property
    def DOC(self) -> str: ...  # noqa: N802

    @property
    def KEYS(self) -> tuple[Key, ...]: ...  # noqa: N802

    @property
    def SPEC(self) -> type[Spec]: ...  # noqa: N802

    def bind(self, values: dict[str, Any], place: Place) -> Spec:
        """The spec; `values` holds the values of KEYS that were given, all of them right."""


KINDS: tuple[Kind, ...] = (query, measure, ratio, expr, cumulative)

PLANNED = ("funnel", "cohort_retention")
"""Kinds of the language that this version knows by name only."""


def lower_project(project: Project, names: Iterable[str] | None = None) -> Mapping[str, Outcome]:
    """By KPI name (None: all): its ir, or the diagnostics that say why it has none."""
    from kpictl.kinds.lower import lower_project as lower

    return lower(project, names)
