"""How a source's columns are stored on a target, and how a stored form is read as the declared type.

The canonical tree sees declared types alone. A target lists the forms it can read for each kind of value, its default
first; `columns: {d: {type: date, physical: {druid: "text yyyy-MM-dd"}}}` names another one, the words after the form's
name being its argument (a pattern of the target's own language). Forms that every target reads, by its own rendering of a
change of type, are in `stored_as`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from kpictl.dialects.templates import Template, parse
from kpictl.model.types import Kind
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """A stored form: its name, how it is read (`{0}` the column, `{1}` the argument as text), and in words what it is.

    `fits` is what its argument must look like as a whole; two forms of a name differ in that.
    """

    name: str
    read: str
    meaning: str
    fits: str = ".*"
    template: Template = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "template", parse(self.read))

    @property
    def takes_argument(self) -> bool:
        return "{1}" in self.read


NATIVE = Form("native", "{0}", "the declared type itself")
"""The engine has the type: nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a project says of one source's storage on one target."""

    time: str | None = None
    """The source's event time, which some targets keep in a column of their own (Druid's `__time`)."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column to the words of its form, where it is not the target's default."""


AS_DECLARED = Stored()


def choose(forms: Mapping[Kind, tuple[Form, ...]], kind: Kind, words: str | None) -> tuple[Form, str] | None:
    """The form that some words name (None: the default) and its argument; None when the target knows no such form."""
    known = forms.get(kind, (NATIVE,))
    if words is None:
        return known[0], ""
    name, _, argument = words.strip().partition(" ")
    argument = argument.strip()
    for form in known:
        named = form.name == name.lower() and form.takes_argument == bool(argument)
        if named and re.fullmatch(form.fits, argument):
            return form, argument
    return None
