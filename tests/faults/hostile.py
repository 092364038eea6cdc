"""Files that are made to exhaust a reader, by name; each is made only when it is asked for."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

_RECORD = '  k{}: {{measure: "count(*)", source: orders}}\n'
_LETTERS = "abcdefghi"


def _bomb() -> str:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]\n"]
    for before, name in pairwise(_LETTERS):
        lines.append(f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n")
    return "".join(lines)


def _query(text: str) -> str:
    return f'kpis: {{a: {{query: "{text}"}}}}\n'


FILES: dict[str, Callable[[], str | bytes]] = {
    "a bomb of aliases": _bomb,
    "a flow of five million brackets": lambda: "kpis: " + "[" * 5_000_000,
    "a flow of two million braces": lambda: "kpis: " + "{a: " * 2_000_000,
    "four million dashes": lambda: "kpis:\n " + "- " * 4_000_000,
    "four million question marks": lambda: "? " * 4_000_000,
    "150,000 KPIs": lambda: "kpis:\n" + "".join(_RECORD.format(n) for n in range(150_000)),
    "50 MB in a line": lambda: b"x" * 50_000_000,
    "50 MB in lines": lambda: b"x\n" * 25_000_000,
    "a query of 10 MB": lambda: _query("x" * 9_900_000),
    "a line of 10 MB with a mistake at its end": lambda: _query("x" * 9_900_000 + '", x: '),
    "a key of 10 MB": lambda: "k" * 9_900_000 + ": 1\n",
    "a list of 199,000": lambda: "kpis: [" + "1," * 199_000 + "1]\n",
    "unknown keys": lambda: "".join(f"k{n}: 1\n" for n in range(99_000)),
    "names that are none": lambda: "kpis:\n" + "".join(f"  K{n}: {{x: 1}}\n" for n in range(45_000)),
    "anchors": lambda: "".join(f"k{n}: &a{n} x\n" for n in range(99_000)),
    "aliases": lambda: "x: &x y\n" + "".join(f"k{n}: *x\n" for n in range(190_000)),
    "equal keys": lambda: "kpis:\n" + _RECORD.format(1) * 190_000,
    "comments": lambda: "#\n" * 4_900_000,
    "spaces": lambda: " " * 9_900_000,
    "line ends": lambda: "\n" * 9_900_000,
    "carriage returns": lambda: "\r" * 9_900_000,
    "a block of 600,000 lines": lambda: "kpis:\n  a:\n    query: |\n" + "      select 1\n" * 600_000,
    "a mistake below 11,000 lines": lambda: "kpis:\n  a:\n    query: >\n" + "      select 1 +\n" * 11_000 + "      )\n",
    "tabs": lambda: "\t" * 5_000_000 + "a: 1",
    "escapes of NUL": lambda: 'a: "' + "\\x00" * 1_000_000 + '"',
    "escapes": lambda: _query("\\u0041" * 1_600_000),
    "noise": lambda: random.Random(7).randbytes(5_000_000),
    "colons": lambda: ":" * 5_000_000,
    "quotes": lambda: "'" * 5_000_000,
    "percent signs": lambda: "%" * 5_000_000,
    "ampersands": lambda: "a: " + "&" * 5_000_000,
    "exclamation marks": lambda: "a: " + "!" * 5_000_000,
    "bars": lambda: "|" * 5_000_000,
    "tags": lambda: "kpis:\n  a: {query: select 1, tags: [" + "a," * 190_000 + "]}\n",
    "dimensions": lambda: (
        "kpis:\n  a: {measure: count(*), source: orders, dimensions: ["
        + ",".join(f"d{n}" for n in range(99_000))
        + "]}\n"
    ),
    "parentheses": lambda: _query("select " + "(" * 20_000 + "1" + ")" * 20_000),
    "unions": lambda: _query(" union all ".join(["select 1"] * 5_000)),
    "a mistake behind 90,000 spaces": lambda: _query("select" + " " * 90_000 + ")"),
    "templates": lambda: _query("{{ 1 }}" * 100_000),
    "a template in a template": lambda: _query("{% if 1 %}" * 900 + "{% endif %}" * 900),
    "parentheses in a template": lambda: _query("{{ " + "(" * 40_000 + "1" + ")" * 40_000 + " }}"),
    "a sum in a template": lambda: _query("{{ 1" + "+1" * 40_000 + " }}"),
    "a query that joins 40 times": lambda: _query(
        "select count(*) from orders o0 " + " ".join(f"join orders o{n} on o{n}.id = o0.id" for n in range(1, 41))
    ),
}
