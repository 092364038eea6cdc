"""Rules about trust: who answers for a number, who may see it, and what it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpictl.diagnostics import Diagnostic, Label, Severity
from kpictl.model.kpis import MeasureSpec
from kpictl.model.sources import Column, Source
from kpictl.rules.facts import Fact
from kpictl.rules.rule import Checked, Rule, WholeRule

_BARE = re.compile(r"(?:(?:lower|upper|trim|initcap)\s*\(\s*)*((?:[a-z_]\w*\.)?[a-z_]\w*)\s*\)*", re.IGNORECASE)


class CertifiedWithoutOwner(Rule):
    """A certified KPI that nobody answers for.

    ## What it does
    Reports `certified: true` without `owner:`, here or under the project's `defaults`.

    ## Why it matters
    Certified means that somebody vouches for it; without a name nobody does.

    ## Example
    ```yaml
    revenue: {measure: sum(amount), source: orders, certified: true}
    ```

    ## Use instead
    `owner: finance@example.com` beside it.
    """

    code = "KPI050"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.certified and not kpi.owner:
                yield self.at(
                    kpi.place.child("certified"),
                    f"`{kpi.name}` is certified, but has no owner",
                    label="by whom?",
                    help=["add `owner:`, or one for all under `defaults:` in kpi_project.yml"],
                    node=kpi.name,
                )


class CertifiedWithoutDescription(Rule):
    """A certified KPI that does not say what it is.

    ## What it does
    Reports `certified: true` without `description:`.

    ## Why it matters
    A number is trusted for what it is taken to be.

    ## Example
    ```yaml
    revenue: {measure: sum(amount), source: orders, certified: true}
    ```

    ## Use instead
    `description: Sales of paid orders, by the day on which they were paid.`
    """

    code = "KPI051"
    severity = Severity.HINT

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if kpi.certified and not kpi.description:
                yield self.at(
                    kpi.place.key(),
                    f"`{kpi.name}` is certified, but has no description",
                    label="what is it?",
                    help=["add `description:` with one sentence"],
                    node=kpi.name,
                )


class NobodyMayRead(Rule):
    """Access is restricted to nobody.

    ## What it does
    Reports an `access:` block without roles, rows and group size.

    ## Why it matters
    It reads like a protection. What is meant, nobody or everybody, is left open.

    ## Example
    ```yaml
    access: {roles: []}
    ```

    ## Use instead
    `access: {roles: [finance]}`, or no block.
    """

    code = "KPI053"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            access = kpi.access
            if access is not None and not access.roles and access.rows is None and access.min_group_size is None:
                yield self.at(
                    kpi.place.child("access"),
                    f"the access to `{kpi.name}` names no role and no rule",
                    label="restricts nothing",
                    help=["name the roles, as in `roles: [finance]`, or take the block away"],
                    node=kpi.name,
                )


class CertifiedOnUncertified(Rule):
    """A certified KPI that reads one that is not certified.

    ## What it does
    Looks at the operands of every certified ratio, expr and query.

    ## Why it matters
    It can be no better than what it is made of.

    ## Example
    ```yaml
    margin: {ratio: {numerator: profit, denominator: revenue}, certified: true}
    profit: {measure: sum(profit), source: orders}
    ```

    ## Use instead
    Certify the operands first.
    """

    code = "KPI162"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if not kpi.certified:
                continue
            for parent in project.graph.parents[kpi.unique_id]:
                operand = project.project.kpis.get(parent.removeprefix("kpi.")) if parent.startswith("kpi.") else None
                if operand is not None and not operand.certified:
                    yield self.at(
                        project.graph.places[kpi.unique_id, parent],
                        f"`{kpi.name}` is certified, `{operand.name}` is not",
                        label="not certified",
                        others=[Label(place=operand.place.key(), text="defined here")],
                        node=kpi.name,
                    )


class PersonalDimension(Rule):
    """A KPI is split by a personal column.

    ## What it does
    Reports a dimension that is a column marked `pii`, or nothing but that column in another case.

    ## Why it matters
    Every value of a dimension is stored, shown and exported: personal data would leave its source.

    ## Example
    ```yaml
    sources: {orders: {columns: {email: {type: text, pii: email}}}}
    kpis: {revenue: {measure: sum(amount), source: orders, dimensions: [email]}}
    ```

    ## Use instead
    A hash or a coarser group, declared on the source: `dimensions: {mail_domain: "split_part(email, '@', 2)"}`.
    """

    code = "KPI165"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if not kpi.dimensions or type(kpi.spec) is not MeasureSpec:
                continue
            source = project.project.sources.get(kpi.spec.source)
            for n, name in enumerate(kpi.dimensions if source is not None else ()):
                column = _personal(name, source, project) if source is not None else None
                if column is not None:
                    yield self.at(
                        kpi.place.child("dimensions", n),
                        f"`{name}` of `{kpi.name}` is personal ({column.pii})",
                        label="would be stored and shown",
                        others=[Label(place=column.place, text="marked here")],
                        help=[f'hash it on the source: `dimensions: {{{name}_hash: "md5({name})"}}`'],
                        node=kpi.name,
                    )


class SameMeaning(WholeRule):
    """Two KPIs that compute the same.

    ## What it does
    Compares what definitions mean, not how they are written: equal trees over the same source.

    ## Why it matters
    Two names for one number drift apart with the first change; one of them is then wrong.

    ## Example
    ```yaml
    revenue: {measure: sum(amount), source: orders, grain: day}
    sales:   {measure: SUM( amount ), source: orders, grain: day}
    ```

    ## Use instead
    One KPI; the other name as its `label`, or `renamed_from`.
    """

    code = "KPI166"
    severity = Severity.HINT

    def compare(self, facts: Sequence[Fact]) -> Iterator[Diagnostic]:
        first: dict[str, Fact] = {}
        for fact in facts:
            if not fact.fingerprint:
                continue
            other = first.setdefault(fact.fingerprint, fact)
            if other is not fact:
                yield self.at(
                    fact.place.key(),
                    f"`{fact.name}` computes the same as `{other.name}`",
                    label="the same number",
                    others=[Label(place=other.place.key(), text="as this one")],
                    node=fact.name,
                )


def _personal(name: str, source: Source, project: Checked) -> Column | None:
    """The personal column that a dimension gives away; None when it is none, or is changed by an expression."""
    text = dict(source.dimensions).get(name, name)
    bare = _BARE.fullmatch(text.strip())
    if bare is None:
        return None
    role, _, column_name = bare[1].rpartition(".")
    owner: Source | None = source
    if role and role != source.name:
        joined = next((join.source for join in source.joins if join.name == role), role)
        owner = project.project.sources.get(joined)
    column = owner.column(column_name) if owner is not None else None
    return column if column is not None and column.pii else None
