"""Functions by the name that the author wrote: what each means, and which arguments it takes.

The table below is the allow-list of scalar functions. A name that is in none of the tables is refused, however it is
spelt, qualified or quoted.
"""

from __future__ import annotations

from sqlglot import exp

from kpictl.diagnostics import did_you_mean
from kpictl.ir.scalars import Call, Scalar
from kpictl.sql.arguments import Args, Rule, function_name
from kpictl.sql.findings import MisplacedAggregate, UnknownFunction, WrongArguments
from kpictl.sql.foreign_functions import INSTEAD
from kpictl.sql.json_functions import JSON_FUNCTIONS
from kpictl.sql.number_functions import NUMBER_FUNCTIONS
from kpictl.sql.reader import LAGGED, OVER_KPIS, Reader
from kpictl.sql.text_functions import TEXT_FUNCTIONS
from kpictl.sql.time_functions import TIME_FUNCTIONS

_RULES: dict[str, Rule] = {**NUMBER_FUNCTIONS, **TEXT_FUNCTIONS, **TIME_FUNCTIONS, **JSON_FUNCTIONS}
SCALAR_FUNCTIONS: tuple[str, ...] = tuple(_RULES)
"""Names of the scalar functions that may be called, as the author writes them."""


def function(r: Reader, node: exp.Expr) -> Scalar:
    """A call by name: a scalar function, an aggregate, or a refusal."""
    from kpictl.sql.aggregates import AGGREGATES, aggregate
    from kpictl.sql.windows import WINDOW_FUNCTIONS

    name = function_name(node)
    if name in AGGREGATES:
        return aggregate(r, node)
    if name in WINDOW_FUNCTIONS:
        if r.no_windows == OVER_KPIS:
            ways = ("write a KPI and a length of time: `lag(revenue, 1 month)`",) if name == "lag" else (LAGGED,)
            return r.fail(MisplacedAggregate, node, f"`{name}` has no such form {OVER_KPIS}", help=ways)
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

    if name in INSTEAD:
        why, way = INSTEAD[name]
        return r.fail(UnknownFunction, node, f"`{name}` {why}", help=(way,))
    if name == "fill" and r.no_windows == OVER_KPIS:
        way = "write `coalesce(revenue, 0)`, or `fill: zero` for every KPI of the expression"
        return r.fail(UnknownFunction, node, "`fill` is a key of a KPI and no function", help=(way,))
    near = did_you_mean(name, (*_RULES, *AGGREGATES, *WINDOW_FUNCTIONS))
    ways = (f"did you mean `{near[0]}`?",) if near else ("`kpictl explain KPI132` says which functions there are",)
    return r.fail(UnknownFunction, node, f"`{name}` is no function that kpictl knows", help=ways)
