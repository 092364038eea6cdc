"""Where output goes: results to stdout, the rest to stderr, safe to show, redacted, in colour only where it helps."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import field
from typing import TextIO

from kpictl.records import dataclass

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "hint": "1;36",
    "good": "32",
    "bad": "31",
    "dim": "2",
    "bold": "1",
    "place": "34",
    "chart": "36",
}


class Veil:
    """Hides secrets in all that an invocation writes; it learns them when the profile is read."""

    __slots__ = ("_secrets",)

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def learn(self, secrets: tuple[str, ...]) -> None:
        """From now on these are hidden, too."""
        self._secrets = tuple(dict.fromkeys((*self._secrets, *secrets)))

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def __call__(self, text: str) -> str:
        """The text without secrets. Call it before anything is cut off."""
        if not self._secrets:
            return text
        from kpictl.project.secrets import redact

        return redact(text, self._secrets)

    def mask(self, text: str) -> str:
        """The same with stars of the same length, so that what stands below a line still fits."""
        if not self._secrets:
            return text
        from kpictl.project.secrets import masked

        return masked(text, self._secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """The two streams of a command. `width` is in cells; `interactive`: stderr is a terminal that can redraw."""

    out: TextIO
    err: TextIO
    width: int
    colour_out: bool
    colour_err: bool
    interactive: bool
    quiet: bool = False
    verbose: int = 0
    redact: Veil = field(default_factory=Veil)

    def result(self, text: str) -> None:
        """Writes a result to stdout."""
        self.out.write(self.redact(text) + "\n")

    def say(self, text: str) -> None:
        """Tells something on stderr, unless `--quiet`."""
        if not self.quiet:
            self.err.write(self.redact(text) + "\n")

    def complain(self, text: str) -> None:
        """Tells something on stderr that `--quiet` does not silence."""
        self.err.write(self.redact(text) + "\n")

    def on_out(self, text: str, style: str) -> str:
        """The text in a style, when stdout shows colours."""
        return painted(text, style) if self.colour_out else text

    def on_err(self, text: str, style: str) -> str:
        """The text in a style, when stderr shows colours."""
        return painted(text, style) if self.colour_err else text

    def hide(self, secrets: tuple[str, ...]) -> None:
        """From now on, secrets are taken out of all that is written here and by terminals that share its veil."""
        self.redact.learn(secrets)


def open_terminal(environment: Mapping[str, str], *, quiet: bool = False, verbose: int = 0) -> Terminal:
    """The terminal of this process. `NO_COLOR` and `TERM=dumb` mean no colour, `FORCE_COLOR` means colour."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows or C locale must not turn a chart or a name into a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace" if (stream.encoding or "").lower() != "utf-8" else "backslashreplace")
    plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
    forced = bool(environment.get("FORCE_COLOR")) and not plain
    return Terminal(
        out=sys.stdout,
        err=sys.stderr,
        width=_width(environment),
        colour_out=forced or (not plain and sys.stdout.isatty()),
        colour_err=forced or (not plain and sys.stderr.isatty()),
        interactive=sys.stderr.isatty() and environment.get("TERM") != "dumb",
        quiet=quiet,
        verbose=verbose,
    )


def _width(environment: Mapping[str, str]) -> int:
    """Columns of the terminal, 100 where there is none; nonsense in COLUMNS is ignored."""
    named = environment.get("COLUMNS", "")
    if named.isdecimal() and int(named[:6]) > 0:
        return min(max(int(named[:6]), 40), 240)
    for stream in (sys.stdout, sys.stderr):
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            continue
        if columns > 0:
            return min(max(columns, 40), 240)
    return 100


def painted(text: str, style: str) -> str:
    """The text between the escape codes of a style."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else text


def visible(text: str) -> str:
    """The text with everything that could move the cursor or hide text written as an escape (tabs and newlines too)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return char.encode("unicode_escape").decode("ascii")
    return char


def cells(text: str) -> int:
    """How many columns a text takes on a terminal: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(char_cells(char) for char in text)


def char_cells(char: str) -> int:
    """Columns of one character."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def fitted(text: str, width: int) -> str:
    """The text cut to so many columns, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += char_cells(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"
