"""`{{ env_var('X') }}` in the selected output of profiles.yml, the one template that a profile may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from kpictl.model.readers import INVALID, At, Out, place_of
from kpictl.project.findings import BadProfileTemplate, UnsetVariable

_CALL = re.compile(r"""\{\{-?\s*env_var\(\s*(['"])(\w+)\1\s*(?:,\s*(['"])([^'"\\{}]*)\3\s*)?\)\s*-?\}\}""")


class _Unset(Exception):
    def __init__(self, name: str) -> None:
        self.name = name


class Environment:
    """Renders texts, and remembers the values of variables that it gave out: they may be secret. `hide` is told of each."""

    def __init__(self, variables: Mapping[str, str], hide: Callable[[str], None] = lambda _value: None) -> None:
        self._variables = variables
        self._hide = hide
        self.used: set[str] = set()

    def apart(self) -> Environment:
        """One over the same variables for what is no secret; it remembers for itself."""
        return Environment(self._variables)

    def render(self, value: Any, at: At, out: Out) -> Any:
        """A value with all its texts rendered; texts stay texts."""
        if isinstance(value, dict):
            return {key: self.render(item, (at, key), out) for key, item in value.items()}
        if isinstance(value, list):
            return [self.render(item, (at, position), out) for position, item in enumerate(value)]
        if isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value):
            return self._text(value, at, out)
        return value

    def _text(self, text: str, at: At, out: Out) -> Any:
        try:
            rendered = _CALL.sub(lambda match: self._lookup(match[2], match[4]), text)
            template = _CALL.sub("", text)
            if "{{" not in template and "{%" not in template and "{#" not in template:
                return rendered
            return self._jinja(text, at, out)
        except _Unset as unset:
            start = max(text.find(unset.name), 0)
            out.append(
                UnsetVariable.at(
                    place_of(at).within(start, start + len(unset.name)),
                    f"the environment variable {unset.name} is not set",
                    help=[f"set it, or give a default: env_var('{unset.name}', '...')"],
                )
            )
            return INVALID

    def _jinja(self, text: str, at: At, out: Out) -> Any:
        from kpictl.project.jinja import TemplateProblem, render_text

        try:
            return render_text(str(text), {"env_var": self._lookup}, passing=(_Unset,))
        except TemplateProblem as problem:
            message = f"this template cannot be rendered: {problem.message}"
            out.append(
                BadProfileTemplate.at(place_of(at), message, help=["only env_var('X'[, default]) is known here"])
            )
            return INVALID

    def _lookup(self, name: str, default: str | None = None) -> str:
        value = self._variables.get(name)
        if value is not None:
            if value not in self.used:
                self.used.add(value)
                self._hide(value)
            return value
        if default is None:
            raise _Unset(name)
        return str(default)


def variables_of(value: Any) -> set[str]:
    """The names of the variables that a value's templates read."""
    if isinstance(value, dict):
        return {name for item in value.values() for name in variables_of(item)}
    if isinstance(value, list):
        return {name for item in value for name in variables_of(item)}
    return set(_NAMED.findall(value)) if isinstance(value, str) else set()


_NAMED = re.compile(r"""env_var\(\s*['"](\w+)['"]""", re.ASCII)
