"""Numbers, sparklines and charts: small cases whose picture can be checked by eye."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kpictl.cli.charts import Point, bar_chart, line_chart, sparkline
from kpictl.cli.numbers import NumberStyle
from kpictl.cli.terminal import Terminal, cells, fitted, open_terminal

_LINES = [
    line
    for line in (Path(__file__).parent / "numbers.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def _terminal(width: int) -> Terminal:
    return Terminal(out=sys.stdout, err=sys.stderr, width=width, colour_out=False, colour_err=False, interactive=False)


@pytest.mark.parametrize("line", _LINES)
def test_numbers(line: str) -> None:
    given, _, wanted = line.partition(" -> ")
    unit, shown_as, value = given.split(" ")
    style = NumberStyle(unit=None if unit == "-" else unit, format=None if shown_as == "-" else shown_as)
    full, _, short = wanted.partition(" |")
    assert style.full(None if value == "null" else float(value)) == full
    if value != "null":
        assert style.short(float(value)) == short.strip()


@pytest.mark.parametrize(
    ("unit", "format", "new", "old", "text"),
    [
        (None, None, 110, 100, "+10.0 %"),
        (None, None, -50, -100, "+50.0 %"),
        (None, None, 1, 0, "new"),
        (None, None, 0, 0, ""),
        (None, "percent", 0.30, 0.25, "+5.0 pp"),
        ("percent", None, 30, 25, "+5.0 pp"),
    ],
)
def test_changes(unit: str | None, format: str | None, new: float, old: float, text: str) -> None:
    assert NumberStyle(unit=unit, format=format).change(new, old) == text


@pytest.mark.parametrize(
    ("values", "width", "line"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], 8, "▁▂▃▄▅▆▇█"),
        ([0, 1, 2, 3, 4, 5, 6, 7], 2, "▁█"),
        ([5, 5, 5], 8, "▄▄▄"),
        ([0, None, 1], 8, "▁ █"),
        ([None, None], 8, ""),
        ([], 8, ""),
    ],
)
def test_sparkline(values: list[float | None], width: int, line: str) -> None:
    assert sparkline(values, width) == line


def test_bars_grow_from_zero_to_both_sides() -> None:
    points = [
        Point(label="a", value=4),
        Point(label="bb", value=-4),
        Point(label="c", value=None),
        Point(label="d", value=0),
    ]
    assert bar_chart(points, NumberStyle(), _terminal(17)).split("\n") == [
        "a       ████ 4",
        "bb  ████ -4",
        "c       · –",
        "d       ▏ 0",
    ]


@pytest.mark.parametrize("width", [40, 80, 120, 240])
@pytest.mark.parametrize(
    "values", [[1.0, 2.0], [0.0] * 50, [float(n % 7) for n in range(1000)], [-3.0, None, 1e9], [1e-9, 2e-9]]
)
def test_line_charts_fit_their_terminal(width: int, values: list[float | None]) -> None:
    points = [Point(label=f"2024-01-{n % 28 + 1:02}", value=value) for n, value in enumerate(values)]
    lines = line_chart(points, NumberStyle(unit="usd"), _terminal(width)).split("\n")
    assert len(lines) == 14
    assert max(map(cells, lines)) <= width
    assert points[0].label in lines[-1]


def test_a_rising_line_rises() -> None:
    points = [Point(label=str(n), value=float(n)) for n in range(30)]
    lines = line_chart(points, NumberStyle(), _terminal(60)).split("\n")
    starts = [min(at for at, char in enumerate(line) if 0x2800 < ord(char) < 0x2900) for line in lines[1:-2]]
    assert starts == sorted(starts, reverse=True)


@pytest.mark.parametrize("columns", ["", "0", "-1", "abc", "99999999999999999999", "²"])
def test_nonsense_widths_are_survived(columns: str) -> None:
    assert 40 <= open_terminal({"COLUMNS": columns}).width <= 240


@pytest.mark.parametrize(
    ("text", "width", "cut"), [("abcdef", 4, "abc…"), ("売上高です", 5, "売上…"), ("é", 1, "é"), ("ab", 2, "ab")]
)
def test_fitted(text: str, width: int, cut: str) -> None:
    assert fitted(text, width) == cut


def test_a_break_is_drawn_where_another_definition_begins() -> None:
    points = [Point(label=f"d{n}", value=float(n), broken=n == 10) for n in range(21)]
    lines = line_chart(points, NumberStyle(), _terminal(60)).splitlines()
    rule = lines[-2]
    assert rule.count("┴") == 1
    assert abs(rule.index("┴") - (rule.index("└") + len(rule)) / 2) <= 2
    bars = bar_chart(
        [Point(label="a", value=1.0), Point(label="b", value=2.0, broken=True)], NumberStyle(), _terminal(60)
    )
    assert [line.strip()[0] for line in bars.splitlines()] == ["a", "┴", "b"]
