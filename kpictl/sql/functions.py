"""Functions by the name that the author wrote: what each means, and which arguments it takes.

The table below is the allow-list of scalar functions. A name that is in none of the tables is refused, however it is
spelt, qualified or quoted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from sqlglot import exp

from kpictl.diagnostics import did_you_mean
from kpictl.ir import patterns
from kpictl.ir.scalars import Call, Case, Cast, Interval, Lit, Scalar
from kpictl.model.types import (
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    JSON,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    Kind,
    Type,
)
from kpictl.sql import literals, values
from kpictl.sql.expressions import case, in_zone, json, now, pattern_of, scalar, text, zone_name
from kpictl.sql.findings import (
    OversizedSql,
    UnknownFunction,
    UnsupportedSql,
    WrongArguments,
    WrongTimeUnit,
    WrongType,
)
from kpictl.sql.reader import BAD, Reader
from kpictl.sql.reading import MARK
from kpictl.sql.values import condition, lit

Args = list[exp.Expr]
Rule = Callable[[Reader, exp.Expr, Args], Scalar]


def function_name(node: exp.Expr) -> str:
    """The name of a call as it was written, in lower case."""
    if isinstance(node, exp.Anonymous):
        name = node.this
        written = name.name if isinstance(name, exp.Identifier) else str(name)
        return written.removeprefix(MARK).lower()
    return node.key


def function(r: Reader, node: exp.Expr) -> Scalar:
    """A call by name: a scalar function, an aggregate, or a refusal."""
    from kpictl.sql.aggregates import AGGREGATES, aggregate
    from kpictl.sql.windows import WINDOW_FUNCTIONS

    name = function_name(node)
    if name in AGGREGATES:
        return aggregate(r, node)
    if name in WINDOW_FUNCTIONS:
        return r.fail(
            WrongArguments, node, f"`{name}` is a window function", help=(f"write `{name}(...) OVER (ORDER BY ...)`",)
        )
    return named(r, node, name, list(node.expressions))


def named(r: Reader, node: exp.Expr, name: str, args: Args) -> Scalar:
    """A scalar function by name."""
    rule = _RULES.get(name)
    if rule is None:
        return unknown(r, node, name)
    if any(isinstance(a, exp.Distinct | exp.Order | exp.Variadic | exp.IgnoreNulls) for a in args):
        return r.fail(WrongArguments, node, f"`{name}` is no aggregate")
    result = rule(r, node, args)
    if isinstance(result, Call):
        return Call(result.fn, result.args, result.type, r.at(node))
    return result


def unknown(r: Reader, node: exp.Expr, name: str) -> Scalar:
    from kpictl.sql.aggregates import AGGREGATES
    from kpictl.sql.windows import WINDOW_FUNCTIONS

    if name in _INSTEAD:
        why, way = _INSTEAD[name]
        return r.fail(UnknownFunction, node, f"`{name}` {why}", help=(way,))
    near = did_you_mean(name, (*_RULES, *AGGREGATES, *WINDOW_FUNCTIONS))
    ways = (f"did you mean `{near[0]}`?",) if near else ("`kpictl explain KPI132` says which functions there are",)
    return r.fail(UnknownFunction, node, f"`{name}` is no function that kpictl knows", help=ways)


_PART = "write `EXTRACT({} FROM x)`"
_FOREIGN = {
    **{part: ("is no function here", _PART.format(part.upper())) for part in ("year", "quarter", "month", "week")},
    **{part: ("is no function here", _PART.format(part.upper())) for part in ("day", "hour", "minute", "second")},
    "dayofweek": ("counts from other days elsewhere", "write `EXTRACT(ISODOW FROM x)`, 1 is Monday"),
    "weekday": ("counts from other days elsewhere", "write `EXTRACT(ISODOW FROM x)`, 1 is Monday"),
    **dict.fromkeys(
        ("getdate", "sysdate", "getutcdate", "current_datetime", "today"),
        ("is no function here", "use `NOW()` or `CURRENT_DATE`"),
    ),
    **dict.fromkeys(
        ("dateadd", "timestamp_add", "timestampadd", "adddate", "datetime_add"),
        ("is no function here", "write `x + INTERVAL '1 day'`"),
    ),
    **dict.fromkeys(
        ("timestamp_sub", "datetime_sub", "subdate"), ("is no function here", "write `x - INTERVAL '1 day'`")
    ),
    **dict.fromkeys(
        ("timestamp_diff", "timestampdiff", "datetime_diff", "unix_timestamp", "time_to_sec"),
        ("is no function here", "write `EXTRACT(EPOCH FROM a - b)`, in seconds"),
    ),
    **dict.fromkeys(
        ("strftime", "date_format", "format_date", "format_timestamp", "format_datetime"),
        ("is no function here", "write `to_char(x, 'YYYY-MM')`"),
    ),
    **dict.fromkeys(
        ("strptime", "str_to_date", "parse_date"), ("is no function here", "write `to_date(x, 'YYYY-MM-DD')`")
    ),
    "parse_timestamp": ("is no function here", "write `to_timestamp(x, 'YYYY-MM-DD HH24:MI:SS')`"),
    **dict.fromkeys(
        ("datetime_trunc", "trunc_date", "tostartofmonth"), ("is no function here", "write `date_trunc('month', x)`")
    ),
    "eomonth": ("is no function here", "use `last_day(x)`"),
    "isnull": ("is no function here", "use `coalesce(x, y)`, or `x IS NULL`"),
    **dict.fromkeys(("nvl2", "decode"), ("is no function here", "write `CASE WHEN ... THEN ... END`")),
    "len": ("is no function here", "use `length(x)`"),
    **dict.fromkeys(("charindex", "instr", "locate"), ("is no function here", "use `strpos(x, part)`")),
    "substring_index": ("is no function here", "use `split_part(x, '/', 1)`"),
    **dict.fromkeys(
        ("group_concat", "array_join_text"), ("is no function here", "use `string_agg(x, ',' ORDER BY y)`")
    ),
    **dict.fromkeys(
        ("split", "str_split", "string_split"),
        ("is no function here", "use `split_part(x, ',', 1)` or `string_to_array(x, ',')`"),
    ),
    **dict.fromkeys(("ucase", "to_upper"), ("is no function here", "use `upper(x)`")),
    **dict.fromkeys(("lcase", "to_lower"), ("is no function here", "use `lower(x)`")),
    **dict.fromkeys(
        ("json_value", "json_query", "json_extract", "json_extract_scalar", "json_extract_string", "get_json_object"),
        ("is no function here", "write `x ->> 'key'`"),
    ),
    **dict.fromkeys(("explode", "flatten", "arrayjoin"), ("gives many rows", "use `CROSS JOIN UNNEST(xs) AS t(x)`")),
    **dict.fromkeys(
        ("quantile", "approx_quantiles", "percentile_approx"), ("is no function here", "use `percentile(x, 0.95)`")
    ),
    **dict.fromkeys(("stdev", "std", "stddevsamp"), ("is no function here", "use `stddev_samp(x)`")),
    **dict.fromkeys(("stdevp", "stddevpop"), ("is no function here", "use `stddev_pop(x)`")),
    **dict.fromkeys(("var", "varsamp"), ("is no function here", "use `var_samp(x)`")),
    "varp": ("is no function here", "use `var_pop(x)`"),
    "log2": ("is no function here", "use `log(2, x)`"),
    "truncate": ("is no function here", "use `trunc(x, n)`"),
    **dict.fromkeys(
        ("countdistinct", "count_distinct", "uniq", "uniqexact"), ("is no function here", "write `count(DISTINCT x)`")
    ),
    **dict.fromkeys(("sumif", "sum_if"), ("is no function here", "write `sum(x) FILTER (WHERE ...)`")),
    **dict.fromkeys(("avgif", "averageif"), ("is no function here", "write `avg(x) FILTER (WHERE ...)`")),
    "logical_or": ("is no function here", "use `bool_or(x)`"),
    "logical_and": ("is no function here", "use `bool_and(x)`"),
    "ratio_to_report": ("is no function here", "write `x / SUM(x) OVER ()`"),
    **dict.fromkeys(
        ("convert", "to_number", "to_varchar", "safe_cast"), ("is no function here", "write `CAST(x AS type)`")
    ),
}
"""What other dialects call otherwise: why it is not taken here, and what to write."""
_INSTEAD = {
    **_FOREIGN,
    "random": ("answers differently every time", "a KPI must be repeatable"),
    "rand": ("answers differently every time", "a KPI must be repeatable"),
    "clock_timestamp": ("is the clock of the engine", "use `NOW()`, the logical time of the run"),
    "timeofday": ("is the clock of the engine", "use `NOW()`, the logical time of the run"),
    "any_value": ("may answer with any of the rows", "use `MIN(x)`"),
    "jsonb_agg": ("has no portable order", "use `ARRAY_AGG(x ORDER BY y)`"),
    "json_agg": ("has no portable order", "use `ARRAY_AGG(x ORDER BY y)`"),
    "generate_series": ("gives many rows", "put it in FROM: `FROM generate_series(1, 5) AS g(n)`"),
    "unnest": ("gives many rows", "put it in FROM: `CROSS JOIN UNNEST(tags) AS t(tag)`"),
    "jsonb_array_elements": ("gives many rows", "put it in FROM"),
    "jsonb_array_elements_text": ("gives many rows", "put it in FROM"),
    "regexp_match": ("gives an array", "use `substring(x FROM 'pattern')`"),
    "regexp_split_to_table": ("gives many rows", "use `CROSS JOIN UNNEST(string_to_array(x, ' ')) AS t(word)`"),
    "regexp_split_to_array": ("splits at a pattern", "use `string_to_array(x, ' ')`"),
    "jsonb_each": ("gives many rows", "put `jsonb_object_keys(x) AS k` in FROM, and read fields by name"),
    "jsonb_each_text": ("gives rows of two columns", "use `jsonb_object_keys(x)`, and read fields by name"),
    "jsonb_object_keys": ("gives many rows", "put it in FROM: `CROSS JOIN jsonb_object_keys(x) AS k`"),
    "jsonb_object_agg": ("makes a document", "return a row for each key"),
    "jsonb_build_array": ("makes a document", "return a column for each value"),
    "to_jsonb": ("makes a document", "return the value itself"),
    "array_append": ("changes an array", "use `array_agg(x ORDER BY y)` over the rows"),
    "array_position": ("has no portable meaning", "use `x = ANY(xs)`"),
    "regr_r2": ("is not on every engine", "use `power(corr(y, x), 2)`"),
    "regr_avgx": ("is not on every engine", "use `avg(x) FILTER (WHERE y IS NOT NULL)`"),
    "regr_avgy": ("is not on every engine", "use `avg(y) FILTER (WHERE x IS NOT NULL)`"),
    "ascii": ("depends on the encoding", "compare the texts themselves"),
    "chr": ("depends on the encoding", "write the character itself"),
    "octet_length": ("depends on the encoding", "use `length(x)`"),
    "regexp_count": ("is not on every engine", "use `length(x) - length(replace(x, 'a', ''))` for one character"),
    "current_setting": ("reads a setting of the session", "use `{{ var('name') }}`"),
}


# -- shapes of arguments
def _count(r: Reader, node: exp.Expr, args: Args, least: int, most: int) -> bool:
    if least <= len(args) <= most:
        return True
    name = function_name(node)
    wanted = str(least) if least == most else f"{least} to {most}" if most < 99 else f"at least {least}"
    r.fail(WrongArguments, node, f"`{name}` takes {wanted} arguments, not {len(args)}")
    return False


def constant(r: Reader, node: exp.Expr, what: str) -> str | int | Decimal | None:
    """The value of a constant argument; None (reported) when it is none."""
    sign = 1
    while isinstance(node, exp.Neg | exp.Paren):
        sign = -sign if isinstance(node, exp.Neg) else sign
        node = node.this
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        node = node.this
    if isinstance(node, exp.Literal):
        if node.is_string:
            return str(node.this)
        number = literals.parse_number(node.this)
        if number is not None:
            return number * sign
    r.fail(WrongArguments, node, f"{what} must be a constant")
    return None


def _texts(fn: str, shape: str) -> Rule:
    """A function of texts (`t`), whole numbers (`n`) and constant texts (`c`); small after `?` is optional."""
    required, _, optional = shape.partition("?")
    letters = required + optional

    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not _count(r, node, args, len(required), len(letters)):
            return BAD
        read: list[Scalar] = []
        for letter, arg in zip(letters, args, strict=False):
            if letter == "t":
                read.append(text(r, arg))
            elif letter == "n":
                read.append(_made_length(r, arg) if fn in _GROWING else whole(r, arg))
            else:
                value = constant(r, arg, "this argument")
                read.append(BAD if value is None else lit(str(value)))
        return values.call(fn, *read)

    return rule


_GROWING = ("repeat", "lpad", "rpad")
_LONGEST_MADE = 1_000_000


def _made_length(r: Reader, node: exp.Expr) -> Scalar:
    """How long a text is made. Engines cannot be interrupted while they make one of gigabytes."""
    found = whole(r, node)
    if isinstance(found, Lit) and isinstance(found.value, int) and found.value > _LONGEST_MADE:
        return r.fail(OversizedSql, node, f"a text of more than {_LONGEST_MADE:,} characters is made here")
    return found


def whole(r: Reader, node: exp.Expr) -> Scalar:
    """An expression where a whole number is needed."""
    x = values.coerce(r, node, scalar(r, node), INTEGER)
    if x.type.kind in (Kind.INTEGER, Kind.UNKNOWN, Kind.NULL):
        return x
    return r.fail(WrongType, node, f"a whole number is needed, and this is {x.type}", help=("cast it: `x::int`",))


def _numbers(fn: str, least: int, most: int | None = None) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not _count(r, node, args, least, most or least):
            return BAD
        read = [_number(r, a) for a in args]
        return values.call(fn, *read)

    return rule


def _number(r: Reader, node: exp.Expr) -> Scalar:
    x = scalar(r, node)
    if values.is_text_constant(x):
        x = values.coerce(r, node, x, DOUBLE)
    if x.type.is_numeric or x.type.kind in (Kind.UNKNOWN, Kind.NULL):
        return x
    return r.fail(WrongType, node, f"a number is needed, and this is {x.type}", help=("cast it: `x::numeric`",))


# -- numbers
def _rounded(fn: str) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not _count(r, node, args, 1, 2):
            return BAD
        x = _number(r, args[0])
        if len(args) == 1:
            return Call(fn, (x,), x.type)
        digits = constant(r, args[1], "the number of digits")
        if not isinstance(digits, int):
            return BAD if digits is None else r.fail(WrongArguments, args[1], "the number of digits must be whole")
        return Call(fn, (x, lit(digits)), x.type)

    return rule


def _log(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 1, 2):
        return BAD
    read = [_number(r, a) for a in args]
    if len(read) == 2:
        return Call("log", tuple(read), DOUBLE)
    natural = r.scope.dialect in ("bigquery", "snowflake")
    return Call("ln" if natural else "log10", tuple(read), DOUBLE)


def _pi(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return Lit(math.pi, DOUBLE) if _count(r, node, args, 0, 0) else BAD


def _width_bucket(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 4, 4):
        return BAD
    x, low, high = (_number(r, a) for a in args[:3])
    return Call("width_bucket", (x, low, high, whole(r, args[3])), INTEGER)


# -- choices
def _same_type(fn: str, least: int = 1, most: int = 99) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not _count(r, node, args, least, most):
            return BAD
        unified = values.unify(r, node, [scalar(r, a) for a in args], "arguments of one function")
        if fn == "nullif" and unified[0].type.kind is Kind.INTERVAL:
            return r.fail(
                UnsupportedSql, node, "NULLIF of intervals", help=("compare seconds: `EXTRACT(EPOCH FROM x)`",)
            )
        return values.call(fn, *unified)

    return rule


def _if(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 2, 3):
        return BAD
    return case(r, node, [condition(r, args[0], scalar(r, args[0]))], [scalar(r, a) for a in args[1:]])


def _zero_if_null(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 1, 1):
        return BAD
    return values.call("coalesce", _number(r, args[0]), lit(0))


def _safe_divide(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 2, 2):
        return BAD
    return values.divide(r, node, _number(r, args[0]), _number(r, args[1]))


# -- text
def _concat(fn: str) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not _count(r, node, args, 1 if fn == "concat" else 2, 99):
            return BAD
        read: list[Scalar] = []
        for index, arg in enumerate(args):
            if fn == "concat_ws" and index == 0:
                separator = constant(r, arg, "the separator")
                read.append(BAD if separator is None else lit(str(separator)))
                continue
            read.append(values.cast(r, arg, scalar(r, arg), TEXT))
        return Call(fn, tuple(read), TEXT)

    return rule


def _length(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return Call("length", (text(r, args[0]),), INTEGER) if _count(r, node, args, 1, 1) else BAD


def _regexp(fn: str, flags: str, *, to: bool = False) -> Rule:
    """A function of a text, a constant pattern, a replacement where there is one, and flags out of `flags`."""
    least = 3 if to else 2

    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not _count(r, node, args, least, least + bool(flags)):
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
            parts.append(values.cast(r, given[0], scalar(r, given.pop(0)), TEXT))
        elif piece.startswith("%") and piece != "%%":
            why = "more `%s` than values" if piece == "%s" else f"`{piece}` is not known; only `%s` is"
            return r.fail(WrongArguments, args[0], why)
        elif piece:
            parts.append(lit("%" if piece == "%%" else piece))
    return Call("concat", tuple(parts) or (lit(""),), TEXT)


def _split(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 2, 2):
        return BAD
    x, separator = text(r, args[0]), constant(r, args[1], "the separator")
    if separator is None:
        return BAD
    if not separator:
        return r.fail(WrongArguments, args[1], "an empty separator")
    return Call("split", (x, lit(str(separator))), Type(Kind.ARRAY, element=TEXT))


def _array_join(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 2, 2):
        return BAD
    xs, separator = scalar(r, args[0]), constant(r, args[1], "the separator")
    if separator is None:
        return BAD
    if xs.type.kind is not Kind.UNKNOWN and xs.type.element != TEXT:
        return r.fail(WrongType, args[0], f"an array of texts is needed, and this is {xs.type}")
    return Call("array_join", (xs, lit(str(separator))), TEXT)


def _regexp_substr(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """The whole of the first match, whatever groups it has."""
    if not _count(r, node, args, 2, 2):
        return BAD
    return _extracted(text(r, args[0]), pattern_of(r, args[1]), group=0)


def _regexp_extract(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """The first group of the first match where there is one; in DuckDB the group that is asked for, and never NULL."""
    duckdb = r.scope.dialect == "duckdb"
    if not _count(r, node, args, 2, 3 if duckdb else 2):
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
    if not _count(r, node, args, 3, 3):
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


# -- time
def _now(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return now(r, node) if _count(r, node, args, 0, 1) else BAD


def _date_trunc(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 2, 3):
        return BAD
    unit, value = args[0], args[1]
    if r.scope.dialect == "bigquery":
        unit, value = value, unit
    name, week = _unit(r, unit)
    if name is None:
        return BAD
    t = _temporal(r, value)
    zone = None
    if len(args) == 3:
        zone = zone_name(r, args[2])
        if zone is None:
            return BAD
        t = values.cast(r, value, t, TIMESTAMPTZ)
    if t.type.kind is Kind.INTERVAL:
        return r.fail(UnsupportedSql, node, "date_trunc of an interval", help=("use `EXTRACT(EPOCH FROM x)`",))
    return values.floor_time(r, node, t, name, zone, week)


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _unit(r: Reader, node: exp.Expr) -> tuple[str | None, int | None]:
    """A unit's name, and the first day of its week where it says one (`WEEK(SUNDAY)`, `ISOWEEK`)."""
    if isinstance(node, exp.Literal) and node.is_string:
        name = node.this.lower()
    elif isinstance(node, exp.Column | exp.Var | exp.Identifier):
        name = node.name.lower()
    elif isinstance(node, exp.Anonymous | exp.WeekStart | exp.Week):
        day = node.expressions[0].name if node.expressions else getattr(node.this, "name", str(node.this))
        if day.lower() in _WEEKDAYS:
            return "week", _WEEKDAYS.index(day.lower())
        r.fail(WrongTimeUnit, node, f"`{day}` is no day of the week")
        return None, None
    else:
        r.fail(WrongArguments, node, "the unit must be a constant", help=("write `date_trunc('month', x)`",))
        return None, None
    if name == "isoweek":
        return "week", 0
    return name, None


