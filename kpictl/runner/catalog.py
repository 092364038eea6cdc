"""Fills the catalogue from live connections, proposes the blocks of sources, and says what changed and whom it reaches."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kpictl.diagnostics import Diagnostic, Refused, did_you_mean
from kpictl.engines import EngineColumn, OpenCatalogue, Rejected
from kpictl.engines.findings import CannotConnect, NotThere
from kpictl.ir.relations import Scan
from kpictl.ir.scalars import Col
from kpictl.kinds.lowered import Lowered
from kpictl.model.project import Connection, Project
from kpictl.model.types import Kind, Type
from kpictl.project.catalog import Catalogue, Known
from kpictl.records import dataclass
from kpictl.sql.walk import find
from kpictl.targets import open_catalogue

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different about a relation, or one of its columns, and the KPIs that it reaches."""

    connection: str
    relation: str
    what: str
    kpis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The catalogue as it is now, with what to tell."""

    catalogue: Catalogue
    proposal: str = ""
    """YAML: a block for each relation that no source reads."""
    changes: tuple[Change, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def imported(project: Project, name: str, tables: Sequence[str], before: Catalogue) -> Looked:
    """The relations of a connection (all, or those named) put into the catalogue. Raises Refused where it cannot be asked."""
    connection = _connection(project, name)
    engine = open_catalogue(project, connection)
    try:
        there = engine.relations()
        found = {(name, table): _columns(engine, connection, table, there, before) for table in tables or there}
    finally:
        engine.close()
    declared = {(source.connection or _only(project), source.relation) for source in project.sources.values()}
    fresh = {relation: columns for (_, relation), columns in found.items() if (name, relation) not in declared}
    shown = name if _only(project) is None else None
    proposal = "".join(_blocks(fresh, shown, set(project.sources)))
    return Looked(
        catalogue=Catalogue(relations={**before.relations, **found}),
        proposal=f"sources:\n{proposal}" if proposal else "",
    )


def refreshed(project: Project, before: Catalogue, lowered: Mapping[str, Lowered]) -> Looked:
    """What the catalogue holds, asked again, and every source that declares no columns.

    What stands on a connection that cannot be asked stays as it was.
    """
    wanted: dict[str, list[str]] = {}
    for there, relation in before.relations:
        wanted.setdefault(there, []).append(relation)
    for source in project.sources.values():
        bound = source.connection or _only(project)
        if bound is not None and not source.columns and source.relation not in wanted.setdefault(bound, []):
            wanted[bound].append(source.relation)
    relations = dict(before.relations)
    changes: list[Change] = []
    told: list[Diagnostic] = []
    for name, tables in wanted.items():
        try:
            connection = _connection(project, name)
            engine = open_catalogue(project, connection)
        except Refused as refused:
            told += refused.diagnostics
            continue
        try:
            for table in tables:
                now = _asked(engine, connection, table, before)
                changes += _changes(project, lowered, (name, table), before.relations.get((name, table)), now)
                relations.pop((name, table), None)
                if now is not None:
                    relations[name, table] = now
        except Refused as refused:
            told += refused.diagnostics
        finally:
            engine.close()
    return Looked(catalogue=Catalogue(relations=relations), changes=tuple(changes), diagnostics=tuple(told))


def _connection(project: Project, name: str) -> Connection:
    output = project.output
    assert output is not None
    found = output.connection(name)
    if found is None:
        names = [each.name for each in output.connections]
        near = did_you_mean(name, names)
        help = [f"did you mean `{near[0]}`?"] if near else [f"there are {', '.join(names)}"]
        message = f"the output `{output.name}` has no connection `{name}`"
        raise Refused([CannotConnect.at(output.place.child("connections").key(), message, help=help)])
    return found


def _only(project: Project) -> str | None:
    output = project.output
    return output.connections[0].name if output is not None and len(output.connections) == 1 else None


def _columns(
    engine: OpenCatalogue, connection: Connection, table: str, there: Sequence[str], before: Catalogue
) -> Mapping[str, Known]:
    found = _asked(engine, connection, table, before)
    if found is None:
        near = did_you_mean(table, there)
        help = [f"did you mean `{near[0]}`?"] if near else [f"it has {', '.join(there[:12]) or 'none'}"]
        message = f"connection `{connection.name}` has no table `{table}`"
        raise Refused([NotThere.at(connection.place.key(), message, help=help)])
    return found


def _asked(engine: OpenCatalogue, connection: Connection, table: str, before: Catalogue) -> dict[str, Known] | None:
    """The columns by name; None for a relation that is not there.

    Stored forms that were written by hand stay, and with them the type that they are read as, while the engine's own is the same.
    """
    try:
        columns = engine.columns(table)
    except Rejected:
        return None
    known = before.relations.get((connection.name, table), {})
    return {
        each.name: Known(
            type=_read_as(each, connection, known.get(each.name)),
            native=each.native,
            physical=_stored(each, connection, known.get(each.name)),
        )
        for each in sorted(columns, key=lambda each: each.name)
    }


def _read_as(column: EngineColumn, connection: Connection, known: Known | None) -> Type | None:
    if known is not None and known.native == column.native and connection.type in dict(known.physical):
        return known.type
    return column.type


def _stored(column: EngineColumn, connection: Connection, known: Known | None) -> tuple[tuple[str, str], ...]:
    """What was written by hand stays; else the form that the engine's type means, where it is not the target's default."""
    if known is not None and known.physical:
        return known.physical
    return () if column.physical is None else ((connection.type, column.physical),)


def _changes(
    project: Project,
    lowered: Mapping[str, Lowered],
    key: tuple[str, str],
    old: Mapping[str, Known] | None,
    new: Mapping[str, Known] | None,
) -> Iterator[Change]:
    connection, relation = key
    sources = {
        source.name
        for source in project.sources.values()
        if source.relation == relation and (source.connection or _only(project) or connection) == connection
    }

    def change(what: str, column: str | None = None) -> Change:
        return Change(
            connection=connection, relation=relation, what=what, kpis=tuple(_reached(lowered, sources, column))
        )

    if new is None:
        yield change("it is gone, or may not be read")
        return
    if old is None:
        yield Change(connection=connection, relation=relation, what=f"new, with {len(new)} columns")
        return
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was is None and now is not None:
            yield Change(connection=connection, relation=relation, what=f"added `{name}` ({now.type or now.native})")
        elif now is None and was is not None:
            yield change(f"dropped `{name}` ({was.type or was.native})", name)
        elif was is not None and now is not None and (was.type, was.native) != (now.type, now.native):
            yield change(f"retyped `{name}`: {_from_to(was, now)}", name)


def _from_to(was: Known, now: Known) -> str:
    if was.type == now.type:
        return f"{was.native} is now {now.native}"
    return f"{was.type or was.native} is now {now.type or now.native}"


def _reached(lowered: Mapping[str, Lowered], sources: set[str], column: str | None) -> Iterator[str]:
    for name, each in lowered.items():
        read = sources.intersection(each.sources)
        if read and (column is None or column in _names(each)):
            yield name


def _names(lowered: Lowered) -> set[str]:
    """Names of the columns that a KPI reads, its operands' included."""
    trees = [tree for tree in lowered.trees() if tree is not None]
    names = {col.name for tree in trees for col in find(tree, Col)}
    for scan in (scan for tree in trees for scan in find(tree, Scan)):
        names |= {scan.time, *(scan.valid or ())} - {None}
    return names


