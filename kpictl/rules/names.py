"""Rules about names: what a definition refers to must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kpictl.diagnostics import Diagnostic, Label, Place, did_you_mean
from kpictl.graph.references import Reference, references
from kpictl.model.kpis import CohortSpec, CumulativeSpec, ExprSpec, FunnelSpec, Kpi, MeasureSpec, QuerySpec, RatioSpec
from kpictl.model.project import Project
from kpictl.model.sources import Source
from kpictl.rules.rule import Checked, Rule

_RESERVED = frozenset({"time", "value"})


class UnknownSource(Rule):
    """A KPI reads a source that is not declared.

    ## What it does
    Looks up the `source:` of a measure, funnel or cohort, and every `{{ source('x') }}`.

    ## Why it matters
    Without the source's block nothing is known of its time, its key and its columns, so no number could be trusted.

    ## Example
    ```yaml
    kpis:
      revenue: {measure: sum(amount), source: oders}
    ```

    ## Use instead
    The name of a block under `sources:`; `kpictl sources import` writes one from the live catalogue.
    """

    code = "KPI150"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        known = project.project.sources
        for kpi in project.kpis:
            for name, place in _named_sources(kpi):
                if name not in known:
                    help = _near(name, known) or (
                        [f"`{name}` is a KPI; a measure reads a source, an `expr:` reads KPIs"]
                        if name in project.project.kpis
                        else [f"declare it under `sources:`: {name}: {{connection: .., relation: .., time: ..}}"]
                    )
                    yield self.at(place, f"unknown source `{name}`", label="not declared", help=help, node=kpi.name)


class UnknownKpi(Rule):
    """A KPI reads a KPI that is not defined.

    ## What it does
    Looks up the operands of `ratio:`, `expr:` and `cumulative:`, and every `{{ kpi('x') }}`.

    ## Why it matters
    A derived KPI has no data of its own: without its operand there is nothing to compute.

    ## Example
    ```yaml
    kpis:
      arpu: {expr: revenu / mau}
    ```

    ## Use instead
    The name of a KPI; `kpictl ls` lists them.
    """

    code = "KPI151"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        known = project.project.kpis
        for kpi in project.kpis:
            spec = kpi.spec
            if type(spec) is MeasureSpec or (type(spec) is QuerySpec and "{{" not in spec.query):
                continue
            for each in references(kpi):
                if each.kind == "kpi" and each.name not in known:
                    yield self._unknown(each, kpi, project.project)

    def _unknown(self, reference: Reference, kpi: Kpi, project: Project) -> Diagnostic:
        name = reference.name
        help = _near(name, project.kpis)
        if not help and name in project.sources:
            help = [f"`{name}` is a source; give it a measure first, and read that KPI"]
        return self.at(
            reference.place,
            f"unknown KPI `{name}`",
            label="not defined",
            help=help or _listing(project.kpis),
            node=kpi.name,
        )


class UnknownDimension(Rule):
    """A measure is split by something that its source does not have.

    ## What it does
    Looks every dimension of a measure up in the source's `dimensions:` and declared `columns:`.

    ## Why it matters
    A misspelt dimension would fail on the engine, after the run has begun.

    ## Example
    ```yaml
    kpis:
      revenue: {measure: sum(amount), source: orders, dimensions: [contry]}
    ```

    ## Use instead
    A column of the source, or a name under the source's `dimensions:` for what needs an expression or a join.
    """

    code = "KPI152"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if not kpi.dimensions or type(kpi.spec) is not MeasureSpec:
                continue
            source = project.project.sources.get(kpi.spec.source)
            if source is None or not source.columns:
                continue
            known = {name for name, _ in source.dimensions} | {column.name for column in source.columns}
            for n, name in enumerate(kpi.dimensions):
                if name not in known:
                    yield self.at(
                        kpi.place.child("dimensions", n),
                        f"unknown dimension `{name}` of `{source.name}`",
                        label="neither a dimension nor a column of the source",
                        others=[Label(place=source.place.key(), text="the source")],
                        help=_near(name, known) or self._joined(name, source, project.project),
                        node=kpi.name,
                    )

    def _joined(self, name: str, source: Source, project: Project) -> list[str]:
        """Where a joined source has a column of that name, the line that makes it a dimension."""
        for join in source.joins:
            other = project.sources.get(join.source)
            if other is not None and other.column(name) is not None:
                return [f"declare it on the source: `dimensions: {{{name}: {join.name}.{name}}}`"]
        return [f"declare it on the source: `dimensions: {{{name}: <expression>}}`"]


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
    Refuses dimensions named `time` or `value`.

    ## Why it matters
    A KPI's SQL returns `time`, `value` and one column a dimension; two columns of one name cannot be told apart.

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


def _named_sources(kpi: Kpi) -> Iterable[tuple[str, Place]]:
    """The sources that a definition names outright; tables in SQL are the front door's affair."""
    spec = kpi.spec
    match spec:
        case MeasureSpec(source=source):
            return ((source, kpi.place.child("source")),)
        case FunnelSpec(source=source):
            return ((source, kpi.place.child("funnel", "source")),)
        case CohortSpec(source=source):
            return ((source, kpi.place.child("cohort_retention", "source")),)
        case QuerySpec(query=query) if "{{" in query:
            return [(r.name, r.place) for r in references(kpi) if r.kind == "source" and r.certain]
        case QuerySpec() | RatioSpec() | ExprSpec() | CumulativeSpec():
            return ()


def _near(name: str, known: Iterable[str]) -> list[str]:
    return [f"did you mean `{near}`?" for near in did_you_mean(name, known)]


def _listing(known: Iterable[str]) -> list[str]:
    return [f"there are {_listed(known)}"] if known else []


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    shown = ", ".join(f"`{name}`" for name in all_names[:5])
    return shown + (f" and {len(all_names) - 5} more" if len(all_names) > 5 else "") if all_names else "none"
