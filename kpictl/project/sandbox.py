"""A Jinja sandbox with an end: time, size of every value, their sum and the output are bounded.

jinja2's own sandbox keeps templates from Python's internals, but lets `'x' * 300000000` and `9 ** 9 ** 9` run. Here
every operator, call, filter and loop of the template is counted before it happens and weighed after it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from jinja2 import StrictUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context
from jinja2.visitor import NodeTransformer

SECONDS = 0.5
"""Of computing, not of waiting: a machine with other work must not fail a template that is cheap."""
LARGEST_VALUE = 1_000_000
"""Characters of a text, or values in a list, however deep."""
LARGEST_WORK = 10_000_000
"""What all values of a rendering weigh together, and what the two largest operands of one operation may multiply to."""
LARGEST_OUTPUT = 1_000_000
LARGEST_BITS = 126
"""Of a whole number; no engine computes with more than 38 digits."""

_PERCENT_WIDTH = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(?:\*|\d{5,}|\d*\.(?:\*|\d{5,}))")
_BRACE_WIDTH = re.compile(r"\{[^{}]*(?:\d{5,}|\{)")
_FILTERS = frozenset(
    "abs attr batch capitalize center count d default dictsort e escape first float format groupby indent int items "
    "join last length list lower map max min reject rejectattr replace reverse round safe select selectattr slice sort "
    "string sum title tojson trim truncate unique upper wordcount wordwrap".split()
)
_PRINTED = (str, int, float, list, tuple, dict, type(None), Undefined)
_BINARY = frozenset(("+", "-", "*", "/", "//", "%", "**"))


class TooExpensive(Exception):
    """A template passed a limit; the text says which."""


class Piece(str):
    """A text of the template itself on its way to the output, which knows where it stood."""

    __slots__ = ("at",)
    at: int

    def __str__(self) -> str:
        return self


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one rendering: its counters start at zero."""

    intercepted_binops = _BINARY

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, cache_size=0)
        self.globals.clear()
        self.globals.update({"range": self._range, "dict": dict, **names})
        self.filters = {name: self._guarded(self.filters[name]) for name in sorted(_FILTERS)}
        self.filters |= {"_concat": self._concat, "_ticking": self._ticking, "_out": self._out, "_data": _data}
        self._deadline = time.thread_time() + SECONDS
        self._ticks = 0
        self._spent = 0

    def tick(self, weight: int = 1) -> None:
        """Counts a step, and stops a template that takes too long or makes too much."""
        self._ticks += 1
        self._spent += weight
        if self._spent > LARGEST_WORK:
            raise TooExpensive(f"it makes more than {LARGEST_WORK:,} characters")
        if self._ticks % 32 == 0 and time.thread_time() > self._deadline:
            raise TooExpensive(f"it takes longer than {SECONDS:g} s")

    # -- what the template does ------------------------------------------------------------------------------------

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        self._operands((left, right))
        if operator == "**":
            self._power(left, right)
        elif operator == "%" and isinstance(left, str):
            _narrow(_PERCENT_WIDTH, left)
        elif operator == "*" and isinstance(left, int) and isinstance(right, int):
            self.weigh(1 << min(left.bit_length() + right.bit_length(), LARGEST_BITS + 1))
        return self.weigh(super().call_binop(context, operator, left, right))

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(obj, "__self__", None)
        self._operands((*args, *kwargs.values(), *(() if owner is self else (owner,))))
        return self.weigh(super().call(context, obj, *args, **kwargs))

    def wrap_str_format(self, value: Any) -> Any:
        owner = getattr(value, "__self__", None)
        if isinstance(owner, str) and getattr(value, "__name__", "") in ("format", "format_map"):
            _narrow(_BRACE_WIDTH, owner)
        return super().wrap_str_format(value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        self.tick()
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        self.tick()
        return self.weigh(super().getitem(obj, argument))

    def weigh(self, value: Any) -> Any:
        """Counts a value that was made, and refuses one that is too large."""
        if isinstance(value, int) and value.bit_length() > LARGEST_BITS:
            raise TooExpensive("it makes a number of more than 38 digits")
        self.tick(self._size(value))
        return value

    # -- guards ------------------------------------------------------------------------------------------------------

    def _operands(self, operands: Iterable[Any]) -> None:
        """Refuses operands whose product may be too large: repeat, replace, join, pad and format all multiply."""
        self.tick()
        sizes = sorted((abs(o) if isinstance(o, int | float) else self._size(o) for o in operands), reverse=True)[:2]
        numbers = all(isinstance(o, int | float) for o in operands)
        if not numbers and len(sizes) == 2 and sizes[0] * max(sizes[1], 1) > LARGEST_WORK:
            raise TooExpensive(f"it makes more than {LARGEST_WORK:,} characters at once")

    def _power(self, left: Any, right: Any) -> None:
        if isinstance(left, int) and isinstance(right, int) and left.bit_length() * max(right, 0) > LARGEST_BITS:
            raise TooExpensive("it makes a number of more than 38 digits")

    def _size(self, value: Any, depth: int = 0) -> int:
        if isinstance(value, str):
            size = len(value)
        elif isinstance(value, list | tuple | set | frozenset) and depth < 8:
            size = 0
            for item in value:
                size += 1 + self._size(item, depth + 1)
                if size > LARGEST_VALUE:
                    break
        elif isinstance(value, dict) and depth < 8:
            size = self._size(list(value.items()), depth + 1)
        else:
            size = 1
        if size > LARGEST_VALUE:
            raise TooExpensive(f"it makes a value of more than {LARGEST_VALUE:,} characters")
        return size

    def _range(self, *bounds: int) -> range:
        found = range(*bounds)
        if len(found) > 100_000:
            raise TooExpensive("it counts further than 100,000")
        return found

    def _guarded(self, original: Callable[..., Any]) -> Callable[..., Any]:
        kind = getattr(original, "jinja_pass_arg", None)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            operands = args[1:] if kind is not None else args
            if original.__name__ == "do_format" and operands:
                _narrow(_PERCENT_WIDTH, str(operands[0]))
            self._operands((*operands, *kwargs.values()))
            found = original(*args, **kwargs)
            return self._each(found) if isinstance(found, Iterator) else self.weigh(found)

        if kind is not None:
            guarded.jinja_pass_arg = kind  # type: ignore[attr-defined]
        return guarded

    def _each(self, values: Iterator[Any]) -> Iterator[Any]:
        for value in values:
            yield self.weigh(value)

    def _concat(self, values: list[Any]) -> str:
        return str(self.weigh("".join([str(as_sql(self.weigh(value))) for value in values])))

    def _ticking(self, values: Any, weight: int) -> Any:
        return self._each_step(values, weight)

    def _each_step(self, values: Iterable[Any], weight: int) -> Iterator[Any]:
        for value in values:
            self.tick(1 + weight)
            yield value

    def _out(self, value: Any) -> Any:
        if not isinstance(value, _PRINTED):
            raise SecurityError(f"a {type(value).__name__} cannot be printed")
        self.tick(self._size(value))
        return as_sql(value)

    # -- compiling -----------------------------------------------------------------------------------------------------

    def _generate(self, source: nodes.Template, name: Any, filename: Any, defer_init: bool = False) -> str:
        changed = _Guards(self).visit(source)
        changed.set_environment(self)
        return super()._generate(changed, name, filename, defer_init=defer_init)


def as_sql(value: Any) -> Any:
    """A value as it is printed into a query: SQL has no True, False and None."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else value


@pass_context
def _data(context: Context, text: str, at: int) -> Piece:
    piece = Piece(text)
    piece.at = at
    return piece


class _Guards(NodeTransformer):
    """Puts filters of ours around what compiled templates do without asking the environment."""

    def __init__(self, environment: Sandbox) -> None:
        self._environment = environment

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return self._filter(nodes.List(list(node.nodes)), "_concat", node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        weight = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        self.generic_visit(node)
        node.iter = self._filter(cast(nodes.Expr, node.iter), "_ticking", node.lineno, nodes.Const(weight))
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [self._output(item) for item in node.nodes]
        return node

    def _output(self, node: nodes.Expr) -> nodes.Expr:
        if not isinstance(node, nodes.TemplateData):
            return self._filter(node, "_out", node.lineno)
        at = getattr(node, "at", -1)
        return self._filter(nodes.Const(node.data), "_data", node.lineno, nodes.Const(at))

    def _filter(self, node: nodes.Expr, name: str, line: int, *args: nodes.Expr) -> nodes.Filter:
        found = nodes.Filter(node, name, list(args), [], None, None)
        found.set_lineno(line)
        return found


def _narrow(widths: re.Pattern[str], text: str) -> None:
    if widths.search(text):
        raise TooExpensive("it formats to a width of more than four digits")