def _temporal(r: Reader, node: exp.Expr) -> Scalar:
    """An expression where a date or timestamp is needed."""
    t = scalar(r, node)
    return values.coerce(r, node, t, TIMESTAMPTZ) if values.is_text_constant(t) else t


def _wall(r: Reader, node: exp.Expr) -> Scalar:
    return values.wall_clock(r, node, scalar(r, node))


def _date(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 1, 1):
        return BAD
    return values.cast(r, node, scalar(r, args[0]), DATE)


def _date_part(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 2, 2):
        return BAD
    unit = constant(r, args[0], "the unit")
    return BAD if unit is None else part_of(r, node, str(unit), args[1])


_PARTS = ("year", "quarter", "month", "week", "isoyear", "day", "dow", "isodow", "doy", "hour", "minute")
_PLURALS = {
    "years": "year",
    "months": "month",
    "days": "day",
    "hours": "hour",
    "minutes": "minute",
    "seconds": "second",
    "weeks": "week",
    "quarters": "quarter",
    "dayofweek": "dow",
    "dayofyear": "doy",
    "dayofweekiso": "isodow",
    "isoweek": "week",
    "dayofweek_iso": "isodow",
    "weekofyear": "week",
}


def part_of(r: Reader, node: exp.Expr, unit: str, value: exp.Expr) -> Scalar:
    """EXTRACT: a field of a date, timestamp or interval."""
    name = _PLURALS.get(unit.lower(), unit.lower())
    t = scalar(r, value)
    if values.is_text_constant(t):
        t = values.coerce(r, value, t, TIMESTAMP)
    place = r.at(node) or t.place
    if t.type.kind is Kind.INTERVAL:
        return _interval_part(r, node, name, t)
    if name == "epoch":
        if t.type.kind not in (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.UNKNOWN, Kind.NULL):
            return r.fail(WrongType, value, f"a timestamp or interval is needed, and this is {t.type}")
        return Call("epoch", (t,), DOUBLE, place)
    if name in ("second", "millisecond", "milliseconds", "microsecond", "microseconds"):
        return _second(r, node, name, values.wall_clock(r, value, t))
    if name not in _PARTS:
        near = did_you_mean(name, (*_PARTS, "epoch", "second"))
        ways = (f"did you mean `{near[0]}`?",) if near else ("one of " + ", ".join((*_PARTS, "second", "epoch")),)
        return r.fail(WrongTimeUnit, node, f"`{unit}` is no part of a time", help=ways)
    if t.type.kind is Kind.DATE and name in ("hour", "minute"):
        return r.fail(WrongTimeUnit, node, f"a date has no {name}", help=("use a timestamp column",))
    part: Scalar = Call("part", (values.wall_clock(r, value, t), lit(name)), INTEGER, place)
    if unit.lower() == "dayofweek" and r.scope.dialect == "bigquery":  # there Sunday is 1
        part = Call("add", (part, lit(1)), INTEGER, place)
    return part


