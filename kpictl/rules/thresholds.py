"""Rules about thresholds, goals and checks: what is to be watched must be readable, and able to happen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpictl.diagnostics import Diagnostic, Label, Severity, did_you_mean
from kpictl.model.kpis import Kpi, MeasureSpec, Threshold
from kpictl.rules.aggregates import is_additive, why_not_additive
from kpictl.rules.conditions import Condition, Problem, read_condition
from kpictl.rules.rule import Checked, Rule

_COUNT = re.compile(r"\s*count\s*\(", re.IGNORECASE)
_SUM_OVER = re.compile(r"\s*sum\s+over\s+(\w+)\s*=\s*total\s*", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_]\w*")
_COMPARISON = re.compile(r"<=|>=|<>|!=|=|<|>")


class UnreadableCondition(Rule):
    """A threshold whose condition cannot be read.

    ## What it does
    Reads `when:` and `resolve:` as comparisons of `value` with numbers, joined by and, or, not.

    ## Why it matters
    An alert that cannot be read cannot go off.

    ## Example
    ```yaml
    thresholds: [{when: "conversion < 5%", severity: warn}]
    ```

    ## Use instead
    ```yaml
    thresholds: [{when: "value < 0.05", severity: warn}]
    ```
    """

    code = "KPI054"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            for threshold in kpi.thresholds:
                for key, text in (("when", threshold.when), ("resolve", threshold.resolve)):
                    problem = read_condition(text) if text is not None else None
                    if isinstance(problem, Problem):
                        yield self.at(
                            threshold.place.child(key).within(problem.start, problem.end),
                            f"cannot read the condition of `{kpi.name}`: {problem.message}",
                            label="here",
                            help=["write it as in `value < 0.95` or `value between 0 and 1`"],
                            node=kpi.name,
                        )


class ConditionDecided(Rule):
    """A condition that is never true, or always.

    ## What it does
    Tries every piece of the number line, for counts from 0 on.

    ## Why it matters
    A threshold that never fires protects nothing; one that always fires is switched off by its readers.

    ## Example
    ```yaml
    thresholds: [{when: "value < 0.1 and value > 0.9", severity: critical}]
    ```

    ## Use instead
    ```yaml
    thresholds: [{when: "value < 0.1 or value > 0.9", severity: critical}]
    ```
    """

    code = "KPI055"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            for threshold in kpi.thresholds:
                condition = _condition(threshold.when)
                if condition is None:
                    continue
                least = 0.0 if _is_count(kpi) else float("-inf")
                can_be_true = condition.can_be(True, least=least)
                if not can_be_true or not condition.can_be(False, least=least):
                    yield self.at(
                        threshold.place.child("when"),
                        f"this threshold of `{kpi.name}` {'always fires' if can_be_true else 'never fires'}",
                        label=f"{'always' if can_be_true else 'never'} true",
                        notes=["a count is never negative"]
                        if least == 0.0 and condition.can_be(not can_be_true)
                        else [],
                        node=kpi.name,
                    )


class ResolvedWhileFiring(Rule):
    """A threshold is resolved by a value that fires it.

    ## What it does
    Looks for a value that satisfies both `when:` and `resolve:`.

    ## Why it matters
    At such a value the alert would open and close with every run.

    ## Example
    ```yaml
    {when: "value < 0.95", resolve: "value >= 0.9", severity: warn}
    ```

    ## Use instead
    ```yaml
    {when: "value < 0.95", resolve: "value >= 0.97", severity: warn}
    ```
    """

    code = "KPI056"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            for threshold in kpi.thresholds:
                if threshold.resolve is None:
                    continue
                when, resolve = _condition(threshold.when), _condition(threshold.resolve)
                if when is not None and resolve is not None and when.meets(resolve):
                    yield self.at(
                        threshold.place.child("resolve"),
                        f"a value can fire and resolve this threshold of `{kpi.name}` at once",
                        label="overlaps",
                        others=[Label(place=threshold.place.child("when"), text="fires here")],
                        node=kpi.name,
                    )


class WarnAfterCritical(Rule):
    """A warning that cannot come before the critical alert.

    ## What it does
    Looks for a `warn` whose every value is `critical` already.

    ## Why it matters
    A warning is for the time in which something can still be done.

    ## Example
    ```yaml
    thresholds: [{when: "value < 5", severity: warn}, {when: "value < 10", severity: critical}]
    ```

    ## Use instead
    ```yaml
    thresholds: [{when: "value < 10", severity: warn}, {when: "value < 5", severity: critical}]
    ```
    """

    code = "KPI057"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if len(kpi.thresholds) < 2:
                continue
            warns = [t for t in kpi.thresholds if t.severity == "warn"]
            for critical in (t for t in kpi.thresholds if t.severity == "critical"):
                worse = _condition(critical.when)
                for warn in warns:
                    sooner = _condition(warn.when)
                    if worse is not None and sooner is not None and sooner.can_be(True) and worse.includes(sooner):
                        yield self.at(
                            warn.place.child("when"),
                            f"`{kpi.name}` is critical wherever this warns",
                            label="never a warning of its own",
                            others=[Label(place=critical.place.child("when"), text="critical here")],
                            node=kpi.name,
                        )


class EmptyThreshold(Rule):
    """A threshold without anything that could fire it.

    ## What it does
    Reports a threshold that has none of `when`, `change_pct`, `burn_rate`, `anomaly`, `stale` and `no_data`.

    ## Why it matters
    It reads like an alert and is none.

    ## Example
    ```yaml
    thresholds: [{severity: critical, notify: [slack_ops]}]
    ```

    ## Use instead
    ```yaml
    thresholds: [{when: "value < 0.95", severity: critical, notify: [slack_ops]}]
    ```
    """

    code = "KPI058"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            for threshold in kpi.thresholds:
                if not _fires(threshold):
                    yield self.at(
                        threshold.place,
                        f"this threshold of `{kpi.name}` has no condition",
                        label="nothing can fire it",
                        help=['add `when: "value < 0.95"`'],
                        node=kpi.name,
                    )


class GoalFiresAlert(Rule):
    """The goal itself fires a threshold.

    ## What it does
    Tries the `goal:` in every threshold's `when:`.

    ## Why it matters
    Who reaches the goal would be woken up for it: one of the two is wrong, often by a factor of 100.

    ## Example
    ```yaml
    goal: 5
    thresholds: [{when: "value > 0.03", severity: warn}]
    ```

    ## Use instead
    A goal and a threshold in the same unit, on different sides.
    """

    code = "KPI059"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.goal is None:
                continue
            for threshold in kpi.thresholds:
                condition = _condition(threshold.when)
                if condition is not None and condition.test(float(kpi.goal)):
                    yield self.at(
                        threshold.place.child("when"),
                        f"`{kpi.name}` fires this at its goal of {kpi.goal:g}",
                        label="true at the goal",
                        others=[Label(place=kpi.place.child("goal"), text="the goal")],
                        node=kpi.name,
                    )


class AlertAgainstDirection(Rule):
    """A threshold fires on the good side only.

    ## What it does
    Compares one-sided conditions with `direction:`: `value > x` where up is good, `value < x` where down is good.

    ## Why it matters
    Nothing is wrong with a ceiling; but more often the sign, or the direction, was mixed up.

    ## Example
    ```yaml
    direction: up
    thresholds: [{when: "value > 0.95", severity: critical}]
    ```

    ## Use instead
    ```yaml
    direction: up
    thresholds: [{when: "value < 0.95", severity: critical}]
    ```
    """

    code = "KPI060"
    severity = Severity.HINT

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.direction is None:
                continue
            for threshold in kpi.thresholds:
                condition = _condition(threshold.when)
                if condition is None:
                    continue
                lowest, highest = condition.test(min(condition.samples)), condition.test(max(condition.samples))
                if lowest != highest and highest == (kpi.direction == "up"):
                    yield self.at(
                        threshold.place.child("when"),
                        f"this fires when `{kpi.name}` does well: {kpi.direction} is good",
                        label="the good side",
                        others=[Label(place=kpi.place.child("direction"), text="the direction")],
                        node=kpi.name,
                    )


class UnreadableCheck(Rule):
    """A check that cannot be read.

    ## What it does
    Reads each check as a condition on `value`, as `sum over <dimension> = total`, or as an equation between KPIs.

    ## Why it matters
    A check that is not understood is not made.

    ## Example
    ```yaml
    checks: ["between 0 and 1"]
    ```

    ## Use instead
    ```yaml
    checks: ["value between 0 and 1", "sum over country = total", "mrr_delta = new + expansion - churn"]
    ```
    """

    code = "KPI061"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            for n, text in enumerate(kpi.checks):
                problem = _check_problem(text, kpi, project)
                if problem is not None:
                    message, start, end, way = problem
                    yield self.at(
                        kpi.place.child("checks", n).within(start, end),
                        f"cannot read the check of `{kpi.name}`: {message}",
                        label="here",
                        help=way,
                        node=kpi.name,
                    )


class SumCheckOfNonAdditive(Rule):
    """A check that adds up what does not add up.

    ## What it does
    Reports `sum over <dimension> = total` on ratios, averages, percentiles, extremes and distinct counts.

    ## Why it matters
    A user in two countries counts once in the total and twice in the sum: the check fails on good data.

    ## Example
    ```yaml
    buyers:
      measure: count(distinct user_id)
      source: orders
      dimensions: [country]
      checks: ["sum over country = total"]
    ```

    ## Use instead
    The check on a sum or a plain count.
    """

    code = "KPI354"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            for n, text in enumerate(kpi.checks):
                if _SUM_OVER.fullmatch(text) and not is_additive(kpi):
                    yield self.at(
                        kpi.place.child("checks", n),
                        f"the parts of `{kpi.name}` do not add up to its total",
                        label=why_not_additive(kpi),
                        node=kpi.name,
                    )


def _condition(text: str | None) -> Condition | None:
    found = read_condition(text) if text is not None else None
    return found if isinstance(found, Condition) else None


def _is_count(kpi: Kpi) -> bool:
    return isinstance(kpi.spec, MeasureSpec) and _COUNT.match(kpi.spec.measure) is not None


def _fires(threshold: Threshold) -> bool:
    t = threshold
    return any(each is not None for each in (t.when, t.change_pct, t.burn_rate, t.anomaly, t.stale, t.no_data))


_Trouble = tuple[str, int, int, list[str]]


def _check_problem(text: str, kpi: Kpi, project: Checked) -> _Trouble | None:
    """What is wrong with a check: a message, the characters, and a way out; None when it can be read."""
    parts = _SUM_OVER.fullmatch(text)
    if parts is not None:
        near = did_you_mean(parts[1], kpi.dimensions)
        way = [f"did you mean `{near[0]}`?"] if near else [f"add it to `dimensions:` of `{kpi.name}`"]
        known = parts[1] in kpi.dimensions
        return None if known else (f"`{parts[1]}` is no dimension of it", *parts.span(1), way)
    words = [word for word in _WORD.finditer(text) if word[0] not in ("and", "or", "not", "between")]
    if words and _COMPARISON.search(text) and all(word[0] != "value" for word in words):
        for word in words:
            if word[0] not in project.project.kpis:
                near = did_you_mean(word[0], [*project.project.kpis, "value"])
                return f"`{word[0]}` is no KPI", *word.span(), [f"did you mean `{near[0]}`?"] if near else []
        return None
    found = read_condition(text)
    if isinstance(found, Problem):
        way = ["write `value between 0 and 1`, `sum over country = total`, or an equation between KPIs"]
        return found.message, found.start, found.end, way
    return None
