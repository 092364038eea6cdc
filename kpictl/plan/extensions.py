"""What a connection says of the extensions of its engine, held against the functions that a statement calls."""

from __future__ import annotations

import re
from functools import cache

from kpictl.dialects.dialect import Dialect
from kpictl.model.project import Project

_TEXTS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


def loaded(project: Project, connection: str | None, dialect: Dialect) -> tuple[str, ...]:
    """The extensions of a connection of that type; those of the target's own cluster where it does not list them."""
    output = project.output
    bound = None if output is None or connection is None else output.connection(connection)
    if bound is None or bound.type != dialect.name:
        return dialect.extensions_loaded
    listed = bound.options.get("extensions")
    return tuple(map(str, listed)) if isinstance(listed, list | tuple) else dialect.extensions_loaded


def missing(sql: str, dialect: Dialect, there: tuple[str, ...]) -> tuple[str, str] | None:
    """The first function of a statement that an extension brings which is not there, and that extension."""
    if not dialect.extensions:
        return None
    for found in _calls(tuple(dialect.extensions)).finditer(_TEXTS.sub("''", sql)):
        name = found[1].lower()
        if dialect.extensions[name] not in there:
            return found[1], dialect.extensions[name]
    return None


@cache
def _calls(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(sorted(names, key=len, reverse=True))})\(", re.IGNORECASE)


def whose(connection: str | None) -> str:
    """Who does not load it, in words."""
    return "the cluster" if connection is None else f"connection `{connection}`"
