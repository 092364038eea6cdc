"""Templates of renderings: constant SQL with numbered places for printed arguments.

A place that stands alone between `(` or `,` and `)` or `,` takes any expression as it is; elsewhere an argument that is
an operator expression gets parentheses. A template that is one call or one CASE is atomic itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kpictl.records import dataclass

ATOM, PRODUCT, SUM, COMPARISON, NOT, AND, OR = 100, 70, 60, 50, 40, 30, 20
"""How tightly a printed expression binds; an argument that binds less than its place asks gets parentheses."""

_PLACE = re.compile(r"\{(\d)\}")
_CALL = re.compile(r"[A-Za-z_][\w.]*\(")


@dataclass(frozen=True, slots=True)
class Piece:
    """Printed SQL and how tightly it binds."""

    text: str
    binds: int = ATOM

    def within(self, binds: int) -> str:
        """The text, in parentheses when it binds less than `binds`."""
        return self.text if self.binds >= binds else f"({self.text})"


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template: texts around the places, for each place its argument and whether it stands alone."""

    texts: tuple[str, ...]
    places: tuple[tuple[int, bool], ...]
    binds: int

    def fill(self, pieces: Sequence[Piece]) -> Piece:
        """The template with its places filled."""
        out = [self.texts[0]]
        for (index, alone), text in zip(self.places, self.texts[1:], strict=True):
            piece = pieces[index]
            out.append(piece.text if alone else piece.within(ATOM))
            out.append(text)
        return Piece("".join(out), self.binds)


def parse(source: str) -> Template:
    """Parses a template once, at import."""
    parts = _PLACE.split(source)
    texts = tuple(parts[0::2])
    places = []
    for i, number in enumerate(parts[1::2]):
        before, after = texts[i].rstrip(), texts[i + 1].lstrip()
        alone = before.endswith(("(", ",")) and after.startswith((")", ","))
        alone = alone or (before.endswith("(") and after.startswith("AS ")) or (not before and not after)
        alone = alone or (before.upper().endswith("ORDER BY") and after.startswith(")"))
        places.append((int(number), alone))
    return Template(texts, tuple(places), ATOM if _is_atomic(source) else COMPARISON)


def _is_atomic(source: str) -> bool:
    if re.fullmatch(r"\w+|\{\d\}( COLLATE \w+)?", source) or (source.startswith("CASE ") and source.endswith(" END")):
        return True
    match = _CALL.match(source)
    if match is None or not source.endswith(")"):
        return False
    depth = 0
    for i, char in enumerate(source):
        depth += (char == "(") - (char == ")")
        if depth == 0 and char == ")":
            return i == len(source) - 1
    return False


def function_names(source: str) -> frozenset[str]:
    """Names of engine functions that a template calls, in lower case."""
    words = re.findall(r"([A-Za-z_]\w*)\(", source)
    return frozenset(w.lower() for w in words if w.upper() not in _KEYWORDS)


_KEYWORDS = frozenset(
    [
        "CAST",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "AS",
        "BY",
        "GROUP",
        "FILTER",
        "OVER",
        "VALUES",
        "ANY",
        "ALL",
        "INTERVAL",
        "DISTINCT",
        "TRY_CAST",
        "IS",
    ]
)
