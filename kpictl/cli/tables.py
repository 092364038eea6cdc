"""Tables for people: columns side by side, as wide as their content, cut to the terminal, no lines but one."""

from __future__ import annotations

from collections.abc import Sequence

from kpictl.cli.terminal import Terminal, cells, fitted, visible
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column: numbers stand right. `shrink` says how readily it gives way when the terminal is narrow (0: never)."""

    title: str
    right: bool = False
    shrink: int = 1
    style: str = ""
    """Applied to the cells, not to the title."""


@dataclass(frozen=True, slots=True)
class Styled:
    """A cell in a style of its own."""

    text: str
    style: str


Cell = str | Styled


def table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], terminal: Terminal) -> str:
    """The table as text; a column that is empty in every row is left out."""
    texts = [[visible(_text(cell)) for cell in row] for row in rows]
    used = [n for n in range(len(columns)) if any(row[n] for row in texts)]
    widths = {n: max([cells(columns[n].title), *(cells(row[n]) for row in texts)]) for n in used}
    _narrow(widths, columns, terminal.width)
    head = "  ".join(_aligned(columns[n].title, widths[n], columns[n].right) for n in used).rstrip()
    lines = [terminal.on_out(head, "bold"), terminal.on_out("  ".join("─" * widths[n] for n in used), "dim")]
    for row, shown in zip(rows, texts, strict=True):
        parts = []
        for n in used:
            aligned = _aligned(shown[n], widths[n], columns[n].right)
            cell = row[n]
            style = cell.style if isinstance(cell, Styled) else columns[n].style
            parts.append(terminal.on_out(aligned, style) if style else aligned)
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def _text(cell: Cell) -> str:
    return cell.text if isinstance(cell, Styled) else cell


def _aligned(text: str, width: int, right: bool) -> str:
    text = fitted(text, width)
    space = " " * (width - cells(text))
    return space + text if right else text + space


def _narrow(widths: dict[int, int], columns: Sequence[Column], room: int) -> None:
    """Takes columns' width away, the most willing and widest first, until the table fits or nobody can give."""
    while sum(widths.values()) + 2 * (len(widths) - 1) > room:
        giving = [n for n in widths if columns[n].shrink and widths[n] > max(6, cells(columns[n].title) // 2)]
        if not giving:
            return
        widest = max(giving, key=lambda n: (columns[n].shrink, widths[n]))
        widths[widest] -= 1
