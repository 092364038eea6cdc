"""Functions of JSON and of arrays."""

from __future__ import annotations

from sqlglot import exp

from kpictl.ir.scalars import Call, Case, Lit, Scalar
from kpictl.model.types import BOOLEAN, INTEGER, JSON, TEXT, Kind
from kpictl.sql.arguments import Args, Rule, constant, counted, function_name
from kpictl.sql.documents import json
from kpictl.sql.findings import WrongArguments, WrongType
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import scalar
from kpictl.sql.values import lit


def _json_object(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if len(args) % 2:
        return r.fail(WrongArguments, node, "a key without a value")
    read: list[Scalar] = []
    for key, value in zip(args[::2], args[1::2], strict=True):
        name = constant(r, key, "a key")
        read += [BAD if name is None else lit(str(name)), scalar(r, value)]
    return Call("json_object", tuple(read), JSON)


def _json_steps(fn: str) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not counted(r, node, args, 2, 99):
            return BAD
        steps = [constant(r, a, "a step of the path") for a in args[1:]]
        if any(s is None for s in steps):
            return BAD
        path = [lit(int(str(s))) if str(s).lstrip("-").isdigit() else lit(str(s)) for s in steps]
        return Call(fn, (json(r, args[0]), *path), JSON if fn == "json_get" else TEXT)

    return rule


def _json_length(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return Call("json_array_length", (json(r, args[0]),), INTEGER) if counted(r, node, args, 1, 1) else BAD


def _json_typeof(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return Call("json_typeof", (json(r, args[0]),), TEXT) if counted(r, node, args, 1, 1) else BAD


def _array_length(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 1, 2):
        return BAD
    x = scalar(r, args[0])
    if x.type.kind not in (Kind.ARRAY, Kind.UNKNOWN):
        return r.fail(WrongType, args[0], f"an array is needed, and this is {x.type}")
    length = Call("array_length", (x,), INTEGER)
    if function_name(node) == "cardinality":
        whens = ((Call("is_null", (x,), BOOLEAN), Lit(None, INTEGER)),)
        return Case(whens, Call("coalesce", (length, lit(0)), INTEGER), INTEGER, x.place)
    return length


JSON_FUNCTIONS: dict[str, Rule] = {
    "jsonb_build_object": _json_object,
    "json_build_object": _json_object,
    "jsonb_extract_path": _json_steps("json_get"),
    "json_extract_path": _json_steps("json_get"),
    "jsonb_extract_path_text": _json_steps("json_text"),
    "json_extract_path_text": _json_steps("json_text"),
    "jsonb_array_length": _json_length,
    "json_array_length": _json_length,
    "jsonb_typeof": _json_typeof,
    "json_typeof": _json_typeof,
    "array_length": _array_length,
    "cardinality": _array_length,
}