def _second(r: Reader, node: exp.Expr, name: str, t: Scalar) -> Scalar:
    if t.type.kind is Kind.DATE:
        return r.fail(WrongTimeUnit, node, f"a date has no {name}", help=("use a timestamp column",))
    seconds = Call("second", (t,), DOUBLE, t.place)
    factor = 1 if name == "second" else 1000 if name.startswith("milli") else 1_000_000
    return seconds if factor == 1 else Call("mul", (seconds, lit(factor)), DOUBLE, t.place)


_INTERVAL_PARTS = {"year": "years", "month": "months", "day": "days", "hour": "hours", "minute": "minutes"}
_LENGTHS = {"day": 86400, "hour": 3600, "minute": 60}


def _interval_part(r: Reader, node: exp.Expr, name: str, x: Scalar) -> Scalar:
    if name == "epoch":
        return values.seconds_of(x, epoch=True)
    if name not in _INTERVAL_PARTS:
        return r.fail(
            WrongTimeUnit,
            node,
            f"`{name}` of an interval has no portable meaning",
            help=("use `EXTRACT(EPOCH FROM x)`",),
        )
    if isinstance(x, Lit) and isinstance(x.value, Interval):
        return lit(_part_of_constant(x.value, name))
    if isinstance(x, Call) and x.fn == "interval_between":
        return _part_of_elapsed(x, name)
    return Call("interval_part", (x, lit(_INTERVAL_PARTS[name])), INTEGER, x.place)


