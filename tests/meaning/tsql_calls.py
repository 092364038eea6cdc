"""Functions of T-SQL: the type of each result, and which rule has its meaning. Each stands on a page of the manual by its name.

A function is here only where both pools of Synapse have it: "all Transact-SQL Analytic, Conversion, Date and Time, Logical,
Mathematical functions, except CHOOSE and PARSE" and "String, JSON, and Collation functions, except STRING_ESCAPE and TRANSLATE"
(learn.microsoft.com/azure/synapse-analytics/sql/overview-features); GREATEST and LEAST, DATETRUNC and the like are newer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.meaning import tsql_types as types
from tests.meaning.tsql_types import BIGINT, DATE, FLOAT, INT, T, decimal
from tests.oracles.judge import Rejected

if TYPE_CHECKING:
    from tests.meaning.tsql import Said, Translation

Call = Callable[["Translation", list["Said"]], "Said"]


def _said(sql: str, kind: T) -> Said:
    from tests.meaning.tsql import Said

    return Said(sql, kind)


def _plain(rule: str, kind: T | Callable[[list[Said]], T]) -> Call:
    def call(translation: Translation, given: list[Said]) -> Said:
        found = kind if isinstance(kind, T) else kind(given)
        sql = translation.rule(rule, *(each.sql for each in given))
        # What DuckDB computes in a wider type is put into T-SQL's, which may not hold it.
        return _said(sql if found.is_text else f"CAST({sql} AS {found.duckdb})", found)

    return call


def _number(given: list[Said]) -> T:
    """ "Returns the same type as numeric_expression"."""
    if not types.is_number(given[0].type):
        raise Rejected(f"a number expected, {given[0].type.kind} given")
    return given[0].type


def _whole(translation: Translation, given: list[Said], rule: str) -> Said:
    kind = _number(given)
    if kind.kind in ("int", "bigint"):
        return given[0]
    found = decimal(38, 0) if kind.kind == "decimal" else kind
    return _said(f"CAST({translation.rule(rule, given[0].sql)} AS {found.duckdb})", found)


def _finite(rule: str) -> Call:
    """A function of floats; "arithmetic overflow" is an error under ARITHABORT."""

    def call(translation: Translation, given: list[Said]) -> Said:
        sql = translation.rule(rule, *(f"CAST({each.sql} AS DOUBLE)" for each in given))
        return _said(translation.rule("finite", sql), FLOAT)

    return call


def _text(given: list[Said]) -> T:
    if not given[0].type.is_text:
        raise Rejected(f"a text expected, {given[0].type.kind} given")
    return given[0].type


def _cut(rule: str, *, grows: bool) -> Call:
    """A function whose result is cut at 4000 characters unless its text is NVARCHAR(MAX)."""

    def call(translation: Translation, given: list[Said]) -> Said:
        kind = _text(given)
        texts = [each.type for each in given if each.type.is_text]
        if len(texts) > 1:
            collation = types.collated(texts)
            kind = replace(kind, collation=collation.collation, explicit=collation.explicit)
        sql = translation.rule(rule, *(each.sql for each in given))
        if kind.length is None:
            return _said(sql, kind)
        return _said(f"left({sql}, 4000)" if grows else sql, replace(kind, length=4000))

    return call


def _searched(translation: Translation, given: list[Said]) -> Said:
    """CHARINDEX "performs comparisons based on the collation of the input"."""
    kind = types.collated([given[0].type, given[1].type])
    if kind.collation == types.DATABASE:
        raise Rejected("CHARINDEX by the database's collation")
    long = BIGINT if given[1].type.length is None else INT
    return _said(translation.rule("f_charindex", *(each.sql for each in given)), long)


def _replaced(translation: Translation, given: list[Said]) -> Said:
    if types.collated([each.type for each in given]).collation == types.DATABASE:
        raise Rejected("REPLACE by the database's collation")
    return _cut("f_replace", grows=True)(translation, given)


def _length(translation: Translation, given: list[Said]) -> Said:
    return _said(translation.rule("f_len", given[0].sql), BIGINT if _text(given).length is None else INT)


def _rounded(translation: Translation, given: list[Said]) -> Said:
    """The type of the number; of int an int, of decimal(p, s) a decimal(p, s)."""
    kind = _number(given)
    sql = translation.rule("f_round", *(each.sql for each in given))
    return _said(f"CAST({sql} AS {kind.duckdb})", kind)


def _document(translation: Translation, given: list[Said]) -> Said:
    """JSON_VALUE, whose path names the mode."""
    path = given[1].sql.strip("'")
    strict = path.startswith("strict ")
    told = "'" + path.removeprefix("strict ").removeprefix("lax ") + "'"
    sql = translation.rule("f_json_value_strict" if strict else "f_json_value", given[0].sql, told)
    return _said(sql, replace(_text(given), length=4000))


def _switched(translation: Translation, given: list[Said]) -> Said:
    if given[0].type.kind != "datetimeoffset" or given[1].sql != "'+00:00'":
        raise Rejected("SWITCHOFFSET to another offset")
    return _said(translation.rule("f_switchoffset", given[0].sql), T("datetimeoffset", zone="UTC"))


CALLS: dict[str, Call] = {
    "ABS": _plain("f_abs", _number),
    "CEILING": lambda translation, given: _whole(translation, given, "f_ceiling"),
    "FLOOR": lambda translation, given: _whole(translation, given, "f_floor"),
    "ROUND": _rounded,
    "POWER": _finite("f_power"),
    "SQRT": _finite("f_sqrt"),
    "EXP": _finite("f_exp"),
    "LOG": _finite("f_log"),
    "LOG10": _finite("f_log10"),
    "LOWER": _plain("f_lower", _text),
    "UPPER": _plain("f_upper", _text),
    "REVERSE": _plain("f_reverse", _text),
    "NCHAR": _plain("f_nchar", T("nvarchar", length=1)),
    "LEN": _length,
    "DATALENGTH": _plain("f_datalength", INT),
    "SUBSTRING": _plain("f_substring", _text),
    "LEFT": _plain("f_left", _text),
    "RIGHT": _plain("f_right", _text),
    "LTRIM": _plain("f_ltrim", _text),
    "RTRIM": _plain("f_rtrim", _text),
    "REPLACE": _replaced,
    "REPLICATE": _cut("f_replicate", grows=True),
    "CHARINDEX": _searched,
    "EOMONTH": _plain("f_eomonth", DATE),
    "DATEFROMPARTS": _plain("f_datefromparts", DATE),
    "SWITCHOFFSET": _switched,
    "JSON_VALUE": _document,
    "JSON_QUERY": _plain("f_json_query", _text),
}

Aggregate = Callable[["Translation", list["Said"], str, str, str], "Said"]


def _count(translation: Translation, given: list[Said], distinct: str, order: str, over: str) -> Said:
    value = translation.key(given[0]) if distinct else given[0].sql
    return _said(f"count({distinct}{value}){over}", BIGINT)


def _sum(translation: Translation, given: list[Said], distinct: str, order: str, over: str) -> Said:
    kind = given[0].type
    if kind.kind == "bit":
        raise Rejected("Operand data type bit is invalid for sum operator")
    result = decimal(38, kind.s) if kind.kind == "decimal" else kind
    sql = translation.rule("total", f"sum({distinct}{given[0].sql}){over}")
    return _said(f"CAST({sql} AS {result.duckdb})", result)


def _avg(translation: Translation, given: list[Said], distinct: str, order: str, over: str) -> Said:
    kind = given[0].type
    if kind.kind == "decimal":
        raise Rejected("the mean of decimals is cut")
    rule = "average" if kind.kind == "float" else "average_whole"
    return _said(f"CAST({translation.rule(rule, f'avg({distinct}{given[0].sql}){over}')} AS {kind.duckdb})", kind)


def _extreme(name: str) -> Aggregate:
    def call(translation: Translation, given: list[Said], distinct: str, order: str, over: str) -> Said:
        x = given[0]
        if x.type.kind == "bit":
            raise Rejected(f"Operand data type bit is invalid for {name} operator")
        if not x.type.is_text:
            return _said(f"{name}({x.sql}){over}", x.type)
        return _said(f"arg_{name}({x.sql}, {translation.key(x)}){over}", x.type)

    return call


def _listed(translation: Translation, given: list[Said], distinct: str, order: str, over: str) -> Said:
    if distinct or over or not order:
        raise Rejected("STRING_AGG takes neither DISTINCT nor OVER, and without an order it lists by chance")
    kind = _text(given)
    if kind.length is not None:
        raise Rejected("STRING_AGG of what is no NVARCHAR(MAX) fails beyond 8000 bytes")
    return _said(translation.rule("listed", f"string_agg({given[0].sql}, {given[1].sql}{order})"), kind)


AGGREGATES: dict[str, Aggregate] = {
    "COUNT_BIG": _count,
    "SUM": _sum,
    "AVG": _avg,
    "MIN": _extreme("min"),
    "MAX": _extreme("max"),
    "STRING_AGG": _listed,
}
WINDOWS: dict[str, T | None] = {
    "ROW_NUMBER": BIGINT,
    "RANK": BIGINT,
    "DENSE_RANK": BIGINT,
    "NTILE": BIGINT,
    "PERCENT_RANK": FLOAT,
    "CUME_DIST": FLOAT,
    "LAG": None,
    "LEAD": None,
    "FIRST_VALUE": None,
    "LAST_VALUE": None,
}
"""Result types; None: that of the first argument."""


def like_regex(pattern: str, escape: str) -> str:
    """A pattern of LIKE as a regular expression.

    {ms}/language-elements/like-transact-sql: "%: Any string of zero or more characters. _: Any single character. [ ]: Any single
    character within the specified range or set. [^]: Any single character not within" it.
    """
    out, chars = "", iter(pattern)
    for char in chars:
        if escape and char == escape:
            out += re.escape(next(chars))
        elif char == "[":
            held = ""
            for inner in chars:
                if inner == "]":
                    break
                held += inner
            negated = held.startswith("^")
            body = held.removeprefix("^").replace("\\", "\\\\")
            out += f"[{'^' if negated else ''}{body}]"
        else:
            out += {"%": ".*", "_": "."}.get(char, re.escape(char))
    return out
