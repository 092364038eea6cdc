"""From a place in printed SQL back to the author's characters.

Printed text keeps no map of where each word came from: passes move, copy and merge nodes. It keeps names, and the nodes
keep their authors' places. So a place in the text is led back by the name that stands there: that of a column or a
relation that the definition reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from kpictl.diagnostics import Place
from kpictl.ir.query import TableRef
from kpictl.ir.relations import Scan
from kpictl.ir.scalars import Col
from kpictl.model.project import Project
from kpictl.records import dataclass
from kpictl.sql.walk import find

_PART = r'(?:"(?:[^"]|"")+"|`[^`]+`|\[[^\]]+\]|\w+)'
_WORD = re.compile(rf"{_PART}(?:\.{_PART})*")
_QUOTED = re.compile(r"[\"'`]([^\"'`]+)[\"'`]|(?<=column )([\w.]+)")
_NEAR = 160
"""Characters behind a place in which the thing that is meant is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A column or relation that a definition reads: `source` is its source, `column` None for the relation itself."""

    source: str | None
    column: str | None
    place: Place | None


class AuthorPlaces:
    """What the trees of one definition read, by name."""

    def __init__(self, project: Project, trees: Iterable[Any], sources: Iterable[str]) -> None:
        self._columns: dict[str, list[Col]] = {}
        self._relations: dict[str, Read] = {}
        refs: dict[str, Place | None] = dict.fromkeys(sources)
        for tree in trees:
            for col in find(tree, Col):
                self._columns.setdefault(col.name.lower(), []).append(col)
            found: list[Scan | TableRef] = [*find(tree, Scan), *find(tree, TableRef)]
            for ref in found:
                refs[ref.source] = refs.get(ref.source) or ref.place
        self._aliases = {ref.alias: ref.source for tree in trees for ref in find(tree, TableRef)}
        for name, place in refs.items():
            source = project.sources.get(name)
            relation = (source.relation if source is not None else name).split(".")[-1]
            self._relations[relation.lower()] = Read(source=name, column=None, place=place)
        # What no author wrote is read by the keys of its source.
        self._times = {
            source.time.lower(): Read(source=name, column=source.time, place=source.place.child("time"))
            for name in refs
            if (source := project.sources.get(name)) is not None and source.time is not None
        }

    def at(self, sql: str, offset: int | None, message: str) -> Read | None:
        """What is read at a place of the printed text, else what the message names first; None for nothing known."""
        near = () if offset is None else _near(sql, offset)
        for word in (*near, *(one or two for one, two in _QUOTED.findall(message))):
            found = self._named(word)
            if found is not None:
                return found
        return None

    def _named(self, word: str) -> Read | None:
        parts = [part.strip('"`[]').replace('""', '"') for part in re.findall(_PART, word)]
        if not parts:
            return None
        name, alias = parts[-1].lower(), parts[-2] if len(parts) > 1 else None
        columns = [col for col in self._columns.get(name, ()) if col.place is not None]
        if columns:
            best = next((col for col in columns if col.table == alias), columns[0])
            source = self._aliases.get(best.table or "")
            if source is None and len(self._relations) == 1:
                source = next(iter(self._relations.values())).source
            return Read(source=source, column=best.name, place=best.place)
        if name in self._times:
            return self._times[name]
        return self._relations.get(name)


def _near(sql: str, offset: int) -> Iterator[str]:
    """The word at a place, the one that ends just before it (an operator stands between two), then those behind it."""
    here = list(_WORD.finditer(sql))
    behind = [word for word in here if word.end() > offset]
    before = [word for word in here if word.end() <= offset]
    if behind and behind[0].start() <= offset:
        yield behind[0][0]
    elif before and not sql[before[-1].end() : offset].strip(" )"):
        yield before[-1][0]
    for word in behind:
        if word.start() > offset + _NEAR:
            return
        yield word[0]
