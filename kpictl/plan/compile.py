"""Each node of a project in each dialect: SQL and what its meaning depends on, or why there is none.

The same project, as-of, dialect and version give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from kpictl.diagnostics import Diagnostic, Place, Refused
from kpictl.dialects import NAMES, named, too_old
from kpictl.dialects.findings import EngineTooOld, ExtensionMissing, NoDialect
from kpictl.dialects.physical import AS_DECLARED, Stored
from kpictl.ir.query import Query
from kpictl.ir.relations import Relation
from kpictl.kinds.lower import Outcome
from kpictl.kinds.lowered import Lowered
from kpictl.kinds.shapes import Constant
from kpictl.model.kpis import Analysis, Kpi
from kpictl.model.project import Project
from kpictl.model.sources import Source
from kpictl.model.types import TIMESTAMPTZ
from kpictl.plan.compiled import Compiled, Parameter, Statement
from kpictl.plan.extensions import loaded, missing, whose
from kpictl.plan.lowering import lowering
from kpictl.plan.shapes import Instance, Outcomes, Shape, Trees, literal
from kpictl.plan.timed import watched_sources

if TYPE_CHECKING:
    from kpictl.dialects.render import Passed


def compile_project(
    project: Project,
    dialects: Sequence[str] = (),
    selection: Iterable[str] | None = None,
    *,
    as_of: datetime | None = None,
    lowered: Mapping[str, Outcome] | None = None,
    run: bool = False,
) -> list[Compiled]:
    """The selected nodes (unique ids; None: all) in each dialect; no dialect: that of each node's connection.

    `run` adds the column `denominator`, by which the runner tells a zero denominator from missing data.
    """
    chosen = _chosen(project, selection)
    kpis = [node.name for node in chosen if isinstance(node, Kpi)]
    outcomes = lowering(project, kpis) if lowered is None else lowered
    compiler = _Compiler(project, as_of, run, outcomes)
    return [each for node in chosen for each in compiler.node(node, dialects)]


def project_compiler(
    project: Project,
    dialects: Sequence[str] = (),
    *,
    as_of: datetime | None = None,
    lowered: Mapping[str, Outcome] | None = None,
) -> Callable[[str], list[Compiled]]:
    """Compiles one node by its unique id: for those who want to keep none of them."""
    nodes = _nodes(project)
    compiler = _Compiler(project, as_of, False, lowering(project) if lowered is None else lowered)
    return lambda unique_id: compiler.node(nodes[unique_id], dialects)


def compile_node(
    project: Project, name: str, dialect: str, outcome: Outcome, *, as_of: datetime | None = None, run: bool = False
) -> Compiled:
    """One KPI that is lowered already, in one dialect."""
    return _Compiler(project, as_of, run, {name: outcome}).kpi(project.kpis[name], dialect)


def statement_of(project: Project, query: Query, dialect: str) -> Statement:
    """A canonical query of the project's sources in a dialect; raises Refused."""
    return _Compiler(project, None, True, {}).printed(query, dialect)


def watermark_statement(project: Project, source: Source, dialect: str) -> Statement:
    """The query of a source's `complete:` in a dialect; raises Refused."""
    from kpictl.kinds.watermark import watermark_query

    return _Compiler(project, None, True, {}).printed(watermark_query(project, source), dialect)


def compile_inline(project: Project, sql: str, dialect: str, *, as_of: datetime | None = None) -> Compiled:
    """One SELECT that stands in no file; nothing is cut, only NOW() and CURRENT_DATE are the as-of."""
    node = Analysis(name="inline", sql=sql, place=Place("<inline>"))
    return _Compiler(project, as_of, False, {}).analysis(node, dialect)


def compile_tree(project: Project, tree: Relation, dialect: str) -> Statement:
    """A tree of numbers in one dialect; raises Refused."""
    return _Compiler(project, None, False, {}).statement(tree, dialect)


def compile_query(project: Project, query: Query, dialect: str) -> Statement:
    """A canonical query that no author wrote, in one dialect; raises Refused."""
    return _Compiler(project, None, True, {}).printed(query, dialect)


def _chosen(project: Project, selection: Iterable[str] | None) -> list[Kpi | Analysis]:
    nodes = _nodes(project)
    if selection is None:
        return list(nodes.values())
    return [nodes[unique_id] for unique_id in selection if unique_id in nodes]


