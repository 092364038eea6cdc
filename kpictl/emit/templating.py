"""Templates of artifacts: Jinja in a sandbox, where every value is written as a literal of the file's format.

`name: {{ kpi.label }}` in `x.yml.j2` is a quoted YAML text, in `x.tf.j2` a quoted text of HCL without templates. What must
stand bare passes a filter that checks it (`word`) or comments it out (`comment`). A project's own `templates/ARTIFACT/`
shadows ours, file by file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kpictl.diagnostics import Place, Refused
from kpictl.emit.findings import BadTemplate
from kpictl.emit.literals import LITERALS, Text, backslash_sql_literal, commented, json_literal
from kpictl.emit.yaml_text import yaml_block
from kpictl.project.files import leads_out, read_file

_FORMATS = {
    "yml": "yaml", "yaml": "yaml", "json": "json", "sql": "sql", "py": "python", "tf": "hcl", "tfvars": "hcl",
    "hcl": "hcl", "sh": "shell", "md": "markdown", "properties": "comment", "toml": "json",
}  # fmt: skip
_MARKS = {"yaml": "#", "sql": "--", "python": "#", "hcl": "#", "shell": "#", "comment": "#", "json": "#"}
_REQUIREMENT = re.compile(r"[a-z]+(\[[a-z,]+\])?==[A-Za-z0-9.+]+")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:@+-]*")
_SHARED = "shared"
"""The folder of templates that several artifacts use; a project shadows them in the artifact's own."""
_LONGEST = 20_000_000
_KNOWN = 10_000


def ours() -> Path:
    """The templates that kpictl brings: beside this module in a wheel, at the repository's root else."""
    here = Path(__file__).parent / "templates"
    return here if here.is_dir() else Path(__file__).parents[2] / "templates"


def format_of(template: str) -> str:
    """The format of a template by its name: `x.yml.j2` is YAML; what has no known ending takes bare, checked words."""
    return _FORMATS.get(template.removesuffix(".j2").rpartition(".")[2], "comment")


_DATA = frozenset({str, int, bool, type(None), tuple, Text})


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which looks at the kinds of object and attribute alone: at each pair once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        key = (type(obj), attr)
        found = self._safe.get(key)
        if found is None:
            if len(self._safe) > _KNOWN:
                self._safe.clear()
            found = self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return found

    def getattr(self, obj: Any, attribute: str) -> Any:
        """As Jinja's, which wraps what can be called; plain values of known pairs need no more looking at."""
        if self._safe.get((type(obj), attribute)):
            found = getattr(obj, attribute, self)
            if type(found) in _DATA:
                return found
        return super().getattr(obj, attribute)


class Templates:
    """The templates of one artifact, for one project."""

    def __init__(self, artifact: str, project: Path) -> None:
        self._artifact = artifact
        self._project = project
        self._environments: dict[str, _Sandbox] = {}

    def render(self, template: str, /, **values: object) -> str:
        """A template with values; raises Refused at a mistake in it."""
        kind = format_of(template)
        if kind not in self._environments:
            self._environments[kind] = _environment(kind, self._source)
        try:
            text = self._environments[kind].get_template(template).render(values)
        except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as error:
            if not self._is_own(template):
                raise
            where = f"templates/{self._artifact}/{template}"
            line = getattr(error, "lineno", None)
            what = f"line {line}: {error}" if line else str(error) or type(error).__name__
            raise Refused([BadTemplate.at(Place(where), f"{where} cannot be rendered: {what}")]) from None
        return text if text.endswith("\n") else text + "\n"

    def _is_own(self, template: str) -> bool:
        return (self._project / "templates" / self._artifact / template).is_file()

    def _source(self, template: str) -> str:
        path = f"templates/{self._artifact}/{template}"
        if self._is_own(template) and self._project != ours().parent:
            if leads_out(self._project, path):
                message = f"{path} is a link that leads out of the project"
                raise Refused([BadTemplate.at(Place(path), message, help=["put a copy in its place"])])
            data = read_file(self._project, path, [])
            if data is None:
                raise Refused([BadTemplate.at(Place(path), f"{path} cannot be read")])
            return data.decode("utf-8", "replace")
        return _shipped(self._artifact, template)


@cache
def _shipped(artifact: str, template: str) -> str:
    for folder in (artifact, _SHARED):
        path = ours() / folder / template
        if path.is_file():
            return path.read_text("utf-8")
    raise TemplateNotFound(f"{artifact}/{template}")


def _environment(kind: str, source: Callable[[str], str]) -> _Sandbox:
    literal = LITERALS[kind]

    def write(value: Any) -> Any:
        return value if isinstance(value, Text | StrictUndefined) else Text(literal(value))

    made = _Sandbox(
        loader=FunctionLoader(source),
        undefined=StrictUndefined,
        finalize=write,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made.globals = {}
    made.filters = {name: made.filters[name] for name in ("length", "join", "sort", "first", "last", "list", "default")}
    mark = _MARKS.get(kind, "#")

    def comment(lines: object, mark: str = mark) -> Text:
        return Text(commented(lines, mark))

    def block(value: object, indent: int = 0) -> Text:
        return Text(yaml_block(value, indent))

    def as_json(value: object) -> Text:
        return Text(json_literal(value))

    made.filters |= {
        "word": _word,
        "comment": comment,
        "block": block,
        "json": as_json,
        "code": _code,
        "hidden": _hidden,
        "text": Text,
        "requirement": _requirement,
        "backslashed": _backslashed,
        "dollars": _dollars,
    }
    return made


def _word(value: object) -> Text:
    """A value that may stand bare: letters, digits and . _ / : @ + -"""
    text = str(value)
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text[:80]!r} may not stand bare here")
    return Text(text)


def _code(value: object) -> Text:
    """Code inside a line of Markdown."""
    line = " ".join(str(value).split()).replace("|", "\\|")
    marks = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return Text(f"{marks}{pad}{line}{pad}{marks}")


def _hidden(value: object) -> Text:
    """What stands in a comment of HTML or Markdown."""
    return Text(" ".join(str(value).split()).replace(">", "&gt;"))


def _backslashed(value: object) -> Text:
    """A text of SQL whose engine reads backslashes."""
    return Text(backslash_sql_literal(str(value)))


def _dollars(value: object) -> Text:
    """A body of PL/pgSQL between dollar signs, with a tag that does not stand in it."""
    text = str(value)
    tag = "kpictl"
    while f"${tag}$" in text:
        tag += "_"
    return Text(f"${tag}${text}${tag}$")


def _requirement(value: object) -> Text:
    """A package, its extras and version, as pip takes it."""
    if not _REQUIREMENT.fullmatch(str(value)):
        raise ValueError(f"{value!r} is no requirement")
    return Text(f'"{value}"')