def _part_of_constant(v: Interval, name: str) -> int:
    if name in ("year", "month"):
        years, months = divmod(abs(v.months), 12)
        return (years if name == "year" else months) * (-1 if v.months < 0 else 1)
    if name == "day":
        return v.days
    seconds = abs(v.micros) // 1_000_000
    found = seconds // 3600 if name == "hour" else seconds // 60 % 60
    return -found if v.micros < 0 else found


def _part_of_elapsed(x: Call, name: str) -> Scalar:
    """A difference of timestamps in Postgres has days of 24 hours, hours below 24, and no months."""
    if name in ("year", "month"):
        return lit(0)
    seconds: Scalar = Call("seconds_between", x.args, DOUBLE, x.place)
    units = Call("trunc", (Call("real_divide", (seconds, lit(_LENGTHS[name])), DOUBLE),), DOUBLE)
    count: Scalar = Cast(units, INTEGER, False, x.place)
    if name == "day":
        return count
    return Call("mod", (count, lit(24 if name == "hour" else 60)), INTEGER, x.place)


def _timezone(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return in_zone(r, node, args[1], args[0]) if _count(r, node, args, 2, 2) else BAD


def _to_char(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 2, 2):
        return BAD
    pattern = constant(r, args[1], "the format")
    if pattern is None:
        return BAD
    x = scalar(r, args[0])
    if x.type.is_numeric:
        return Call("format_number", (x, lit(str(pattern))), TEXT)
    return Call("format_time", (values.wall_clock(r, args[0], x), lit(str(pattern))), TEXT)


def _to_date(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 2, 2):
        return BAD
    pattern = constant(r, args[1], "the format")
    return BAD if pattern is None else Call("parse_date", (text(r, args[0]), lit(str(pattern))), DATE)


def _to_timestamp(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 1, 2):
        return BAD
    if len(args) == 1:
        return Call("from_epoch", (_number(r, args[0]),), TIMESTAMPTZ)
    pattern = constant(r, args[1], "the format")
    if pattern is None:
        return BAD
    naive = Call("parse_timestamp", (text(r, args[0]), lit(str(pattern))), TIMESTAMP)
    return Call("to_instant", (naive, lit(r.scope.zone)), TIMESTAMPTZ)


def _make_date(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 3, 3):
        return BAD
    return Call("make_date", tuple(whole(r, a) for a in args), DATE)


def _make_timestamp(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 6, 6):
        return BAD
    return Call("make_timestamp", (*(whole(r, a) for a in args[:5]), _number(r, args[5])), TIMESTAMP)


_INTERVAL_FIELDS = ("years", "months", "weeks", "days", "hours", "mins", "secs")


def _make_interval(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 1, 7):
        return BAD
    total: Scalar = Lit(Interval(), INTERVAL)
    for index, arg in enumerate(args):
        named_field = isinstance(arg, exp.Kwarg | exp.PropertyEQ)
        field = arg.this.name.lower() if named_field else _INTERVAL_FIELDS[index]
        if field not in _INTERVAL_FIELDS:
            return r.fail(
                WrongArguments, arg, f"`{field}` is no field", help=("one of " + ", ".join(_INTERVAL_FIELDS),)
            )
        value = arg.args["expression"] if named_field else arg
        unit = literals.scaled(field, Decimal(1))
        if unit is None:
            return BAD
        part = values.multiply(r, node, Lit(unit, INTERVAL), _number(r, value))
        total = part if total == Lit(Interval(), INTERVAL) else values.add(r, node, total, part)
    return total


def _age(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 1, 2):
        return BAD
    read = [_stamp(r, a) for a in args]
    if len(read) == 1:
        today = Call("local_date", (now(r, node), lit(r.scope.zone)), DATE)
        read = [Cast(today, TIMESTAMP), read[0]]
    return Call("age", tuple(read), INTERVAL)


def _stamp(r: Reader, node: exp.Expr) -> Scalar:
    """A naive timestamp: of a date its midnight, of an instant its wall clock."""
    t = scalar(r, node)
    if values.is_text_constant(t):
        return values.coerce(r, node, t, TIMESTAMP)
    return values.cast(r, node, values.wall_clock(r, node, t), TIMESTAMP)


def _last_day(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 1, 1):
        return BAD
    return Call("last_day", (values.cast(r, args[0], _wall(r, args[0]), DATE),), DATE)


def _time_bucket(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """`time_bucket`, `date_bin`: only widths that divide a day, which every origin at midnight cuts alike."""
    if not _count(r, node, args, 2, 3):
        return BAD
    width = values.coerce(r, args[0], scalar(r, args[0]), INTERVAL)
    t = _temporal(r, args[1])
    if not (isinstance(width, Lit) and isinstance(width.value, Interval)):
        return r.fail(WrongArguments, args[0], "the width must be a constant interval")
    micros = width.value.micros
    if width.value.months or width.value.days or micros <= 0 or values.ONE_DAY % micros:
        return r.fail(
            UnsupportedSql, args[0], "only widths that divide a day have one meaning", help=("use `date_trunc`",)
        )
    if len(args) == 3 and not _is_midnight(r, args[2]):
        return r.fail(UnsupportedSql, args[2], "an origin that is not at midnight UTC")
    if t.type.kind is Kind.DATE:
        t = values.cast(r, args[1], t, TIMESTAMP)
    seconds = Lit(micros / 1e6, DOUBLE)
    steps = Call("floor", (Call("real_divide", (Call("epoch", (t,), DOUBLE), seconds), DOUBLE),), DOUBLE)
    start = Call("from_epoch", (Call("mul", (steps, seconds), DOUBLE),), TIMESTAMPTZ)
    return start if t.type.kind is not Kind.TIMESTAMP else Call("to_local", (start, lit("UTC")), TIMESTAMP)


def _is_midnight(r: Reader, node: exp.Expr) -> bool:
    origin = scalar(r, node)
    told = origin.value if isinstance(origin, Lit) else None
    stamp = literals.parse_stamp(str(told)) if told is not None else None
    return stamp is not None and (stamp.hour, stamp.minute, stamp.second, stamp.microsecond) == (0, 0, 0, 0)


def _date_diff(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    """`date_diff`: whole days only; other units count boundaries here and lengths there."""
    if not _count(r, node, args, 3, 3):
        return BAD
    unit, first, last = args[0], args[1], args[2]
    if r.scope.dialect == "bigquery":
        last, first, unit = args
    name, _ = _unit(r, unit)
    if name is None:
        return BAD
    if name.rstrip("s") != "day":
        way = "use `EXTRACT(EPOCH FROM a - b)`, or `EXTRACT(YEAR FROM AGE(a, b))`"
        return r.fail(UnsupportedSql, node, f"a difference in {name} has several meanings", help=(way,))
    a, b = (values.cast(r, n, _temporal(r, n), DATE) for n in (last, first))
    return Call("date_diff", (a, b), INTEGER)


def _moved(sign: int) -> Rule:
    def rule(r: Reader, node: exp.Expr, args: Args) -> Scalar:
        if not _count(r, node, args, 2, 2):
            return BAD
        fn = values.add if sign > 0 else values.subtract
        return fn(r, node, _temporal(r, args[0]), scalar(r, args[1]))

    return rule


# -- JSON and arrays
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
        if not _count(r, node, args, 2, 99):
            return BAD
        steps = [constant(r, a, "a step of the path") for a in args[1:]]
        if any(s is None for s in steps):
            return BAD
        path = [lit(int(str(s))) if str(s).lstrip("-").isdigit() else lit(str(s)) for s in steps]
        return Call(fn, (json(r, args[0]), *path), JSON if fn == "json_get" else TEXT)

    return rule


def _json_length(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return Call("json_array_length", (json(r, args[0]),), INTEGER) if _count(r, node, args, 1, 1) else BAD


def _json_typeof(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    return Call("json_typeof", (json(r, args[0]),), TEXT) if _count(r, node, args, 1, 1) else BAD


def _array_length(r: Reader, node: exp.Expr, args: Args) -> Scalar:
    if not _count(r, node, args, 1, 2):
        return BAD
    x = scalar(r, args[0])
    if x.type.kind not in (Kind.ARRAY, Kind.UNKNOWN):
        return r.fail(WrongType, args[0], f"an array is needed, and this is {x.type}")
    length = Call("array_length", (x,), INTEGER)
    if function_name(node) == "cardinality":
        whens = ((Call("is_null", (x,), BOOLEAN), Lit(None, INTEGER)),)
        return Case(whens, Call("coalesce", (length, lit(0)), INTEGER), INTEGER, x.place)
    return length


_RULES: dict[str, Rule] = {
    # numbers
    "abs": _numbers("abs", 1),
    "sign": _numbers("sign", 1),
    "ceil": _numbers("ceil", 1),
    "ceiling": _numbers("ceil", 1),
    "floor": _numbers("floor", 1),
    "round": _rounded("round"),
    "trunc": _rounded("trunc"),
    "power": _numbers("power", 2),
    "pow": _numbers("power", 2),
    "sqrt": _numbers("sqrt", 1),
    "exp": _numbers("exp", 1),
    "ln": _numbers("ln", 1),
    "log10": _numbers("log10", 1),
    "log": _log,
    "mod": _numbers("mod", 2),
    "div": _numbers("int_divide", 2),
    "pi": _pi,
    "width_bucket": _width_bucket,
    # choices
    "coalesce": _same_type("coalesce"),
    "ifnull": _same_type("coalesce", 2, 2),
    "nvl": _same_type("coalesce", 2, 2),
    "nullif": _same_type("nullif", 2, 2),
    "greatest": _same_type("greatest"),
    "least": _same_type("least"),
    "if": _if,
    "iff": _if,
    "zeroifnull": _zero_if_null,
    "safe_divide": _safe_divide,
    # text
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
    # time
    "now": _now,
    "transaction_timestamp": _now,
    "statement_timestamp": _now,
    "current_timestamp": _now,
    "date_trunc": _date_trunc,
    "timestamp_trunc": _date_trunc,
    "date": _date,
    "date_part": _date_part,
    "datepart": _date_part,
    "timezone": _timezone,
    "to_char": _to_char,
    "to_date": _to_date,
    "to_timestamp": _to_timestamp,
    "make_date": _make_date,
    "make_timestamp": _make_timestamp,
    "make_interval": _make_interval,
    "age": _age,
    "last_day": _last_day,
    "time_bucket": _time_bucket,
    "date_bin": _time_bucket,
    "date_diff": _date_diff,
    "datediff": _date_diff,
    "date_add": _moved(1),
    "date_sub": _moved(-1),
    # JSON and arrays
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
SCALAR_FUNCTIONS: tuple[str, ...] = tuple(_RULES)
"""Names of the scalar functions that may be called, as the author writes them."""