def _blocks(found: Mapping[str, Mapping[str, Known]], connection: str | None, taken: set[str]) -> Iterator[str]:
    for relation in sorted(found):
        name = _name(relation, taken)
        taken = taken | {name}
        yield from _block(name, relation, found[relation], connection)


def _block(name: str, relation: str, columns: Mapping[str, Known], connection: str | None) -> Iterable[str]:
    yield f"  {name}:\n"
    if connection is not None:
        yield f"    connection: {connection}\n"
    if relation != name:
        yield f"    relation: {_word(relation)}\n"
    times = [column for column, known in columns.items() if known.type is not None and known.type.is_temporal]
    if len(times) == 1:
        yield f"    time: {_word(times[0])}\n"
    elif times:
        yield f"    # time: one of {', '.join(map(_word, times))}\n"
    yield "    columns:\n"
    for column, known in columns.items():
        if known.type is None or known.type.kind is Kind.UNKNOWN:
            yield f"      # {json.dumps(column, ensure_ascii=False)}: {' '.join(known.native.split())} has no type here\n"
        else:
            yield f"      {_word(column)}: {_declared(known)}\n"


def _declared(known: Known) -> str:
    """A column's type, with its stored forms where they are not the targets' defaults."""
    text = str(known.type)
    named = text if _PLAIN.fullmatch(text) else json.dumps(text)
    if not known.physical:
        return named
    forms = ", ".join(f"{target}: {json.dumps(form)}" for target, form in known.physical)
    return f"{{type: {named}, physical: {{{forms}}}}}"


def _name(relation: str, taken: set[str]) -> str:
    """A name as sources have it: small letters, digits and _, none that is taken."""
    folded = [re.sub(r"[^a-z0-9_]+", "_", part.lower()).strip("_") for part in relation.split(".")]
    for name in (folded[-1], "_".join(folded)):
        fit = name if name[:1].isalpha() else f"t_{name}"
        if fit not in taken:
            return fit
    return next(each for number in range(2, 10_000) if (each := f"{fit}_{number}") not in taken)


def _word(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
