"""What kpictl tells a user about a definition: findings, where they are, and what to do.

A `Finding` subclass is one code with its manual page (the docstring); `Finding.at(...)` makes a `Diagnostic`.
A `Place` is cheap: a file, the path of keys that leads to a value, and a range of characters inside that value.
Lines and columns are found only when a diagnostic is shown (`kpictl.syntax.locate`), so that reading stays fast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import ClassVar

from kpictl.records import dataclass


class Severity(Enum):
    """How much a finding matters: an error stops, a warning is counted (`--fail-on warn`), a hint only teaches."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A resolved range in a text file; lines and columns count from 1, columns in characters, the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: `path` (relative to the project), the keys that lead to it, and a range inside it.

    `keys` holds mapping keys (str) and list positions (int). `on_key` points at the key itself instead of its value.
    `start`/`end` are character offsets inside the scalar's *value* (None: all of it). For a file that is no YAML
    (`analyses/x.sql`, a macro) `keys` is empty and the offsets count from the start of the file.
    """

    path: str
    keys: tuple[str | int, ...] = ()
    on_key: bool = False
    start: int | None = None
    end: int | None = None

    def child(self, *keys: str | int) -> Place:
        """The place of a value below this one."""
        return Place(self.path, self.keys + keys)

    def key(self) -> Place:
        """The key that names this value, instead of the value."""
        return replace(self, on_key=True, start=None, end=None)

    def within(self, start: int, end: int) -> Place:
        """A range of characters inside this scalar, counted from the start of the scalar's value."""
        return replace(self, on_key=False, start=start, end=end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A second place that belongs to a finding, with what is to be seen there."""

    place: Place | Span
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change of text that mends the finding; only `safe` ones are applied by `check --fix`."""

    place: Place | Span
    replacement: str
    safe: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding, ready to be shown: what is wrong, where, and the way out."""

    code: str
    severity: Severity
    message: str
    place: Place | Span | None = None
    label: str = ""
    others: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    fix: Fix | None = None
    node: str | None = None
    """Name of the KPI, source or analysis that it is about."""

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


class Finding:
    """Base of every code. The docstring of a subclass is its manual page, in this form:

    One line that says what it is.

    ## What it does
    ## Why it matters
    ## Example
    ## Use instead
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR

    @classmethod
    def at(
        cls,
        place: Place | Span | None,
        message: str,
        *,
        label: str = "",
        others: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: Iterable[str] = (),
        fix: Fix | None = None,
        node: str | None = None,
    ) -> Diagnostic:
        """A diagnostic of this code."""
        return Diagnostic(
            code=cls.code,
            severity=cls.severity,
            message=message,
            place=place,
            label=label,
            others=tuple(others),
            notes=tuple(notes),
            help=tuple(help),
            fix=fix,
            node=node,
        )


class Refused(Exception):
    """Carries the diagnostics of a user's mistake to the nearest collector; never shown as a traceback."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in self.diagnostics))


def did_you_mean(word: str, choices: Iterable[str], *, most: int = 1) -> tuple[str, ...]:
    """The choices nearest to a mistyped word, best first; empty when none is near."""
    from difflib import get_close_matches

    return tuple(get_close_matches(word[:100], list(choices), n=most, cutoff=0.6))


def all_findings() -> tuple[type[Finding], ...]:
    """Every finding class that is loaded so far, by code. `kpictl.rules.catalogue` loads them all first."""

    def below(cls: type[Finding]) -> Iterable[type[Finding]]:
        for sub in cls.__subclasses__():
            if "code" in sub.__dict__:
                yield sub
            yield from below(sub)

    return tuple(sorted(set(below(Finding)), key=lambda c: c.code))
