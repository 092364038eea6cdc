"""Rules about what a number is read as: percent, and divisions that other engines cut."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpictl.diagnostics import Diagnostic, Label, Place, Severity
from kpictl.model.kpis import ExprSpec, Kpi, MeasureSpec, QuerySpec, RatioSpec
from kpictl.rules.rule import Checked, Rule

_HUNDRED = re.compile(r"\*\s*100(?:\.0+)?(?![\d.])|(?<![\w.])100(?:\.0+)?\s*\*")


class UnlabelledPercent(Rule):
    """A number times 100 that does not say that it is a percentage.

    ## What it does
    Reports a query, measure or expr that divides and multiplies by 100, without `unit:` or `format:`.

    ## Why it matters
    26.5 is read as anything; next to a KPI that shows 0.265 as 26.5 % it is read wrong.

    ## Example
    ```yaml
    churn: {expr: lost / customers * 100}
    ```

    ## Use instead
    `unit: percent` beside it, or the plain fraction with `format: percent`.
    """

    code = "KPI360"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.unit is None and kpi.format is None and (place := _times_hundred(kpi)) is not None:
                yield self.at(
                    place,
                    f"`{kpi.name}` is a percentage, but does not say so",
                    label="times 100",
                    help=["add `unit: percent`", "or leave the 100 away and add `format: percent`"],
                    node=kpi.name,
                )


class PercentTwice(Rule):
    """A percentage that is multiplied by 100 again when it is shown.

    ## What it does
    Reports `format: percent` on a query, measure or expr that multiplies a quotient by 100.

    ## Why it matters
    `format: percent` shows a fraction times 100: 26.5 would be shown as 2,650 %.

    ## Example
    ```yaml
    churn: {expr: lost / customers * 100, format: percent}
    ```

    ## Use instead
    `unit: percent`, or the plain fraction.
    """

    code = "KPI361"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.format == "percent" and (place := _times_hundred(kpi)) is not None:
                yield self.at(
                    kpi.place.child("format"),
                    f"`{kpi.name}` is multiplied by 100 twice",
                    label="shown times 100",
                    others=[Label(place=place, text="already times 100")],
                    help=["write `unit: percent` instead"],
                    node=kpi.name,
                )


class FractionAsPercent(Rule):
    """A fraction that is labelled as a percentage.

    ## What it does
    Reports `unit: percent` on a ratio of two KPIs that are no percentages: nothing has multiplied it by 100.

    ## Why it matters
    `unit: percent` says that the number is times 100 already: 0.265 would be shown as 0.265 %.

    ## Example
    ```yaml
    churn: {ratio: {numerator: lost, denominator: customers}, unit: percent}
    ```

    ## Use instead
    `format: percent`.
    """

    code = "KPI362"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        kpis = project.project.kpis
        for kpi in project.kpis:
            spec = kpi.spec
            if kpi.unit != "percent" or type(spec) is not RatioSpec:
                continue
            above = kpis.get(spec.numerator)
            if above is not None and above.unit != "percent" and _times_hundred(above) is None:
                yield self.at(
                    kpi.place.child("unit"),
                    f"`{kpi.name}` is a fraction, not times 100",
                    label="says that it is times 100",
                    help=["write `format: percent` instead"],
                    node=kpi.name,
                )


class TruncatedDivision(Rule):
    """A division of whole numbers, which other engines cut.

    ## What it does
    Points at `a / b` in a query or measure where both sides are integers. kpictl divides them as real numbers.

    ## Why it matters
    PostgreSQL answers 0 for 3 / 4. Whoever compares the KPI with a query typed there will find another number.

    ## Example
    ```sql
    SELECT cancelled_users / total_users * 100 FROM user_metrics
    ```

    ## Use instead
    Nothing, if a share is meant. For whole quotients write `div(a, b)`.
    """

    code = "KPI363"
    severity = Severity.HINT

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if isinstance(kpi.spec, QuerySpec | MeasureSpec) and "/" in _text(kpi):
                lowered = project.lowered.get(kpi.name)
                for place in () if lowered is None else _whole_divisions(lowered.finest):
                    yield self.at(
                        place,
                        "PostgreSQL would cut this quotient to a whole number; here it keeps its fraction",
                        label="integer / integer",
                        help=["`div(a, b)` where the whole quotient is meant"],
                        node=kpi.name,
                    )


def _text(kpi: Kpi) -> str:
    """The text of the value; empty where a kind has none."""
    match kpi.spec:
        case QuerySpec(query=text) | MeasureSpec(measure=text) | ExprSpec(expr=text):
            return text
    return ""


def _times_hundred(kpi: Kpi) -> Place | None:
    """Where the text of a quotient is multiplied by 100."""
    text = _text(kpi)
    if "100" not in text or "/" not in text:
        return None
    found = _HUNDRED.search(text)
    return None if found is None else kpi.place.child(kpi.kind).within(*found.span())


def _whole_divisions(tree: object) -> Iterator[Place]:
    from kpictl.ir.scalars import Call
    from kpictl.model.types import Kind
    from kpictl.sql.walk import find

    for call in find(tree, Call):
        whole = all(argument.type.kind is Kind.INTEGER for argument in call.args)
        if call.fn == "real_divide" and whole and call.place is not None:
            yield call.place
