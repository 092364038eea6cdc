"""Rules about joins and dimensions: what could count rows twice, or store too many of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpictl.diagnostics import Diagnostic, Label, Place, Severity, did_you_mean
from kpictl.model.kpis import MeasureSpec
from kpictl.model.sources import Source, SourceJoin
from kpictl.model.types import Kind
from kpictl.rules.rule import Checked, Rule

_COLUMN = re.compile(r"(?<![\w.'\"])([a-z_]\w*)\.([a-z_]\w*)(?![\w(.])", re.IGNORECASE)
_EQUAL = re.compile(r"([a-z_]\w*)\.([a-z_]\w*)\s*=\s*([a-z_]\w*)\.([a-z_]\w*)", re.IGNORECASE)
_FAMILY = {Kind.INTEGER: "number", Kind.DECIMAL: "number", Kind.DOUBLE: "number", Kind.TEXT: "text", Kind.DATE: "time"}


class UnknownJoinSource(Rule):
    """A join to a source that is not declared.

    ## What it does
    Looks up the source of every join: the one it names, else the one that is called like the join.

    ## Why it matters
    No column of it can be read.

    ## Example
    ```yaml
    joins: {buyer: {on: "orders.customer_id = buyer.id", type: many_to_one}}
    ```

    ## Use instead
    `joins: {buyer: {source: customers, on: "orders.customer_id = buyer.id", type: many_to_one}}`
    """

    code = "KPI450"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        known = project.project.sources
        for source, join in _joins(project):
            if join.source not in known:
                near = did_you_mean(join.source, known)
                named = join.source != join.name
                yield self.at(
                    join.place.child("source") if named else join.place.key(),
                    f"there is no source `{join.source}` to join",
                    label="not declared",
                    help=[f"did you mean `{near[0]}`?"] if near else ["name the source: `source: <name>`"],
                    node=source.name,
                )


class JoinUnderOwnName(Rule):
    """A source is joined to itself under its own name.

    ## What it does
    Reports a join whose role is the name of the source that declares it.

    ## Why it matters
    `orders.id` could be either side.

    ## Example
    ```yaml
    orders: {joins: {orders: {on: "orders.parent = orders.id", type: many_to_one}}}
    ```

    ## Use instead
    ```yaml
    orders: {joins: {parent: {source: orders, on: "orders.parent_id = parent.id", type: many_to_one}}}
    ```
    """

    code = "KPI452"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source, join in _joins(project):
            if join.name == source.name:
                yield self.at(
                    join.place.key(),
                    f"`{source.name}` is joined to itself under its own name",
                    label="which of the two is meant?",
                    help=[f"give it a role: `joins: {{parent: {{source: {source.name}, ..}}}}`"],
                    node=source.name,
                )


class JoinWithoutKey(Rule):
    """A join to one row of a source that does not say what one row is.

    ## What it does
    Reports many_to_one and one_to_one joins to a source without `key:`.

    ## Why it matters
    If the right side holds a row twice, every row on the left counts twice. The check made by each run needs the key.

    ## Example
    ```yaml
    customers: {columns: {id: bigint}}
    orders: {joins: {customers: {on: "orders.customer_id = customers.id", type: many_to_one}}}
    ```

    ## Use instead
    `customers: {key: [id], columns: {id: bigint}}`
    """

    code = "KPI454"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source, join in _joins(project):
            target = project.project.sources.get(join.source)
            if target is not None and not target.key and join.type != "one_to_many":
                yield self.at(
                    join.place.child("type"),
                    f"nothing says that `{target.name}` has one row for each of `{source.name}`",
                    label="one of what?",
                    others=[Label(place=target.place.key(), text="has no `key:`")],
                    help=[f"add `key: [..]` to `{target.name}`"],
                    node=source.name,
                )


class JoinBesideKey(Rule):
    """A join to one row that does not use that row's key.

    ## What it does
    Compares the columns of the right side in `on:` with its `key:`.

    ## Why it matters
    Several rows may meet the condition: then the rows on the left are repeated.

    ## Example
    ```yaml
    customers: {key: [id], columns: {id: bigint, city: text}}
    orders: {joins: {customers: {on: "orders.city = customers.city", type: many_to_one}}}
    ```

    ## Use instead
    A condition on the whole key, or `type: one_to_many` where several may meet.
    """

    code = "KPI455"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source, join in _joins(project):
            target = project.project.sources.get(join.source)
            if target is None or not target.key or join.type == "one_to_many":
                continue
            named = [(role.lower(), column.lower()) for role, column in _COLUMN.findall(join.on)]
            if any(role not in (source.name, join.name) for role, _ in named):
                continue  # KPI457 says what is wrong with it
            used = {column for role, column in named if role == join.name}
            missing = [column for column in target.key if column not in used]
            if missing:
                yield self.at(
                    join.place.child("on"),
                    f"`{join.name}` is joined without `{missing[0]}`, which is part of its key",
                    label=f"more than one row of `{target.name}` may meet this",
                    others=[Label(place=target.place.child("key"), text="one row is one of these")],
                    node=source.name,
                )


class KeyAsDimension(Rule):
    """A KPI is split by the key of its source.

    ## What it does
    Reports a dimension that is, alone, the whole key.

    ## Why it matters
    Every row gets a value of its own: the store grows like the source, and nothing is summed up.

    ## Example
    ```yaml
    revenue: {measure: sum(amount), source: orders, dimensions: [order_id]}
    ```

    ## Use instead
    A column with few values; single rows are read from the source.
    """

    code = "KPI456"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for kpi in project.kpis:
            if not kpi.dimensions or type(kpi.spec) is not MeasureSpec:
                continue
            source = project.project.sources.get(kpi.spec.source)
            for n, name in enumerate(kpi.dimensions if source is not None else ()):
                if source is not None and source.key == (dict(source.dimensions).get(name, name),):
                    yield self.at(
                        kpi.place.child("dimensions", n),
                        f"`{name}` is the key of `{source.name}`: each row becomes a value",
                        label="as many values as rows",
                        others=[Label(place=source.place.child("key"), text="the key")],
                        node=kpi.name,
                    )


class UnknownJoinColumn(Rule):
    """A join's condition names a column that does not exist.

    ## What it does
    Looks up each `role.column` of `on:` in the declared columns of the source and of the joined one.

    ## Why it matters
    The mistake would show only when a KPI first reads through the join.

    ## Example
    ```yaml
    joins: {customers: {on: "orders.custmer_id = customers.id", type: many_to_one}}
    ```

    ## Use instead
    Declared columns, under the name of the source or of the join.
    """

    code = "KPI457"

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source, join in _joins(project):
            sides = {source.name: source, join.name: project.project.sources.get(join.source)}
            for found in _COLUMN.finditer(join.on):
                yield from self._column(found, sides, join, source)

    def _column(
        self, found: re.Match[str], sides: dict[str, Source | None], join: SourceJoin, source: Source
    ) -> Iterator[Diagnostic]:
        role, name = found[1].lower(), found[2].lower()
        place: Place = join.place.child("on")
        if role not in sides:
            near = did_you_mean(role, sides)
            ways = [f"did you mean `{near[0]}`?"] if near else [f"there are `{source.name}` and `{join.name}`"]
            message = f"`{role}` is neither side of the join"
            yield self.at(place.within(*found.span(1)), message, label="unknown", help=ways, node=source.name)
            return
        side = sides[role]
        if side is not None and side.columns and side.column(name) is None:
            near = did_you_mean(name, [column.name for column in side.columns])
            yield self.at(
                place.within(*found.span(2)),
                f"`{side.name}` has no column `{name}`",
                label="not declared",
                help=[f"did you mean `{near[0]}`?"] if near else [],
                node=source.name,
            )


class JoinTypesDiffer(Rule):
    """A join compares a number with a text.

    ## What it does
    Compares the declared types of both sides of each `=` in `on:`.

    ## Why it matters
    One engine fails, another converts, and a leading zero decides whether two rows meet.

    ## Example
    ```yaml
    joins: {customers: {on: "orders.customer_no = customers.id", type: many_to_one}}   # text = bigint
    ```

    ## Use instead
    One type on both sides; a cast that is written out: `cast(customers.id as text)`.
    """

    code = "KPI458"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        for source, join in _joins(project):
            sides = {source.name: source, join.name: project.project.sources.get(join.source)}
            for found in _EQUAL.finditer(join.on):
                left, right = sides.get(found[1].lower()), sides.get(found[3].lower())
                a = left.column(found[2].lower()) if left is not None else None
                b = right.column(found[4].lower()) if right is not None else None
                if a is None or b is None:
                    continue
                families = _FAMILY.get(a.type.kind), _FAMILY.get(b.type.kind)
                if None not in families and families[0] != families[1]:
                    yield self.at(
                        join.place.child("on").within(*found.span()),
                        f"{a.type} is compared with {b.type}",
                        label="different types",
                        others=[Label(place=a.place, text=str(a.type)), Label(place=b.place, text=str(b.type))],
                        node=source.name,
                    )


def _joins(project: Checked) -> Iterator[tuple[Source, SourceJoin]]:
    """Every join of every source, with the source that declares it."""
    for source in project.project.sources.values():
        for join in source.joins:
            yield source, join
