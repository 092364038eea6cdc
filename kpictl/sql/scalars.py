"""An expression to its canonical form: the rule of its node, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from kpictl.ir.scalars import Scalar
from kpictl.sql.findings import UnsupportedSql
from kpictl.sql.reader import Reader

Rule = Callable[[Reader, Any], Scalar]


RULES: dict[type, Rule] = {}
"""By node; filled by `expressions.py`, which knows them all."""


def scalar(r: Reader, node: exp.Expr) -> Scalar:
    """The canonical form of an expression."""
    rule = RULES.get(node.__class__)
    if rule is None:
        return unsupported(r, node)
    return rule(r, node)


def unsupported(r: Reader, node: exp.Expr) -> Scalar:
    span = r.source.own_span(node)
    written = r.source.text[slice(*span)] if span is not None else ""
    shown = f"`{written}`" if 0 < len(written) <= 60 else node.key.replace("_", " ").upper()
    way = _INSTEAD.get(node.key)
    return r.fail(UnsupportedSql, node, f"{shown} has no portable meaning", help=(way,) if way else ())


_INSTEAD = {
    "collate": "text compares by code point; drop COLLATE",
    "bracket": "elements are read with `json ->> n`, or by UNNEST in FROM",
    "similarto": "use LIKE, or `~` with a regular expression",
    "overlaps": "write `a.began < b.ended AND b.began < a.ended`",
    "arraycontainedby": "write `x = ANY(xs)` for each element that may be there",
    "bitwiseand": "bits have no portable meaning; keep flags in columns of their own",
    "bitwiseor": "bits have no portable meaning; keep flags in columns of their own",
    "placeholder": "use `{{ var('name') }}` for a value of the project",
    "parameter": "use `{{ var('name') }}` for a value of the project",
}