def _nodes(project: Project) -> dict[str, Kpi | Analysis]:
    nodes: dict[str, Kpi | Analysis] = {kpi.unique_id: kpi for kpi in project.kpis.values()}
    nodes.update((analysis.unique_id, analysis) for analysis in project.analyses.values())
    return nodes


class _Compiler:
    def __init__(self, project: Project, as_of: datetime | None, run: bool, outcomes: Mapping[str, Outcome]) -> None:
        self.outcomes = outcomes
        self.instances: Mapping[str, Instance] = outcomes.instances if isinstance(outcomes, Outcomes) else {}
        self.project = project
        self.constants: dict[str, Callable[[Constant], str]] = {}
        self.connections: dict[tuple[str, ...], str | None] = {}
        self.literals = {} if as_of is None else {"as_of": as_of}
        self.run = run
        self.filled: dict[tuple[int, tuple[Constant, ...]], Trees] = {}
        self.queries: dict[int, tuple[object, Query]] = {}
        self.texts: dict[tuple[int, str], tuple[Query, Statement]] = {}
        columns = [column for source in project.sources.values() for column in source.columns]
        self.stored_otherwise = {target for column in columns for target, _ in column.physical}
        self.passed: Passed = {}
        self.watched: dict[tuple[str, str], tuple[Diagnostic, ...]] = {}

    # -- nodes

    def node(self, node: Kpi | Analysis, dialects: Sequence[str]) -> list[Compiled]:
        """A node in each dialect; in that of its connection where none is named."""
        self.filled.clear()
        self.queries.clear()
        self.texts.clear()
        self.passed.clear()
        asked = dialects or self.own_dialects(node)
        return [
            _not_said(node, dialect)
            if dialect not in NAMES
            else self.kpi(node, dialect)
            if isinstance(node, Kpi)
            else self.analysis(node, dialect)
            for dialect in asked
        ]

    def kpi(self, kpi: Kpi, dialect: str) -> Compiled:
        outcome = self.outcomes[kpi.name]
        lowered = outcome if isinstance(outcome, Lowered) else None
        statement = total = None
        diagnostics = outcome if not isinstance(outcome, Lowered) else ()
        if lowered is not None:
            try:
                self.fits(self.connection(lowered.sources), dialect, kpi.place)
                made = self.statements(kpi.name, lowered, dialect)
                self.carries(self.connection(lowered.sources), dialect, kpi.place, made[0])
                self.watermarks(kpi, lowered, dialect)
                statement, total = made
            except Refused as refused:
                diagnostics = _about(refused, kpi.name)
        return Compiled(
            unique_id=kpi.unique_id,
            name=kpi.name,
            dialect=dialect,
            path=f"{kpi.place.path.rpartition('/')[0]}/{kpi.name}.sql",
            connection=None if lowered is None else self.connection(lowered.sources),
            statement=statement,
            total=total,
            lowered=lowered,
            diagnostics=diagnostics,
        )

    def analysis(self, node: Analysis, dialect: str) -> Compiled:
        from kpictl.kinds.cut import sources_of

        path = node.place.path if node.place.path.lower().endswith(".sql") else f"{node.name}.sql"
        found = Compiled(
            unique_id=node.unique_id, name=node.name, dialect=dialect, path=path, connection=None, statement=None
        )
        try:
            tree = self.once(node, lambda: analysis_query(self.project, node))
            found = replace(found, connection=self.connection(sources_of(tree)))
            self.fits(found.connection, dialect, node.place)
            statement = self.printed(tree, dialect)
            self.carries(found.connection, dialect, node.place, statement)
            return replace(found, statement=statement)
        except Refused as refused:
            return replace(found, diagnostics=_about(refused, node.name))

    def watermarks(self, kpi: Kpi, lowered: Lowered, dialect: str) -> None:
        """Raises Refused where the target cannot say the watermark of a source; `check` judges the query itself."""
        for source in watched_sources(self.project, lowered, kpi):
            key = (source.name, self.alike(dialect))
            if key not in self.watched:
                try:
                    self.watched[key] = ()
                    watermark_statement(self.project, source, dialect)
                except Refused as refused:
                    self.watched[key] = tuple(each for each in refused.diagnostics if each.code >= "KPI500")
            if self.watched[key]:
                raise Refused(self.watched[key])

    # -- statements

    def statements(self, name: str, lowered: Lowered, dialect: str) -> tuple[Statement, Statement | None]:
        """The statement of the finest set and of the total, by the KPI's shape where it has one."""
        instance = self.instances.get(name)
        if instance is None:
            return self._both(lowered.trees(), dialect)
        key = (self.alike(dialect), self.run, tuple(self.literals.items()))
        printed, reads_texts = self.printed_constant(dialect), named(dialect).reads_texts
        try:
            return instance.statements(
                key,
                printed,
                lambda them: self._both(self.trees(instance.shape, them), dialect),
                reads_texts=reads_texts,
            )
        except Refused:
            return self._both(lowered.trees(), dialect)  # the refusal points at the KPI's own characters

    def trees(self, shape: Shape, constants: tuple[Constant, ...]) -> Trees:
        """The trees of a shape with constants, made once for all dialects of a node, which then share what passes make."""
        key = (id(shape), constants)
        if key not in self.filled:
            self.filled[key] = shape.trees(constants)
        return self.filled[key]

    def printed_constant(self, dialect: str) -> Callable[[Constant], str]:
        """How a constant is printed in a dialect; each is printed once."""
        known = self.constants.get(dialect)
        if known is None:
            from kpictl.dialects.render import constants

            printed = constants(named(dialect))
            known = self.constants[dialect] = cache(lambda value: printed(literal(value)))
        return known

    def _both(self, trees: Trees, dialect: str) -> tuple[Statement, Statement | None]:
        finest, total = trees
        return self.statement(finest, dialect), None if total is None else self.statement(total, dialect)

    def statement(self, tree: Relation, dialect: str) -> Statement:
        from kpictl.passes import optimized
        from kpictl.passes.to_query import to_query

        query = self.once(tree, lambda: to_query(optimized(tree), with_denominator=self.run))
        return self.printed(query, dialect)

    def once(self, of: object, make: Callable[[], Query]) -> Query:
        """The query of a tree or an analysis, made once for all dialects of a node."""
        if id(of) not in self.queries:
            self.queries[id(of)] = (of, make())
        return self.queries[id(of)][1]

    def alike(self, dialect: str) -> str:
        """The target that has the text for a dialect: itself, or one whose text is the same in this project."""
        other = named(dialect).like
        return other if other and not {dialect, other} & self.stored_otherwise else dialect

    def printed(self, query: Query, dialect: str) -> Statement:
        """The query in a dialect; a text that two dialects share is made once for a node."""
        key = (id(query), self.alike(dialect))
        if key not in self.texts:
            self.texts[key] = (query, self._printed(query, dialect))
        return self.texts[key][1]

    def _printed(self, query: Query, dialect: str) -> Statement:
        from kpictl.dialects.render import render

        def stored(source: str) -> Stored:
            return self.stored(source, dialect)

        rendered = render(
            query, named(dialect), relations=self.relation, literals=self.literals, stored=stored, passed=self.passed
        )
        parameters = tuple(Parameter(name=name, type=TIMESTAMPTZ) for name in rendered.parameters)
        return Statement(sql=rendered.sql, parameters=parameters, settings=rendered.settings, columns=query.outputs)

    # -- where data is

    def relation(self, source: str) -> tuple[str, ...]:
        """The name parts of a source's relation; a file or glob is one part."""
        declared = self.project.sources.get(source)
        relation = source if declared is None else declared.relation
        if "/" in relation or "*" in relation:
            return (relation,)
        return tuple(relation.split("."))

    def stored(self, source: str, dialect: str) -> Stored:
        """How a source's columns are stored on a target, as far as the project says."""
        declared = self.project.sources.get(source)
        if declared is None:
            return AS_DECLARED
        words = {c.name: form for c in declared.columns for target, form in c.physical if target == dialect}
        return Stored(time=declared.time, columns=words)

    def connection(self, sources: Sequence[str]) -> str | None:
        """The connection on which all sources are; the project's only one where they name none."""
        key = tuple(sources)
        if key not in self.connections:
            self.connections[key] = self._connection(key)
        return self.connections[key]

    def _connection(self, sources: Sequence[str]) -> str | None:
        named = {self.project.sources[s].connection for s in sources if s in self.project.sources} - {None}
        if len(named) == 1:
            return named.pop()
        output = self.project.output
        if not named and output is not None and len(output.connections) == 1:
            return output.connections[0].name
        return None

    def fits(self, connection: str | None, dialect: str, place: Place) -> None:
        """Raises Refused where the node's connection declares a version that is too old for the dialect."""
        output = self.project.output
        bound = None if output is None or connection is None else output.connection(connection)
        if bound is None or bound.type != dialect or "version" not in bound.options:
            return
        version = bound.options["version"]
        found = too_old(named(dialect), version)
        if found is not None:
            oldest, wrong = found
            message = f"connection `{connection}` is {dialect.capitalize()} {version}; before {oldest} {wrong}"
            help = [f"version {oldest} or later; or correct `version:` of the connection"]
            raise Refused([EngineTooOld.at(place, message, help=help)])

    def carries(self, connection: str | None, dialect: str, place: Place, statement: Statement) -> None:
        """Raises Refused where a statement calls a function of an extension that the node's connection does not load."""
        target = named(dialect)
        if not target.extensions:
            return
        found = missing(statement.sql, target, loaded(self.project, connection, target))
        if found is not None:
            function, extension = found
            message = f"{function} is of the extension {extension}, which {whose(connection)} does not load"
            raise Refused(
                [ExtensionMissing.at(place, message, help=[f"load it, and list it in `extensions:`: {extension}"])]
            )

    def own_dialects(self, node: Kpi | Analysis) -> tuple[str, ...]:
        """The dialect of the connection that runs a node; the project's own where it is not known."""
        outcome = self.outcomes.get(node.name) if isinstance(node, Kpi) else None
        connection = self.connection(outcome.sources) if isinstance(outcome, Lowered) else None
        output = self.project.output
        bound = None if output is None or connection is None else output.connection(connection)
        if bound is None and output is not None and len(output.connections) == 1:
            bound = output.connections[0]
        kind = self.project.settings.dialect if bound is None else bound.type
        return (kind,)


