"""The scalar functions by name, and the value of an expression on one row."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from kpictl.ir.functions import FUNCTIONS, Role
from kpictl.ir.reference import documents, formats, logic, numbers, texts, times
from kpictl.ir.reference.casts import cast
from kpictl.ir.reference.values import Value
from kpictl.ir.scalars import Call, Case, Cast, Col, Lit, Param, Scalar

Row = Mapping[Any, Value]
"""Values by `(table, name)`, or by name alone."""

_LOOSE: dict[str, Callable[..., Value]] = {
    "same": logic.same,
    "and": logic.and_,
    "or": logic.or_,
    "is_null": lambda x: x is None,
    "is_true": lambda x: x is True,
    "is_false": lambda x: x is False,
    "in_list": logic.in_list,
    "in_rows": logic.in_rows,
    "coalesce": logic.coalesce,
    "nullif": logic.nullif,
    "greatest": logic.greatest,
    "least": logic.least,
    "concat": texts.concat,
    "concat_ws": texts.concat_ws,
    "json_object": documents.json_object,
    "array": lambda *xs: tuple(xs),
    "array_contains": lambda xs, x: None if xs is None else documents.array_contains(xs, x),
    "time_floor": lambda t, unit, zone, week: None if t is None else times.time_floor(t, unit, zone, week),
}
"""Functions that see their NULLs."""

_STRICT: dict[str, Callable[..., Value]] = {
    "eq": logic.comparison(operator.eq),
    "ne": logic.comparison(operator.ne),
    "lt": logic.comparison(operator.lt),
    "le": logic.comparison(operator.le),
    "gt": logic.comparison(operator.gt),
    "ge": logic.comparison(operator.ge),
    "not": operator.not_,
    "add": numbers.add,
    "sub": numbers.sub,
    "mul": numbers.mul,
    "neg": numbers.neg,
    "real_divide": numbers.real_divide,
    "int_divide": numbers.int_divide,
    "mod": numbers.mod,
    "abs": lambda x: x.copy_abs() if isinstance(x, Decimal) else abs(x),
    "sign": numbers.sign,
    "ceil": numbers.ceil,
    "floor": numbers.floor,
    "round": numbers.round_,
    "trunc": numbers.trunc,
    "power": numbers.power,
    "sqrt": numbers.sqrt,
    "exp": numbers.exp,
    "ln": numbers.ln,
    "log10": numbers.log10,
    "log": numbers.log,
    "width_bucket": numbers.width_bucket,
    "concat_op": lambda a, b: a + b,
    "lower": texts.lower,
    "upper": texts.upper,
    "initcap": texts.initcap,
    "length": len,
    "substring": texts.substring,
    "left": texts.left,
    "right": texts.right,
    "trim": texts.trim,
    "ltrim": texts.ltrim,
    "rtrim": texts.rtrim,
    "replace": texts.replace,
    "lpad": texts.lpad,
    "rpad": texts.rpad,
    "repeat": texts.repeat,
    "reverse": texts.reverse,
    "split_part": texts.split_part,
    "strpos": texts.strpos,
    "starts_with": str.startswith,
    "like": texts.like,
    "ilike": texts.ilike,
    "regexp_like": texts.regexp_like,
    "regexp_extract": texts.regexp_extract,
    "regexp_replace": texts.regexp_replace,
    "md5": texts.md5,
    "format_time": formats.format_time,
    "format_number": formats.format_number,
    "parse_date": formats.parse_date,
    "parse_timestamp": formats.parse_timestamp,
    "bucket_start": times.bucket_start,
    "to_local": times.to_local,
    "to_instant": times.to_instant,
    "local_date": times.local_date,
    "bucket_date": times.local_date,
    "calendar_date": lambda t, zone, first, dates: times.local_date(t, zone),
    "date_of": lambda t: t.date(),
    "add_interval": times.add_interval,
    "add_interval_in": times.add_interval_in,
    "date_diff": times.date_diff,
    "seconds_between": times.seconds_between,
    "interval_between": times.interval_between,
    "age": times.age,
    "make_interval": times.make_interval,
    "interval_add": times.interval_add,
    "interval_scale": times.interval_scale,
    "interval_seconds": times.interval_seconds,
    "part": times.part,
    "second": times.second,
    "interval_part": times.interval_part,
    "epoch": times.epoch,
    "from_epoch": times.from_epoch,
    "make_date": date,
    "make_timestamp": times.make_timestamp,
    "last_day": times.last_day,
    "months_between": times.months_between,
    "json_get": documents.json_get,
    "json_text": documents.json_text,
    "json_has": documents.json_has,
    "json_contains": documents.json_contains,
    "json_array_length": documents.json_array_length,
    "json_typeof": documents.json_typeof,
    "json_keys": documents.json_keys,
    "array_get": documents.array_get,
    "array_join": documents.array_join,
    "split": documents.split,
    "array_length": documents.array_length,
}
"""Functions that are NULL where an argument is."""


def _strict(fn: Callable[..., Value]) -> Callable[..., Value]:
    def apply(*args: Value) -> Value:
        return None if any(a is None for a in args) else fn(*args)

    return apply


SCALARS: dict[str, Callable[..., Value]] = {**_LOOSE, **{name: _strict(fn) for name, fn in _STRICT.items()}}
"""Every canonical scalar function."""


def evaluate(scalar: Scalar, row: Row, params: Mapping[str, Value] | None = None) -> Value:
    """The value of an expression on a row; aggregates, windows and sub-queries have none here."""
    if isinstance(scalar, Lit):
        return scalar.value
    if isinstance(scalar, Col):
        key = (scalar.table, scalar.name)
        return row[key] if key in row else row[scalar.name]
    if isinstance(scalar, Param):
        return (params or {})[scalar.name]
    if isinstance(scalar, Call) and FUNCTIONS[scalar.fn].role is Role.SCALAR:
        return SCALARS[scalar.fn](*(evaluate(a, row, params) for a in scalar.args))
    if isinstance(scalar, Case):
        for condition, value in scalar.whens:
            if evaluate(condition, row, params) is True:
                return evaluate(value, row, params)
        return None if scalar.otherwise is None else evaluate(scalar.otherwise, row, params)
    if isinstance(scalar, Cast):
        return _cast(scalar, evaluate(scalar.arg, row, params))
    raise TypeError(f"{type(scalar).__name__} has no value on one row")


def _cast(scalar: Cast, value: Value) -> Value:
    try:
        return cast(value, scalar.type)
    except (ValueError, ArithmeticError):
        if scalar.safe:
            return None
        raise
