"""A source as its measures see it: its columns, and the roles that many-to-one joins lead to, over several hops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from kpictl.diagnostics import Diagnostic, Label, Place, Refused, did_you_mean
from kpictl.ir.relations import Grain, Join, Relation, Scan
from kpictl.ir.scalars import Call, Col, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import call, conjunction, lit
from kpictl.kinds.findings import AmbiguousJoin, ManyRows, NotYet, UnknownSource, UntypedTime
from kpictl.model.project import Project, Settings
from kpictl.model.sources import HistoryKind, Source, SourceJoin
from kpictl.model.types import DATE, TIMESTAMPTZ, UNKNOWN, Kind, Type
from kpictl.records import dataclass
from kpictl.sql.scope import Scope, Table
from kpictl.sql.walk import find, transform

_ONE = ("many_to_one", "one_to_one")


@dataclass(frozen=True, slots=True)
class Hop:
    """One join on the way to a role: from a table (an alias, None: the measure's source) to a source.

    `role` is what the join is called where it is declared, `alias` what its columns are read by: the way to it,
    `shipper_countries`, where there are several.
    """

    role: str
    alias: str
    parent: str | None
    parent_source: Source
    source: Source
    join: SourceJoin


@dataclass(frozen=True, slots=True)
class View:
    """A source, and every role that can be read from it with the hops that lead there (several: ambiguous).

    A role that is reached in several ways is there once more for each of them, under the names on the way.
    """

    source: Source
    paths: Mapping[str, tuple[tuple[Hop, ...], ...]]

    def role(self, way: str) -> str | None:
        """What the role is called that `buyer.region` leads to, the only one that is reached in that way."""
        return next((role for role, paths in self.paths.items() if way in _ways(paths, self.source.name)), None)

    def scope(self, settings: Settings) -> Scope:
        """What an expression over this source may name."""
        tables = {self.source.name: table(self.source)}
        zones = dict(_zones(self.source))
        for role, paths in self.paths.items():
            source = paths[0][-1].source
            tables.setdefault(role, replace(table(source), ways=_ways(paths, self.source.name)))
            zones.update(_zones(source))
        return Scope(
            tables=tables,
            zone=settings.timezone,
            week_start=settings.week_start,
            dialect=settings.dialect,
            naive_zones=zones,
            main=self.source.name,
        )


def table(source: Source) -> Table:
    """A source as a text reads it."""
    return Table(source.name, {c.name: c.type for c in source.columns} if source.columns else None)


def _ways(paths: tuple[tuple[Hop, ...], ...], main: str) -> frozenset[str]:
    """The dotted names of the one way to a role, from the source and with it; none where there are several ways."""
    if len(paths) > 1:
        return frozenset()
    way = ".".join(hop.role for hop in paths[0])
    return frozenset((way, f"{main}.{way}"))


def _zones(source: Source) -> Iterator[tuple[str, str]]:
    if source.timezone is not None:
        yield source.name, source.timezone


def view(source: Source, project: Project) -> View:
    """The source with all roles that its joins reach, each source once a path."""
    paths: dict[str, list[tuple[Hop, ...]]] = {}
    _reach(source, None, (), project, paths)
    ways = {role: tuple(found) for role, found in paths.items()}
    for found in paths.values():
        for path in found if len(found) > 1 else ():
            named = _named(path, paths)
            ways.setdefault(named[-1].alias, (named,))
    return View(source, ways)


def _named(path: tuple[Hop, ...], paths: Mapping[str, list[tuple[Hop, ...]]]) -> tuple[Hop, ...]:
    """A way whose ambiguous roles are called after the way to them."""
    found: list[Hop] = []
    for at, hop in enumerate(path, 1):
        alias = hop.role if len(paths[hop.role]) == 1 else way_name(path[:at])
        found.append(replace(hop, alias=alias, parent=found[-1].alias if found else None))
    return tuple(found)


def way_name(path: tuple[Hop, ...]) -> str:
    """What a way is called: `shipper_countries`."""
    return "_".join(hop.role for hop in path)


def _reach(
    source: Source,
    alias: str | None,
    so_far: tuple[Hop, ...],
    project: Project,
    paths: dict[str, list[tuple[Hop, ...]]],
) -> None:
    for join in source.joins:
        target = project.sources.get(join.source)
        passed = {hop.role for hop in so_far}
        if target is None or join.name in passed or any(h.source.name == target.name for h in so_far):
            continue
        way = (*so_far, Hop(join.name, join.name, alias, source, target, join))
        paths.setdefault(join.name, []).append(way)
        if len(way) < 6:
            _reach(target, join.name, way, project, paths)


OWN_OUTPUTS = frozenset({"time", "value", "denominator"})
"""Columns of the answer of every KPI, which no dimension can be called."""


def output_name(dimension: str) -> str:
    """What the output of a dimension is called: `billing.country` is `billing_country`."""
    return dimension.replace(".", "_")


def source_of(name: str, project: Project, place: Place) -> Source:
    """The source of that name, or KPI170."""
    found = project.sources.get(name)
    if found is None:
        near = did_you_mean(name, project.sources)
        way = [f"did you mean `{near[0]}`?"] if near else []
        raise Refused([UnknownSource.at(place, f"there is no source `{name}`", help=way)])
    return found


def unqualified(scalar: Scalar, main: str) -> Scalar:
    """Columns of the main table without a table, as the ir reads them."""

    def change(node: object) -> object:
        if isinstance(node, Col) and node.table == main:
            return Col(node.name, None, node.type, node.place)
        return node

    return transform(scalar, change, Col)


def of_table(scalar: Scalar, table: str) -> Scalar:
    """The expression with all its columns read from one table."""

    def change(node: object) -> object:
        return Col(node.name, table, node.type, node.place) if isinstance(node, Col) else node

    return transform(scalar, change, Col)


def roles_read(scalars: Iterable[Scalar | None]) -> tuple[str, ...]:
    """The roles whose columns are read, in order of first use."""
    seen: dict[str, None] = {}
    for scalar in scalars:
        if scalar is not None:
            for column in find(scalar, Col):
                if column.table is not None:
                    seen[column.table] = None
    return tuple(seen)


def scan(source: Source, *, time: str | None) -> Scan:
    """All declared columns of a source's rows; passes prune them."""
    history = source.history
    valid = None
    if history.kind is HistoryKind.VALID:
        valid = (str(history.valid_from), str(history.valid_to))
    columns = tuple((c.name, c.type) for c in source.columns)
    return Scan(source.name, columns, time, valid, source.timezone)


def column_type(source: Source, name: str) -> Type:
    """The declared type of a column; UNKNOWN when it is not declared."""
    column = source.column(name)
    return UNKNOWN if column is None else column.type


def event_time(source: Source, name: str, settings: Settings, place: Place | None) -> Scalar:
    """A time column as the ir reads it: a date of the reporting zone, or an instant; KPI271 when it is neither."""
    kind = column_type(source, name)
    column = Col(name, None, kind)
    if kind in (DATE, TIMESTAMPTZ):
        return column
    if kind.kind is Kind.TIMESTAMP and source.timezone is not None:
        return call("to_instant", column, lit(source.timezone))
    if kind.kind is Kind.TIMESTAMP:
        message = f"`{source.name}.{name}` is a timestamp without a zone"
        way = [f"say which zone its wall clock shows: `timezone: {settings.timezone}` in the source"]
    elif kind.kind is Kind.UNKNOWN:
        message = f"the type of `{source.name}.{name}` is not known"
        way = [f"declare it: `columns: {{{name}: timestamptz}}` (or date) in the source"]
    else:
        message = f"`{source.name}.{name}` is {kind}, and a time is a date or a timestamp"
        way = []
    others = [Label(place=source.place.child("time"), text="the source's time")] if source.time == name else []
    raise Refused([UntypedTime.at(place or source.place, message, help=way, others=others)])


def joined(
    base: Relation, roles: Iterable[str], of: View, project: Project, grain: Grain, time: Scalar | None, place: Place
) -> Relation:
    """The base rows with the columns of each role beside them; refuses ambiguous and repeating ways."""
    hops: dict[str, Hop] = {}
    for role in roles:
        for hop in _way(role, of, place):
            hops[hop.alias] = hop
    for hop in hops.values():
        base = Join(
            base, scan(hop.source, time=hop.source.time), "equi", _on(hop, project, grain, time, place), hop.alias
        )
    return base


def _way(role: str, of: View, place: Place) -> tuple[Hop, ...]:
    paths = of.paths.get(role, ())
    if len(paths) > 1:
        ways = [" > ".join(hop.role for hop in path) for path in paths]
        names = " or ".join(f"`{way_name(path)}`" for path in paths)
        raise Refused(
            [
                AmbiguousJoin.at(
                    place,
                    f"`{role}` is reached in {len(ways)} ways: {', '.join(ways)}",
                    help=[
                        f"say which: {names}",
                        f"or give one of them a name of its own under `joins:` of `{of.source.name}`",
                    ],
                    others=[Label(place=_apart(path, paths).join.place, text="one way") for path in paths[:2]],
                )
            ]
        )
    for hop in paths[0]:
        _check(hop, place)
    return paths[0]


def _apart(path: tuple[Hop, ...], paths: tuple[tuple[Hop, ...], ...]) -> Hop:
    """The first join of a way that others do not take."""
    return next((hop for hop in path if not all(hop in other for other in paths)), path[-1])


def _check(hop: Hop, place: Place) -> None:
    found: Diagnostic | None = None
    label = [Label(place=hop.join.place, text="the join")]
    if hop.join.type not in _ONE:
        found = ManyRows.at(
            place,
            f"`{hop.role}` is {hop.join.type}: rows of `{hop.parent_source.name}` would repeat",
            others=label,
            help=[f"measure it over `{hop.source.name}`, and put both together by `ratio` or `expr`"],
        )
    elif hop.source.history.kind is HistoryKind.VALID:
        found = NotYet.at(place, f"attributes of a `valid:` source (`{hop.role}`) are not joined yet", others=label)
    elif hop.source.connection != hop.parent_source.connection:
        from kpictl.kinds.findings import SeveralConnections

        found = SeveralConnections.at(
            place, f"`{hop.role}` is on another connection than `{hop.parent_source.name}`", others=label
        )
    if found is not None:
        raise Refused([found])


def _on(hop: Hop, project: Project, grain: Grain, time: Scalar | None, place: Place) -> Scalar:
    """The join's condition, and where the right side has a time: only rows of the same bucket or earlier ones."""
    from kpictl.sql.frontdoor import expression

    left, right = hop.parent_source, hop.source
    names = {left.name: table(left), hop.role: table(right)}
    if right.name not in names:
        names[right.name] = table(right)
    scope = Scope(
        tables=names,
        zone=project.settings.timezone,
        week_start=project.settings.week_start,
        dialect=project.settings.dialect,
        naive_zones=dict([*_zones(left), *_zones(right)]),
        main=left.name,
    )
    on = expression(hop.join.on, scope, hop.join.place.child("on"), aggregate=False)

    def change(node: object) -> object:
        if not isinstance(node, Col):
            return node
        if node.table in (None, left.name) and node.table != hop.role:
            return Col(node.name, hop.parent, node.type, node.place)
        return Col(node.name, hop.alias, node.type, node.place)

    bound = _not_later(hop, project.settings, grain, time)
    return conjunction([transform(on, change, Col), bound]) or on


def _not_later(hop: Hop, settings: Settings, grain: Grain, time: Scalar | None) -> Scalar | None:
    """A row that comes to be after the bucket is not known to it."""
    source = hop.source
    if source.time is None or source.history.kind is not HistoryKind.APPEND or time is None:
        return None
    theirs = of_table(event_time(source, source.time, settings, source.place.child("time")), hop.alias)
    same_unit = Grain("day", grain.zone, grain.week_start) if grain.unit == "day" else grain
    return Call("le", (buckets.key(theirs, same_unit), buckets.key(time, same_unit)), call("le", lit(0), lit(0)).type)
