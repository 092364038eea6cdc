"""Functions of texts, and of patterns in them."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot import exp

from kpictl.ir import patterns
from kpictl.ir.scalars import Call, Case, Lit, Scalar
from kpictl.model.types import BOOLEAN, INTEGER, TEXT, Kind, Type
from kpictl.sql import coercion, made_texts, values
from kpictl.sql.arguments import Args, Rule, constant, counted, whole
from kpictl.sql.findings import OversizedSql, UnknownFunction, UnsupportedSql, WrongArguments, WrongType
from kpictl.sql.matches import pattern_of, text
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.scalars import scalar
from kpictl.sql.values import lit


def _texts(fn: str, shape: str) -> Rule:
    """A function of texts (`t`), whole numbers (`n`) and constant texts (`c`); small after `?` is optional."""
    required, _, optional = shape.partition("?")
    letters = required + optional

    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not counted(r, node, args, len(required), len(letters)):
            return BAD
        read: list[Scalar] = []
        for letter, arg in zip(letters, args, strict=False):
            if letter == "t":
                read.append(text(r, arg))
            elif letter == "n":
                read.append(whole(r, arg))
            else:
                value = constant(r, arg, "this argument")
                read.append(BAD if value is None else lit(str(value)))
        if fn in _GROWING and not any(each is BAD for each in read) and not _bounded(r, fn, args, read):
            return BAD
        return values.call(fn, *read)

    return rule


_GROWING = ("repeat", "lpad", "rpad", "replace")


def _bounded(r: Reader, fn: str, args: Args, read: list[Scalar]) -> bool:
    """Whether a text that is made has a sane length, whatever the rows hold; tells where it has not."""
    found = made_texts.made(fn, tuple(read))
    if found is None:
        count = r.source.text[slice(*r.source.span(args[1]))]
        message = f"nothing bounds how long a text `{fn}` makes here"
        r.fail(OversizedSql, args[1], message, help=(f"bound it: `least({count}, 100)`",))
        return False
    if found > made_texts.LONGEST:
        message = f"a text of more than {made_texts.LONGEST:,} characters is made here"
        if fn in ("repeat", "replace"):
            message += f" (a column's text is taken to have {made_texts.USUAL:,})"
        r.fail(OversizedSql, args[1], message)
        return False
    return True


def _concat(fn: str) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not counted(r, node, args, 1 if fn == "concat" else 2, 99):
            return BAD
        read: list[Scalar] = []
        for index, arg in enumerate(args):
            if fn == "concat_ws" and index == 0:
                separator = constant(r, arg, "the separator")
                read.append(BAD if separator is None else lit(str(separator)))
                continue
            read.append(coercion.cast(r, arg, scalar(r, arg), TEXT))
        return Call(fn, tuple(read), TEXT)

    return rule


def _length(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return Call("length", (text(r, args[0]),), INTEGER) if counted(r, node, args, 1, 1) else BAD


def _regexp(fn: str, flags: str, *, to: bool = False) -> Rule:
    """A function of a text, a constant pattern, a replacement where there is one, and flags out of `flags`."""
    least = 3 if to else 2

    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not counted(r, node, args, least, least + bool(flags)):
            return BAD
        x, pattern = text(r, args[0]), pattern_of(r, args[1])
        told = [constant(r, a, "this argument") for a in args[2:]]
        if pattern is None or any(t is None for t in told):
            return BAD
        if len(args) > least and set(str(told[-1])) - set(flags):
            return r.fail(WrongArguments, args[-1], f"the flags may be {' and '.join(f'`{f}`' for f in flags)}")
        return Call(fn, (x, pattern, *(lit(str(t)) for t in told)), values.result_type(fn, (x,)))

    return rule


def _format(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """`format('%s of %s', a, b)`: the texts in a row, where a NULL counts as empty."""
    template = constant(r, args[0], "the template") if args else None
    if not isinstance(template, str):
        return BAD if args else r.fail(WrongArguments, node, "`format` takes a template")
    pieces = re.split(r"(%%|%s|%[^s%]?)", template)
    parts: list[Scalar] = []
    given = list(args[1:])
    for piece in pieces:
        if piece == "%s" and given:
            parts.append(coercion.cast(r, given[0], scalar(r, given.pop(0)), TEXT))
        elif piece.startswith("%") and piece != "%%":
            why = "more `%s` than values" if piece == "%s" else f"`{piece}` is not known; only `%s` is"
            return r.fail(WrongArguments, args[0], why)
        elif piece:
            parts.append(lit("%" if piece == "%%" else piece))
    return Call("concat", tuple(parts) or (lit(""),), TEXT)


def _split(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 2, 2):
        return BAD
    x, separator = text(r, args[0]), constant(r, args[1], "the separator")
    if separator is None:
        return BAD
    if not separator:
        return r.fail(WrongArguments, args[1], "an empty separator")
    return Call("split", (x, lit(str(separator))), Type(Kind.ARRAY, element=TEXT))


def _array_join(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 2, 2):
        return BAD
    xs, separator = scalar(r, args[0]), constant(r, args[1], "the separator")
    if separator is None:
        return BAD
    if xs.type.kind is not Kind.UNKNOWN and xs.type.element != TEXT:
        return r.fail(WrongType, args[0], f"an array of texts is needed, and this is {xs.type}")
    return Call("array_join", (xs, lit(str(separator))), TEXT)


def _regexp_substr(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """The whole of the first match, whatever groups it has."""
    if not counted(r, node, args, 2, 2):
        return BAD
    return _extracted(text(r, args[0]), pattern_of(r, args[1]), group=0)


def _regexp_extract(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """The first group of the first match where there is one; in DuckDB the group that is asked for, and never NULL."""
    duckdb = r.scope.dialect == "duckdb"
    if not counted(r, node, args, 2, 3 if duckdb else 2):
        return BAD
    x, pattern = text(r, args[0]), pattern_of(r, args[1])
    if not duckdb:
        return _extracted(x, pattern, group=1)
    group = constant(r, args[2], "the group") if len(args) == 3 else 0
    if group not in (0, 1):
        return BAD if group is None else r.fail(WrongArguments, args[2], "the group may be 0 or 1")
    found = _extracted(x, pattern, group=int(group))
    whens = ((Call("is_null", (x,), BOOLEAN), Lit(None, TEXT)),)
    return Case(whens, Call("coalesce", (found, lit("")), TEXT), TEXT, r.at(node))


def _extracted(x: Scalar, pattern: Lit | None, *, group: int) -> Scalar:
    if pattern is None:
        return BAD
    if group == 0 and patterns.groups(str(pattern.value)):
        pattern = replace(pattern, value=f"({pattern.value})")
    return Call("regexp_extract", (x, pattern), TEXT)


def _regexp_matches(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """In DuckDB a test; in Postgres it gives many rows."""
    if r.scope.dialect == "duckdb":
        return _regexp("regexp_like", "i")(r, node, args)
    return r.fail(
        UnknownFunction, node, "`regexp_matches` gives many rows", help=("use `substring(x FROM 'pattern')`",)
    )


def _translate(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not counted(r, node, args, 3, 3):
        return BAD
    x, source, target = text(r, args[0]), constant(r, args[1], "this"), constant(r, args[2], "this")
    if not isinstance(source, str) or not isinstance(target, str):
        return BAD
    if set(source) & set(target):
        return r.fail(UnsupportedSql, node, "`translate` with characters that are also replacements")
    for index, character in enumerate(source):
        to = target[index] if index < len(target) else ""
        x = Call("replace", (x, lit(character), lit(to)), TEXT)
    return x


TEXT_FUNCTIONS: dict[str, Rule] = {
    "lower": _texts("lower", "t"),
    "upper": _texts("upper", "t"),
    "initcap": _texts("initcap", "t"),
    "length": _length,
    "char_length": _length,
    "character_length": _length,
    "substring": _texts("substring", "tn?n"),
    "substr": _texts("substring", "tn?n"),
    "left": _texts("left", "tn"),
    "right": _texts("right", "tn"),
    "trim": _texts("trim", "t?c"),
    "btrim": _texts("trim", "t?c"),
    "ltrim": _texts("ltrim", "t?c"),
    "rtrim": _texts("rtrim", "t?c"),
    "replace": _texts("replace", "ttt"),
    "lpad": _texts("lpad", "tn?c"),
    "rpad": _texts("rpad", "tn?c"),
    "repeat": _texts("repeat", "tn"),
    "reverse": _texts("reverse", "t"),
    "split_part": _texts("split_part", "ttn"),
    "strpos": _texts("strpos", "tt"),
    "starts_with": _texts("starts_with", "tt"),
    "md5": _texts("md5", "t"),
    "concat": _concat("concat"),
    "concat_ws": _concat("concat_ws"),
    "regexp_replace": _regexp("regexp_replace", "gi", to=True),
    "regexp_like": _regexp("regexp_like", "i"),
    "regexp_matches": _regexp_matches,
    "regexp_contains": _regexp("regexp_like", ""),
    "regexp_extract": _regexp_extract,
    "regexp_substr": _regexp_substr,
    "format": _format,
    "string_to_array": _split,
    "array_to_string": _array_join,
    "translate": _translate,
}