def analysis_query(project: Project, node: Analysis) -> Query:
    """What an analysis says; raises Refused."""
    from kpictl.kinds.query_lowering import scope
    from kpictl.sql.frontdoor import query

    return query(_rendered(node, project), scope(project), node.place)


def _not_said(node: Kpi | Analysis, dialect: str) -> Compiled:
    """A node on a connection of a type that is no target."""
    help = [f"there are {', '.join(NAMES)}"]
    found = NoDialect.at(node.place, f"kpictl does not compile for {dialect}", help=help, node=node.name)
    return Compiled(
        unique_id=node.unique_id,
        name=node.name,
        dialect=dialect,
        path=f"{node.name}.sql",
        connection=None,
        statement=None,
        diagnostics=(found,),
    )


def _about(refused: Refused, node: str) -> tuple[Diagnostic, ...]:
    return tuple(replace(found, node=found.node or node) for found in refused.diagnostics)


def _rendered(node: Analysis, project: Project) -> str:
    if not any(mark in node.sql for mark in ("{{", "{%", "{#")):
        return node.sql
    from kpictl.project.jinja import TemplateProblem, diagnostic, render

    try:
        return render(node.sql, project).text
    except TemplateProblem as problem:
        raise Refused([diagnostic(problem, node.sql, node.place, node.name)]) from None


def after_pass(project: Project, selection: Iterable[str], name: str) -> list[tuple[str, str]]:
    """(title, ir as text) of each selected KPI after a pass (`all`: each); LookupError for an unknown pass."""
    from kpictl.passes import names, traced

    if name != "all" and name not in names():
        raise LookupError(f"there is no pass `{name}`; there are {', '.join(names())}")
    kpis = [node.name for node in _chosen(project, selection) if isinstance(node, Kpi)]
    outcomes = lowering(project, kpis)
    found: list[tuple[str, str]] = []
    for kpi in kpis:
        outcome = outcomes[kpi]
        if isinstance(outcome, Lowered):
            found += [(f"{kpi}, after {step}", text) for step, text in traced(outcome.finest) if name in ("all", step)]
    return found
