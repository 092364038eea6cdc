"""Rules about measures: sums that mean nothing, and filters that decide nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kpictl.diagnostics import Diagnostic, Place, Severity
from kpictl.ir.query import Select
from kpictl.ir.relations import Filter, PerBucket
from kpictl.ir.scalars import Call, Col, Lit, Scalar
from kpictl.model.kpis import Kpi, MeasureSpec, QuerySpec
from kpictl.rules.aggregates import aggregated_column
from kpictl.rules.rule import Checked, Rule

_RATE = re.compile(r"(?:^|_)(?:rate|ratio|pct|percent|percentage|share)(?:$|_)|^(?:avg|average|mean|median)_")
_STOCK = re.compile(r"(?:^|_)(?:balance|inventory|headcount|stock|stock_level|on_hand|outstanding|backlog)(?:$|_)")
_COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge"})
_SUSPECT = re.compile(
    r"(?:=|<|>)\s*null\b|\bnull\s*(?:=|<|>|!)|\(\s*null\b|,\s*null\b|\btrue\b|\bfalse\b|\d\s*(?:=|<>|!=|<|>)|(?:=|<|>)\s*'[^']*'\s*=",
    re.IGNORECASE,
)
_CONSTANT = re.compile(r"'(?:[^']|'')*'|(?<=[=<>])\s*\d+\b(?!\s*[=<>!])")
_APART = re.compile(r"\b(?:or|case|when|then|select|from|group|having|union|except|intersect)\b", re.IGNORECASE)
_COMPARED = re.compile(r"([\w.]+)\s*(?:=|<>|!=|<|>|\bin\b|\bis\b|\bbetween\b|\blike\b)", re.IGNORECASE)


class AverageOfRates(Rule):
    """A column of rates is averaged or summed.

    ## What it does
    Reports `avg` and `sum` of one column that is called a rate, ratio, percentage, share or average, or has that unit.

    ## Why it matters
    The rate of a day with ten visits weighs as much as that of a day with ten thousand.

    ## Example
    ```yaml
    conversion: {measure: avg(conversion_rate), source: daily_stats}
    ```

    ## Use instead
    A `ratio:` of the sums that the rate was made of.
    """

    code = "KPI355"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi, spec in _measures(project):
            found = aggregated_column(spec.measure)
            if found is None or found[0] not in ("avg", "sum"):
                continue
            source = project.project.sources.get(spec.source)
            column = source.column(found[1]) if source is not None else None
            if _RATE.search(found[1]) or (column is not None and column.unit == "percent"):
                what = "averages" if found[0] == "avg" else "adds up"
                yield self.at(
                    kpi.place.child("measure").within(found[2], found[3]),
                    f"`{kpi.name}` {what} rates, each with the same weight",
                    label="looks like a rate",
                    help=["make a `ratio:` of what the rate was made of"],
                    node=kpi.name,
                )


class SumOfStock(Rule):
    """A stock is summed as if it were a flow.

    ## What it does
    Reports `sum` of one column that is called a balance, inventory, headcount or the like, without `over_time:`.

    ## Why it matters
    The balances of thirty days add up to thirty times the money.

    ## Example
    ```yaml
    balance: {measure: sum(balance), source: daily_balances, grain: month}
    ```

    ## Use instead
    `over_time: last`: the closing value of each account.
    """

    code = "KPI356"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi, spec in _measures(project):
            found = aggregated_column(spec.measure) if spec.over_time is None else None
            source = project.project.sources.get(spec.source)
            held = source is not None and source.history.valid_from is not None
            if found is not None and not held and found[0] == "sum" and _STOCK.search(found[1]):
                yield self.at(
                    kpi.place.child("measure").within(found[2], found[3]),
                    f"`{kpi.name}` adds up a stock over time",
                    label="looks like a stock",
                    help=["`over_time: last` takes the closing value of each entity"],
                    node=kpi.name,
                )


class DeadFilter(Rule):
    """A condition that is always true, or never.

    ## What it does
    Looks in every `where` for constants, comparisons with NULL, and a column that is to equal two values at once.

    ## Why it matters
    A filter that lets nothing through makes a KPI of zeros; one that lets everything through filters nothing.

    ## Example
    ```yaml
    paid: {measure: count(*), source: orders, where: "status = 'paid' and status = 'shipped'"}
    ```

    ## Use instead
    `status in ('paid', 'shipped')`, `status is null`, or no condition.
    """

    code = "KPI364"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        known: dict[str, bool] = {}
        for kpi in project.kpis:
            text, key = _where(kpi)
            form = _CONSTANT.sub("''", text)
            if form not in known:
                known[form] = _is_suspect(form)
            place, lowered = kpi.place.child(key), project.lowered.get(kpi.name) if known[form] else None
            for condition in () if lowered is None else _conditions(lowered.finest):
                found = _decided(_conjuncts(condition))
                if found is not None:
                    message, label, at, way = found
                    yield self.at(at or place, f"{message} (`{kpi.name}`)", label=label, help=way, node=kpi.name)
                    break


def _measures(project: Checked) -> Iterator[tuple[Kpi, MeasureSpec]]:
    for kpi in project.kpis:
        if type(kpi.spec) is MeasureSpec:
            yield kpi, kpi.spec


def _is_suspect(text: str) -> bool:
    """A cheap look at a text without its constants: whether a condition could be decided already.

    Two conditions clash only over one column.
    """
    if _SUSPECT.search(text):
        return True
    for part in _APART.split(text):
        columns = [name.lower() for name in _COMPARED.findall(part)]
        if len(set(columns)) < len(columns):
            return True
    return False


def _where(kpi: Kpi) -> tuple[str, str]:
    """What may hold conditions, and the key under which it stands."""
    match kpi.spec:
        case MeasureSpec(where=str(text)):
            return text, "where"
        case QuerySpec(query=text) if "where" in text.lower():
            return text[text.lower().index("where") :], "query"
    return "", "where"


def _conditions(tree: object) -> Iterator[Scalar]:
    """Every condition on rows in a lowered KPI."""
    from kpictl.sql.walk import find

    for rows in find(tree, Filter):
        yield rows.predicate
    for bucket in find(tree, PerBucket):
        yield bucket.predicate
    for select in find(tree, Select):
        if select.where is not None:
            yield select.where


def _conjuncts(condition: Scalar) -> Iterator[Scalar]:
    if isinstance(condition, Call) and condition.fn == "and":
        for part in condition.args:
            yield from _conjuncts(part)
    else:
        yield condition


_Found = tuple[str, str, Place | None, list[str]]


def _decided(parts: Iterable[Scalar]) -> _Found | None:
    """The first condition that no row decides: what is wrong, its label, its place, and the way out."""
    equal: dict[Col, Lit] = {}
    for part in parts:
        if isinstance(part, Lit) and isinstance(part.value, bool):
            what = "everything" if part.value else "no row"
            return f"this filter lets {what} through", "constant", part.place, []
        if not isinstance(part, Call) or part.fn not in _COMPARISONS or len(part.args) != 2:
            continue
        left, right = part.args
        if _is_null(left) or _is_null(right):
            way = ["write `is null` or `is not null`"]
            return "a comparison with NULL is never true", "lets no row through", part.place, way
        if isinstance(left, Lit) and isinstance(right, Lit):
            return "this condition compares two constants", "no row decides it", part.place, []
        if part.fn == "eq" and isinstance(left, Col) and isinstance(right, Lit):
            other = equal.setdefault(left, right)
            if other.value != right.value:
                both = f"`{left.name}` cannot be {_shown(other)} and {_shown(right)} at once"
                way = [f"`{left.name} in ({_shown(other)}, {_shown(right)})` lets both through"]
                return both, "never true with the other", part.place, way
    return None


def _is_null(side: Scalar) -> bool:
    return isinstance(side, Lit) and side.value is None


def _shown(literal: Lit) -> str:
    return f"'{literal.value}'" if isinstance(literal.value, str) else str(literal.value)
