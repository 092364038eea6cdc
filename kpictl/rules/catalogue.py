"""Every rule, in the order in which they run, and every code that kpictl knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from kpictl.diagnostics import Diagnostic, Finding, all_findings
from kpictl.rules.composition import (
    CircularKpis,
    DeprecatedOperand,
)
from kpictl.rules.derived import (
    FillOfQuotient,
    MeanOfMeans,
    RatioOfItself,
    ShareWithUnit,
    UnitsOfOneFamily,
)
from kpictl.rules.facts import Fact
from kpictl.rules.governance import (
    CertifiedOnUncertified,
    CertifiedWithoutDescription,
    CertifiedWithoutOwner,
    NobodyMayRead,
    PersonalDimension,
    SameMeaning,
)
from kpictl.rules.joins import (
    JoinBesideKey,
    JoinTypesDiffer,
    JoinUnderOwnName,
    JoinWithoutKey,
    KeyAsDimension,
    UnknownJoinColumn,
    UnknownJoinSource,
)
from kpictl.rules.measures import (
    AverageOfRates,
    DeadFilter,
    SumOfStock,
)
from kpictl.rules.names import (
    AnalysisNamedLikeKpi,
    RenamedFromExisting,
    RenamedFromTwice,
    ReservedDimension,
    UnknownConnection,
    UnknownInTest,
)
from kpictl.rules.rule import Checked, Rule, WholeRule
from kpictl.rules.schedules import (
    NeverFires,
    RetentionBelowGrain,
    RetentionBelowWindow,
    ScheduleFinerThanGrain,
    StartInFuture,
)
from kpictl.rules.sources import (
    AppendWithoutTime,
    FreshnessOrder,
    LatenessBeyondRetention,
    UnknownComplete,
    UnknownSourceColumn,
    UnusedSource,
    UpdatedAtNotTemporal,
    UselessZone,
)
from kpictl.rules.thresholds import (
    AlertAgainstDirection,
    ConditionDecided,
    EmptyThreshold,
    GoalFiresAlert,
    ResolvedWhileFiring,
    SumCheckOfNonAdditive,
    UnreadableCheck,
    UnreadableCondition,
    WarnAfterCritical,
)
from kpictl.rules.types import UntypedColumn
from kpictl.rules.units import (
    FractionAsPercent,
    PercentTwice,
    TruncatedDivision,
    UnlabelledPercent,
)

RULES: tuple[type[Rule], ...] = (
    UnknownConnection,
    ReservedDimension,
    RenamedFromExisting,
    RenamedFromTwice,
    AnalysisNamedLikeKpi,
    UnknownInTest,
    UnknownSourceColumn,
    UpdatedAtNotTemporal,
    UselessZone,
    AppendWithoutTime,
    LatenessBeyondRetention,
    FreshnessOrder,
    UnknownComplete,
    UnusedSource,
    NeverFires,
    ScheduleFinerThanGrain,
    RetentionBelowWindow,
    RetentionBelowGrain,
    StartInFuture,
    CircularKpis,
    DeprecatedOperand,
    MeanOfMeans,
    RatioOfItself,
    FillOfQuotient,
    UnitsOfOneFamily,
    ShareWithUnit,
    UnlabelledPercent,
    PercentTwice,
    FractionAsPercent,
    TruncatedDivision,
    UntypedColumn,
    AverageOfRates,
    SumOfStock,
    DeadFilter,
    UnknownJoinSource,
    JoinUnderOwnName,
    JoinWithoutKey,
    JoinBesideKey,
    KeyAsDimension,
    UnknownJoinColumn,
    JoinTypesDiffer,
    CertifiedWithoutOwner,
    CertifiedWithoutDescription,
    NobodyMayRead,
    CertifiedOnUncertified,
    PersonalDimension,
    SameMeaning,
    UnreadableCondition,
    ConditionDecided,
    ResolvedWhileFiring,
    WarnAfterCritical,
    EmptyThreshold,
    GoalFiresAlert,
    AlertAgainstDirection,
    UnreadableCheck,
    SumCheckOfNonAdditive,
)

FINDINGS = ("findings", "key_findings")
"""The modules of a package that define what it finds; `explain` reads no others."""


def found(project: Checked) -> Iterator[Diagnostic]:
    """What the rules find that judge each definition with what it reads."""
    for rule in RULES:
        if not issubclass(rule, WholeRule):
            yield from rule().check(project)


def compared(facts: Sequence[Fact]) -> Iterator[Diagnostic]:
    """What the rules find that compare all definitions."""
    for rule in RULES:
        if issubclass(rule, WholeRule):
            yield from rule().compare(facts)


def compares(code: str) -> bool:
    """Whether a code is that of a rule that compares all definitions."""
    return any(rule.code == code for rule in RULES if issubclass(rule, WholeRule))


def every_finding() -> tuple[type[Finding], ...]:
    """Every code there is, sorted: those of the rules above, and of each part's `findings.py`, met on the way."""
    import kpictl

    for module in iter_modules(kpictl.__path__):
        if module.ispkg:
            for name in FINDINGS:
                if find_spec(f"kpictl.{module.name}.{name}") is not None:
                    import_module(f"kpictl.{module.name}.{name}")
    return all_findings()
