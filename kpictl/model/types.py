"""The types that a definition can speak of. Physical types of engines are the dialects' affair."""

from __future__ import annotations

from enum import Enum

from kpictl.records import dataclass


class Kind(Enum):
    """The families of values. TIMESTAMP is naive (no zone), TIMESTAMPTZ an instant."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    INTERVAL = "interval"
    JSON = "json"
    ARRAY = "array"
    NULL = "null"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Type:
    """A value's type: its kind, a decimal's precision and scale, an array's element."""

    kind: Kind
    precision: int | None = None
    scale: int | None = None
    element: Type | None = None

    @property
    def is_numeric(self) -> bool:
        return self.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)

    @property
    def is_temporal(self) -> bool:
        return self.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)

    def __str__(self) -> str:
        if self.kind is Kind.DECIMAL and self.precision is not None:
            return f"numeric({self.precision},{self.scale or 0})"
        if self.kind is Kind.ARRAY and self.element is not None:
            return f"{self.element}[]"
        return self.kind.value


BOOLEAN = Type(Kind.BOOLEAN)
INTEGER = Type(Kind.INTEGER)
DECIMAL = Type(Kind.DECIMAL)
DOUBLE = Type(Kind.DOUBLE)
TEXT = Type(Kind.TEXT)
DATE = Type(Kind.DATE)
TIME = Type(Kind.TIME)
TIMESTAMP = Type(Kind.TIMESTAMP)
TIMESTAMPTZ = Type(Kind.TIMESTAMPTZ)
INTERVAL = Type(Kind.INTERVAL)
JSON = Type(Kind.JSON)
NULL = Type(Kind.NULL)
UNKNOWN = Type(Kind.UNKNOWN)
