"""Aggregates in BigQuery.

There is no FILTER (CASE and COUNTIF say it) and no exact percentile but the windows PERCENTILE_CONT and PERCENTILE_DISC
(navigation functions). Inside of an aggregate NULLS LAST is refused ascending, NULLS FIRST descending.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from kpictl.dialects.bigquery_numbers import as_double, doubles, form
from kpictl.dialects.dialect import Refusal
from kpictl.dialects.marks import FILTER_MARK, OVER_MARK
from kpictl.dialects.printer import Printer
from kpictl.dialects.templates import ATOM, SUM, Piece
from kpictl.ir.scalars import Agg, Call, Case, Lit, Scalar, SortKey


def _distinct(call: Call | Agg) -> str:
    return "DISTINCT " if isinstance(call, Agg) and call.distinct else ""


def of_doubles(name: str) -> Callable[[Printer, Call | Agg], Piece]:
    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        return Piece(f"{name}({_distinct(call)}{', '.join(as_double(printer, a).text for a in call.args)})")

    return rendering


def avg(printer: Printer, call: Call | Agg) -> Piece:
    """AVG of NUMERIC keeps 9 digits after the point, so decimals are averaged as BIGNUMERIC."""
    (x,) = call.args
    if form(x) in ("INT64", "FLOAT64"):
        return Piece(f"AVG({_distinct(call)}{printer.text(x)})")
    wide = printer.text(x) if form(x) == "BIGNUMERIC" else f"CAST({printer.text(x)} AS BIGNUMERIC)"
    return Piece(f"CAST(AVG({_distinct(call)}{wide}){FILTER_MARK}{OVER_MARK} AS FLOAT64)")


def count(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    first = call.args[0]
    if len(call.args) == 1:
        if isinstance(first, Case) and not call.distinct and _is_test(first):
            return Piece(f"COUNTIF({printer.text(first.whens[0][0])})")
        return Piece(f"COUNT({_distinct(call)}{printer.text(first)})")
    given = " AND ".join(f"{printer.scalar(a).within(SUM)} IS NOT NULL" for a in call.args)
    row = ", ".join(printer.text(a) for a in call.args)
    return Piece(f"COUNT({_distinct(call)}CASE WHEN {given} THEN TO_JSON_STRING(STRUCT({row})) END)")


def _is_test(case: Case) -> bool:
    """CASE WHEN c THEN 1 END, which a filtered count(*) becomes."""
    (_, value), *more = case.whens
    nothing = case.otherwise is None or (isinstance(case.otherwise, Lit) and case.otherwise.value is None)
    return not more and nothing and isinstance(value, Lit) and value.value is not None


def corr(printer: Printer, call: Call | Agg) -> Piece:
    """CORR is NaN where a side does not vary."""
    found = f"CORR({', '.join(as_double(printer, a).text for a in call.args)}){FILTER_MARK}{OVER_MARK}"
    return Piece(f"CASE WHEN NOT IS_NAN({found}) THEN {found} END")


def _slope(printer: Printer, call: Call | Agg) -> str:
    y, x = (as_double(printer, a).text for a in call.args)
    varied = f"CASE WHEN {y} IS NOT NULL THEN {x} END"
    mark = f"{FILTER_MARK}{OVER_MARK}"
    return f"SAFE_DIVIDE(COVAR_POP({y}, {x}){mark}, VAR_POP({varied}){mark})"


def regr_slope(printer: Printer, call: Call | Agg) -> Piece:
    return Piece(_slope(printer, call))


def regr_intercept(printer: Printer, call: Call | Agg) -> Piece:
    y, x = (as_double(printer, a).text for a in call.args)
    mark = f"{FILTER_MARK}{OVER_MARK}"
    mean_y = f"AVG(CASE WHEN {x} IS NOT NULL THEN {y} END){mark}"
    mean_x = f"AVG(CASE WHEN {y} IS NOT NULL THEN {x} END){mark}"
    return Piece(f"{mean_y} - {_slope(printer, call)} * {mean_x}", SUM)


def percentile_cont(printer: Printer, call: Call | Agg) -> Piece:
    """In several grouping sets: from the ordered array of the group."""
    x, share = as_double(printer, call.args[0]).text, _share(call)
    if share in (0, 1):
        return Piece(f"{'MAX' if share else 'MIN'}({x})")
    rows = f"ARRAY_AGG({x} IGNORE NULLS ORDER BY {x})"
    position = f"NUMERIC '{share}' * (COUNT({x}) - 1)"
    low, high = (f"{rows}[SAFE_OFFSET(CAST({f}({position}) AS INT64))]" for f in ("FLOOR", "CEIL"))
    rest = f"CAST({position} - FLOOR({position}) AS FLOAT64)"
    return Piece(f"{low} + ({high} - {low}) * {rest}", SUM)


def percentile_disc(printer: Printer, call: Call | Agg) -> Piece:
    """In several grouping sets: from the ordered array of the group."""
    x, share = printer.text(call.args[0]), _share(call)
    if share == 0:
        return Piece(f"MIN({x})")
    rows = f"ARRAY_AGG({x} IGNORE NULLS ORDER BY {x})"
    return Piece(f"{rows}[SAFE_ORDINAL(CAST(CEIL(NUMERIC '{share}' * COUNT({x})) AS INT64))]")


def windowed_cont(printer: Printer, call: Agg) -> Piece:
    return Piece(f"PERCENTILE_CONT({doubles(printer, call.args[0]).text}, {_share(call)})")


def windowed_disc(printer: Printer, call: Agg) -> Piece:
    """The share as NUMERIC: 0.07 of 100 rows is the 7th, and as a double the 8th."""
    return Piece(f"PERCENTILE_DISC({printer.text(call.args[0])}, NUMERIC '{_share(call)}')")


def _share(call: Call | Agg) -> Decimal:
    share = call.args[1]
    assert isinstance(share, Lit)
    return Decimal(str(share.value)).normalize() + 0


def approx_percentile(printer: Printer, call: Call | Agg) -> Piece:
    share = _share(call)
    digits = max(2, -int(share.as_tuple().exponent))
    if digits > 4:
        why = Refusal("APPROX_QUANTILES of more than 10000 parts", "use a share of at most four decimals")
        return printer.refuse_function(call, why)
    parts = 10**digits
    x = doubles(printer, call.args[0]).text
    found = f"APPROX_QUANTILES({x}, {parts})[SAFE_OFFSET({int(share * parts)})]"
    return Piece(found if form(call.args[0]) == "FLOAT64" else f"CAST({found} AS FLOAT64)")


def string_agg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    x, separator = call.args
    text = printer.text(x)
    # NULLs are skipped, so where they are sorted does not matter; with DISTINCT no other key is taken.
    keys = [
        f"{text}{' DESC' if k.descending else ''}" if printer.text(k.by) == text else printer.sort_key(k, "aggregate")
        for k in call.order_by
    ]
    if call.distinct and any(printer.text(k.by) != text for k in call.order_by):
        why = Refusal("DISTINCT is ordered by its argument alone", "order by the text itself, or deduplicate before")
        return printer.refuse_function(call, why)
    order = f" ORDER BY {', '.join(keys)}" if keys else ""
    return Piece(f"STRING_AGG({_distinct(call)}{text}, {printer.text(separator)}{order})")


def array_agg(printer: Printer, call: Call | Agg) -> Piece:
    assert isinstance(call, Agg)
    if call.distinct:
        why = Refusal("with DISTINCT it cannot say where NULLs stand", "aggregate the distinct values of a sub-query")
        return printer.refuse_function(call, why)
    if call.where is None:
        return Piece(f"ARRAY_AGG({printer.text(call.args[0])}{_order(printer, call.order_by)})")
    # Arrays of one element each, so that rows which do not count leave nothing and a NULL stays.
    value, where = printer.text(call.args[0]), printer.text(call.where)
    return Piece(f"ARRAY_CONCAT_AGG(CASE WHEN {where} THEN [{value}] END{_order(printer, call.order_by)})")


def _order(printer: Printer, keys: tuple[SortKey, ...]) -> str:
    return " ORDER BY " + ", ".join(printer.sort_key(k, "aggregate") for k in keys) if keys else ""


def edge(*, last: bool) -> Callable[[Printer, Call | Agg], Piece]:
    """The value of the first or last row in an order, NULL or not."""

    def rendering(printer: Printer, call: Call | Agg) -> Piece:
        assert isinstance(call, Agg)
        keys = tuple(_turned(k) for k in call.order_by) if last else call.order_by
        order, value = _order(printer, keys), printer.text(call.args[0])
        if call.where is None:
            return Piece(f"ARRAY_AGG({value}{order} LIMIT 1)[SAFE_OFFSET(0)]")
        row = f"CASE WHEN {printer.text(call.where)} THEN STRUCT({value} AS v) END"
        return Piece(f"ARRAY_AGG({row} IGNORE NULLS{order} LIMIT 1)[SAFE_OFFSET(0)].v")

    return rendering


def _turned(key: SortKey) -> SortKey:
    return replace(key, descending=not key.descending, nulls_last=not key.nulls_last)


def grouping(printer: Printer, call: Call | Agg) -> Piece:
    """GROUPING takes one column (aggregate functions: GROUPING)."""
    flags = [f"GROUPING({printer.text(a)})" for a in call.args]
    powers = range(len(flags) - 1, -1, -1)
    terms = [f"{flag} * {2**n}" if n else flag for n, flag in zip(powers, flags, strict=True)]
    return Piece(" + ".join(terms), SUM if len(terms) > 1 else ATOM)


def values(printer: Printer, names: tuple[str, ...], rows: tuple[tuple[Scalar, ...], ...]) -> str:
    """Rows of constants as an array of structs, the first of which names the fields."""
    first = ", ".join(f"{printer.text(v)} AS {printer.name(n)}" for n, v in zip(names, rows[0], strict=True))
    rest = (f"STRUCT({', '.join(printer.text(v) for v in row)})" for row in rows[1:])
    return f"UNNEST([{', '.join([f'STRUCT({first})', *rest])}])"
