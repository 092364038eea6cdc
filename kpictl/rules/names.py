"""Rules about names: what a definition refers to must exist, and must be the only one of its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kpictl.diagnostics import Diagnostic, Label, Severity, did_you_mean
from kpictl.model.kpis import KpiTest
from kpictl.rules.facts import Fact
from kpictl.rules.rule import Checked, Rule, WholeRule

_RESERVED = frozenset({"time", "value", "denominator"})


class UnknownConnection(Rule):
    """A source stands on a connection that the output does not bind.

    ## What it does
    Looks the `connection:` of every source up in the selected output of `profiles.yml`.

    ## Why it matters
    The definition can be compiled, but there is nowhere to run it.

    ## Example
    ```yaml
    sources:
      orders: {connection: payment, relation: public.orders}
    ```

    ## Use instead
    A name under `connections:` of the output, or add it there.
    """

    code = "KPI154"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        output = project.project.output
        if output is None:
            return
        known = [connection.name for connection in output.connections]
        for source in project.project.sources.values():
            if source.connection is not None and source.connection not in known:
                yield self.at(
                    source.place.child("connection"),
                    f"the output `{output.name}` has no connection `{source.connection}`",
                    label="not bound",
                    others=[Label(place=output.place.child("connections").key(), text="the output's connections")],
                    help=_near(source.connection, known) or [f"it has {_listed(known)}; add this one in profiles.yml"],
                    node=source.name,
                )


class ReservedDimension(Rule):
    """A dimension is called like a column of the result.

    ## What it does
    Refuses dimensions named `time`, `value` or `denominator`.

    ## Why it matters
    A KPI's SQL returns `time`, `value`, one column a dimension and, where a run must know why there is no value, `denominator`;
    two columns of one name cannot be told apart.

    ## Example
    ```yaml
    kpis:
      orders: {measure: count(*), source: orders, dimensions: [value]}
    ```

    ## Use instead
    A name of its own, declared on the source:
    ```yaml
    sources:
      orders: {dimensions: {order_value: value}}
    ```
    """

    code = "KPI155"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            for n, name in enumerate(kpi.dimensions):
                if name in _RESERVED:
                    yield self.at(
                        kpi.place.child("dimensions", n),
                        f"the result has a column `{name}` already",
                        label="reserved",
                        help=[f"name it on the source, as in `dimensions: {{{kpi.name}_{name}: {name}}}`"],
                        node=kpi.name,
                    )


class RenamedFromExisting(Rule):
    """A KPI was renamed from a name that is still in use.

    ## What it does
    Looks `renamed_from:` up among the KPIs.

    ## Why it matters
    The values stored under the old name would belong to both.

    ## Example
    ```yaml
    sales:   {measure: sum(amount), source: orders}
    revenue: {measure: sum(amount), source: orders, renamed_from: sales}
    ```

    ## Use instead
    Delete the old KPI, or take `renamed_from` away: then it is a copy with a past of its own.
    """

    code = "KPI163"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            old = project.project.kpis.get(kpi.renamed_from) if kpi.renamed_from is not None else None
            if old is not None:
                yield self.at(
                    kpi.place.child("renamed_from"),
                    f"`{kpi.name}` was renamed from `{old.name}`, which still exists",
                    label="still in use",
                    others=[Label(place=old.place.key(), text="this one")],
                    help=[f"delete `{old.name}`, or take `renamed_from` away"],
                    node=kpi.name,
                )


class RenamedFromTwice(WholeRule):
    """Two KPIs were renamed from the same one.

    ## What it does
    Compares the `renamed_from:` of all KPIs.

    ## Why it matters
    The stored past can move to one of them only.

    ## Example
    ```yaml
    gross_sales: {measure: sum(gross), source: orders, renamed_from: sales}
    net_sales:   {measure: sum(net), source: orders, renamed_from: sales}
    ```

    ## Use instead
    `renamed_from` at the one whose meaning is still the old one.
    """

    code = "KPI164"

    def compare(self, facts: Sequence[Fact]) -> Iterator[Diagnostic]:
        claimed: dict[str, Fact] = {}
        for fact in facts:
            if fact.renamed_from is None:
                continue
            first = claimed.setdefault(fact.renamed_from, fact)
            if first is not fact:
                yield self.at(
                    fact.place.child("renamed_from"),
                    f"`{fact.name}` and `{first.name}` were both renamed from `{fact.renamed_from}`",
                    label="the second claim",
                    others=[Label(place=first.place.child("renamed_from"), text="the first")],
                    node=fact.name,
                )


class AnalysisNamedLikeKpi(Rule):
    """An analysis has the name of a KPI.

    ## What it does
    Compares the files of `analyses/` with the KPIs.

    ## Why it matters
    A selector by name means both, and the two compiled files differ by their folder only.

    ## Example
    `analyses/revenue.sql` beside the KPI `revenue`.

    ## Use instead
    A name that says what the analysis asks: `analyses/revenue_by_cohort.sql`.
    """

    code = "KPI167"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for analysis in project.project.analyses.values():
            kpi = project.project.kpis.get(analysis.name)
            if kpi is not None:
                yield self.at(
                    analysis.place,
                    f"the analysis `{analysis.name}` is named like a KPI",
                    others=[Label(place=kpi.place.key(), text="the KPI")],
                    help=["rename the file"],
                    node=analysis.name,
                )


class UnknownInTest(Rule):
    """A test names a KPI, source or column that does not exist.

    ## What it does
    Looks up the `kpi:` of each test, and the sources and columns of the rows that it gives.

    ## Why it matters
    A test over nothing proves nothing.

    ## Example
    ```yaml
    tests:
      refunds_do_not_count: {kpi: revenu, given: {orders: [{amount: 10}]}, expect: [{value: 10}]}
    ```

    ## Use instead
    The name of a KPI and of the sources that it reads.
    """

    code = "KPI168"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for test in project.project.tests.values():
            if test.kpi not in project.project.kpis:
                near = _near(test.kpi, project.project.kpis)
                message = f"there is no KPI `{test.kpi}`"
                yield self.at(test.place.child("kpi"), message, label="not defined", help=near, node=test.name)
            yield from self._given(test, project)

    def _given(self, test: KpiTest, project: Checked) -> Iterator[Diagnostic]:
        for name, rows in test.given:
            source = project.project.sources.get(name)
            place = test.place.child("given", name)
            if source is None:
                near = _near(name, project.project.sources)
                message = f"there is no source `{name}`"
                yield self.at(place.key(), message, label="not declared", help=near, node=test.name)
                continue
            known = [column.name for column in source.columns]
            for n, row in enumerate(rows):
                for column, _ in row:
                    if known and column not in known:
                        yield self.at(
                            place.child(n, column).key(),
                            f"`{name}` has no column `{column}`",
                            label="not declared",
                            help=_near(column, known),
                            node=test.name,
                        )


def _near(name: str, known: Iterable[str]) -> list[str]:
    return [f"did you mean `{near}`?" for near in did_you_mean(name, known)]


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    shown = ", ".join(f"`{name}`" for name in all_names[:5])
    return shown + (f" and {len(all_names) - 5} more" if len(all_names) > 5 else "") if all_names else "none"
