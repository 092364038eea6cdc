"""Types of T-SQL expressions, by the manual. {ms} is learn.microsoft.com/sql/t-sql."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.oracles.judge import Rejected

DATABASE = "the database's"
"""A collation of which nothing is known but that it may disregard case."""
_RANK = ("null", "nvarchar", "bit", "int", "bigint", "decimal", "float", "date", "datetime2", "datetimeoffset")
"""{ms}/data-types/data-type-precedence-transact-sql: "the data type with the lower precedence is first converted to the data type
with the higher precedence"; from the lowest to the highest.
"""


@dataclass(frozen=True, slots=True)
class T:
    """A type: precision and scale of decimals, length of texts (None: MAX), a text's collation and how it came to it."""

    kind: str
    p: int = 0
    s: int = 0
    length: int | None = 4000
    collation: str = DATABASE
    explicit: bool = False
    zone: str = ""
    """Of a datetimeoffset: the DuckDB zone whose offset it has."""

    @property
    def is_text(self) -> bool:
        return self.kind == "nvarchar"

    @property
    def duckdb(self) -> str:
        """DuckDB's type."""
        names = {
            "bit": "TINYINT",
            "int": "INTEGER",
            "bigint": "BIGINT",
            "float": "DOUBLE",
            "nvarchar": "VARCHAR",
            "date": "DATE",
            "datetime2": "TIMESTAMP",
            "datetimeoffset": "TIMESTAMPTZ",
            "null": "INTEGER",
        }
        return f"DECIMAL({self.p}, {self.s})" if self.kind == "decimal" else names[self.kind]


BIT, INT, BIGINT, FLOAT, DATE, DATETIME2, NULL = (
    T(kind) for kind in ("bit", "int", "bigint", "float", "date", "datetime2", "null")
)
TEXT = T("nvarchar")
_DIGITS = {"bit": 1, "int": 10, "bigint": 19}
"""{ms}/data-types/precision-scale-and-length-transact-sql: "an int data type can hold 10 digits"; bigint has 19."""


def decimal(p: int, s: int) -> T:
    return T("decimal", p, s)


def as_decimal(t: T) -> T:
    """A number as the decimal that holds it."""
    return t if t.kind == "decimal" else decimal(_DIGITS[t.kind], 0)


def is_number(t: T) -> bool:
    return t.kind in ("bit", "int", "bigint", "decimal", "float", "null")


def arithmetic(symbol: str, a: T, b: T) -> T:
    """The type of a + b, a - b, a * b, a % b (and a / b of whole numbers).

    {ms}/data-types/precision-scale-and-length-transact-sql: the table of result precision and scale, and how the scale is reduced
    where the precision would be greater than 38.
    """
    if not (is_number(a) and is_number(b)):
        raise Rejected(f"no arithmetic of {a.kind} and {b.kind}")
    if "float" in (a.kind, b.kind):
        return FLOAT
    if "decimal" not in (a.kind, b.kind):
        return BIGINT if "bigint" in (a.kind, b.kind) else INT
    x, y = (as_decimal(t if t.kind != "null" else INT) for t in (a, b))
    whole = max(x.p - x.s, y.p - y.s)
    match symbol:
        case "add" | "subtract":
            s = max(x.s, y.s)
            p = s + whole + 1
            return decimal(p, s) if p <= 38 else decimal(38, min(s, 38 - whole))
        case "multiply":
            p, s = x.p + y.p + 1, x.s + y.s
            if p <= 38:
                return decimal(p, s)
            return decimal(38, min(s, 38 - (p - s)) if p - s < 32 else min(s, 6))
        case "modulo":
            s = max(x.s, y.s)
            return decimal(min(min(x.p - x.s, y.p - y.s) + s, 38), s)
    raise Rejected(f"no rule for {symbol} of decimals")


def common(types: list[T]) -> T:
    """The type of CASE, COALESCE, UNION over these.

    {ms}/language-elements/case-transact-sql: "Returns the highest precedence type from the set of types in result_expressions";
    for decimals the line of UNION of the table of precisions: "max(s1, s2) + max(p1-s1, p2-s2)", its scale reduced above 38.
    """
    found = max(types, key=lambda t: _RANK.index(t.kind))
    if found.kind == "nvarchar":
        texts = [t for t in types if t.is_text]
        lengths = [t.length for t in texts]
        return replace(collated(texts), length=None if None in lengths else max(n for n in lengths if n is not None))
    if any(t.is_text for t in types):
        raise Rejected(f"text and {found.kind} in one expression: an implicit conversion")
    if found.kind != "decimal":
        return found
    exact = [as_decimal(t) for t in types if t.kind != "null"]
    s, whole = max(t.s for t in exact), max(t.p - t.s for t in exact)
    return decimal(min(s + whole, 38), s if s + whole <= 38 else 38 - whole)


def collated(texts: list[T]) -> T:
    """The collation of an expression of several texts.

    {ms}/statements/collation-precedence-transact-sql: "Explicit takes precedence over implicit. Implicit takes precedence over
    Coercible-default"; "Combining two implicit expressions that have different collations yields No-collation"; of two different
    explicit ones "generates an error".
    """
    explicit = {t.collation for t in texts if t.explicit}
    if len(explicit) > 1:
        raise Rejected(f"a conflict of collations {explicit}")
    if explicit:
        return T("nvarchar", collation=explicit.pop(), explicit=True)
    implicit = {t.collation for t in texts if t.collation != DATABASE}
    if len(implicit) > 1:
        raise Rejected(f"no collation: {implicit}")
    return T("nvarchar", collation=implicit.pop() if implicit else DATABASE)
