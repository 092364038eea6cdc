"""Rules about ratios and expressions: what two numbers mean together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kpictl.diagnostics import Diagnostic, Label, Severity
from kpictl.graph.references import references
from kpictl.model.kpis import ExprSpec, Kpi, RatioSpec
from kpictl.rules.aggregates import why_not_additive
from kpictl.rules.rule import Checked, Rule

_MEAN = re.compile(r"\(\s*[a-z_]\w*(?:\s*\+\s*[a-z_]\w*)+\s*\)\s*/\s*\d+(?:\.\d+)?\b")
_SUM = re.compile(r"\s*[a-z_]\w*(?:\s*[+-]\s*[a-z_]\w*)+\s*")
_CURRENCIES = frozenset("usd eur gbp chf jpy cny inr aud cad sek nok dkk pln czk huf brl mxn krw try zar".split())
_LENGTHS = frozenset("milliseconds ms seconds s minutes min hours h days d weeks".split())
_FAMILIES = (("currencies", _CURRENCIES), ("lengths of time", _LENGTHS))


class MeanOfMeans(Rule):
    """An expression averages averages.

    ## What it does
    Looks for `(a + b) / 2` where a part is a ratio, an average or a percentile.

    ## Why it matters
    Each part weighs the same, whether it stands for ten orders or ten thousand: the result is no average of the orders.

    ## Example
    ```yaml
    conversion: {expr: (web_conversion + app_conversion) / 2}
    ```

    ## Use instead
    A ratio of the sums:
    ```yaml
    conversion: {expr: (web_orders + app_orders) / (web_visits + app_visits)}
    ```
    """

    code = "KPI351"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        kpis = project.project.kpis
        for kpi in project.kpis:
            if type(kpi.spec) is not ExprSpec or "+" not in kpi.spec.expr:
                continue
            for mean in _MEAN.finditer(kpi.spec.expr):
                parts = [kpis[name] for name in re.findall(r"[a-z_]\w*", mean[0]) if name in kpis]
                reason = next((why_not_additive(part) for part in parts if why_not_additive(part)), "")
                if reason:
                    yield self.at(
                        kpi.place.child("expr").within(*mean.span()),
                        f"`{kpi.name}` averages what are averages already",
                        label="each part weighs the same",
                        help=["divide the sum of the numerators by the sum of the denominators"],
                        node=kpi.name,
                    )


class RatioOfItself(Rule):
    """A ratio of a KPI by itself.

    ## What it does
    Compares numerator and denominator, by name and by meaning.

    ## Why it matters
    It is 1 wherever it is anything.

    ## Example
    ```yaml
    rate: {ratio: {numerator: orders, denominator: orders}}
    ```

    ## Use instead
    The part above, the whole below.
    """

    code = "KPI352"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        kpis = project.project.kpis
        for kpi in project.kpis:
            spec = kpi.spec
            if type(spec) is not RatioSpec:
                continue
            above, below = kpis.get(spec.numerator), kpis.get(spec.denominator)
            if above is not None and below is not None and above.spec == below.spec:
                yield self.at(
                    kpi.place.child("ratio", "denominator"),
                    f"`{kpi.name}` divides `{above.name}` by itself: it is always 1",
                    label="the same as above the line",
                    others=[Label(place=kpi.place.child("ratio", "numerator"), text="the numerator")],
                    node=kpi.name,
                )


class FillOfQuotient(Rule):
    """Missing quotients are filled with zero.

    ## What it does
    Reports `fill: zero` on ratios, averages, percentiles and extremes.

    ## Why it matters
    A day without orders has no average order; a zero on the chart says that orders were worth nothing.

    ## Example
    ```yaml
    average_order: {measure: avg(amount), source: orders, fill: zero}
    ```

    ## Use instead
    `fill: previous`, or no fill: the gap is the truth.
    """

    code = "KPI353"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            reason = why_not_additive(kpi) if kpi.fill == "zero" else ""
            if reason and "distinct" not in reason:
                yield self.at(
                    kpi.place.child("fill"),
                    f"`{kpi.name}` is {reason}: without rows it is unknown, not 0",
                    label="shows zero where there is nothing",
                    help=["`fill: previous`, or leave the gap"],
                    node=kpi.name,
                )


class UnitsOfOneFamily(Rule):
    """A ratio or sum of two currencies, or of two units of time.

    ## What it does
    Compares the units of operands: those of a ratio, and those that an expr adds or subtracts.

    ## Why it matters
    Dollars by euros is no share, and dollars plus euros is no amount: one of them has to be converted first.

    ## Example
    ```yaml
    margin: {ratio: {numerator: profit_eur, denominator: revenue_usd}}
    ```

    ## Use instead
    Both in one unit, converted in the source.
    """

    code = "KPI358"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        kpis = project.project.kpis
        for kpi in project.kpis:
            spec = kpi.spec
            if type(spec) is RatioSpec:
                place = kpi.place.child("ratio")
            elif type(spec) is ExprSpec and _SUM.fullmatch(spec.expr):
                place = kpi.place.child("expr")
            else:
                continue
            operands = [each for each in _operands(kpi, kpis) if each.unit is not None]
            for family, units in _FAMILIES:
                found = [each for each in operands if str(each.unit).lower() in units]
                other = next((each for each in found if each.unit != found[0].unit), None)
                if other is not None:
                    first = found[0]
                    yield self.at(
                        place,
                        f"`{kpi.name}` puts {first.unit} and {other.unit} together",
                        label=f"two {family}",
                        others=[
                            Label(place=each.place.child("unit"), text=f"`{each.name}`") for each in (first, other)
                        ],
                        node=kpi.name,
                    )


class ShareWithUnit(Rule):
    """A ratio of two amounts of one unit carries that unit.

    ## What it does
    Reports a ratio whose own `unit` is the one that both of its operands have.

    ## Why it matters
    Dollars by dollars is a plain number; labelled `usd`, 0.27 is read as 27 cents.

    ## Example
    ```yaml
    margin: {ratio: {numerator: profit, denominator: revenue}, unit: usd}
    ```

    ## Use instead
    `format: percent`, or no unit.
    """

    code = "KPI359"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        kpis = project.project.kpis
        for kpi in project.kpis:
            spec = kpi.spec
            if type(spec) is not RatioSpec or kpi.unit is None or kpi.unit == "percent":
                continue
            above, below = kpis.get(spec.numerator), kpis.get(spec.denominator)
            if above is not None and below is not None and above.unit == below.unit == kpi.unit:
                yield self.at(
                    kpi.place.child("unit"),
                    f"`{kpi.name}` is {kpi.unit} by {kpi.unit}, a plain number",
                    label="cancels out",
                    help=["write `format: percent` instead"],
                    node=kpi.name,
                )


def _operands(kpi: Kpi, kpis: Mapping[str, Kpi]) -> tuple[Kpi, ...]:
    """The KPIs that a derived KPI reads, each once, in the order of the text."""
    read = dict.fromkeys(each.name for each in references(kpi) if each.kind == "kpi")
    return tuple(kpis[name] for name in read if name in kpis)
