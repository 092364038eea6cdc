"""Renders the templates of queries, in a sandbox: `source()`, `kpi()`, `var()` and the project's macros.

Nothing else in a KPI file is a template. `source('x')` becomes the name x, `kpi('y')` the name `kpi__y`, which SQL
knows as the relation of y's stored values.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import Any

from kpictl.diagnostics import Diagnostic, Finding, Place, did_you_mean
from kpictl.model.kpis import QuerySpec
from kpictl.model.project import Project
from kpictl.project.findings import BadTemplate, ExpensiveTemplate, UnknownInTemplate
from kpictl.records import dataclass

KPI_PREFIX = "kpi__"

_MARKS = ("{{", "{%", "{#")
_FILE = "<query>"
_LONGEST = 100_000
_MOST_TAGS = 2_000
_SIMPLE = re.compile(r"""\{\{ *(source|kpi|var)\( *(['"])([a-z][a-z0-9_]{0,99})\2 *\) *\}\}""")
_EXPORTED = re.compile(r"\{%-?\s*macro\s+([A-Za-z_]\w*)")


def is_template(text: str) -> bool:
    """Whether a text holds anything for Jinja."""
    return any(mark in text for mark in _MARKS)


class TemplateProblem(Exception):
    """Why a template cannot be rendered: the code, a sentence, and the line of the template when it is known."""

    def __init__(self, finding: type[Finding], message: str, line: int | None = None, help: Sequence[str] = ()) -> None:
        self.finding = finding
        self.message = message
        self.line = line
        self.help = tuple(help)
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A rendered query: its text, what it read, and where its characters come from."""

    text: str
    sources: tuple[str, ...] = ()
    kpis: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    pieces: tuple[tuple[int, int, int], ...] = field(default=(), repr=False)
    """Stretches of the template in the output: (start in `text`, start in the template, length), in order."""
    size: int = 0
    """Characters of the template."""

    def offset(self, at: int) -> int:
        """The offset in the template of a character of `text`; inside of a tag's output it is where the tag begins."""
        index = bisect_right(self.pieces, at, key=lambda piece: piece[0]) - 1
        if index < 0:
            return 0
        start, origin, length = self.pieces[index]
        return min(origin + min(at - start, length), self.size)

    def place(self, place: Place) -> Place:
        """A place that counts in `text`, as one that counts in the template."""
        if place.start is None:
            return place
        start = self.offset(place.start)
        end = None if place.end is None else max(self.offset(max(place.end - 1, place.start)) + 1, start)
        return place.within(start, start + 1 if end is None else end)


def render(text: str, project: Project) -> Rendered:
    """A query's text without its template; raises TemplateProblem."""
    names = _Names(project)
    if not is_template(text):
        return Rendered(text=text, pieces=((0, 0, len(text)),), size=len(text))
    if "{%" not in text and "{#" not in text and text.count("{{") == len(found := list(_SIMPLE.finditer(text))):
        return names.rendered(_joined(text, found, names), len(text))
    pieces = _run(text, names.functions(), project.macros)
    return names.rendered(pieces, len(text))


def rendered(project: Project, out: list[Diagnostic]) -> tuple[Project, Mapping[str, Rendered]]:
    """The project with each query's template rendered, and by KPI what became of it; mistakes go into `out`.

    Diagnostics of the rendered texts are led back to the templates by `led_back`.
    """
    kpis, done = dict(project.kpis), {}
    for name, kpi in project.kpis.items():
        if not isinstance(kpi.spec, QuerySpec) or not is_template(kpi.spec.query):
            continue
        place = kpi.place.child("query")
        try:
            done[name] = render(kpi.spec.query, project)
        except TemplateProblem as problem:
            out.append(diagnostic(problem, kpi.spec.query, place, name))
            continue
        kpis[name] = replace(kpi, spec=replace(kpi.spec, query=done[name].text))
    return (replace(project, kpis=kpis), done) if done else (project, done)


def led_back(found: Diagnostic, project: Project, done: Mapping[str, Rendered]) -> Diagnostic:
    """A diagnostic of a rendered query, with its place in the template."""
    place = found.place
    if not isinstance(place, Place) or place.start is None or len(place.keys) < 2 or place.keys[-1] != "query":
        return found
    name = place.keys[-2]
    if not isinstance(name, str) or name not in done or project.kpis[name].place.path != place.path:
        return found
    return replace(found, place=done[name].place(place))


def diagnostic(problem: TemplateProblem, text: str, place: Place, node: str | None) -> Diagnostic:
    """A problem at its line of the template."""
    lines = text.splitlines(keepends=True)
    if problem.line is not None and 1 <= problem.line <= len(lines):
        start = sum(len(line) for line in lines[: problem.line - 1])
        line = lines[problem.line - 1]
        place = place.within(start + len(line) - len(line.lstrip()), start + max(len(line.rstrip()), 1))
    return problem.finding.at(place, problem.message, help=problem.help, node=node)


def render_text(
    text: str, names: Mapping[str, Callable[..., Any]], *, passing: tuple[type[Exception], ...] = ()
) -> str:
    """A text rendered with a few functions; exceptions of the types in `passing` come through."""
    return "".join(piece for piece, _ in _run(text, names, (), passing))


class _Names:
    """What a template can read, and what it did read."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._read: dict[str, dict[str, None]] = {"source": {}, "kpi": {}, "var": {}}

    def functions(self) -> dict[str, Callable[..., Any]]:
        return {"source": self.source, "kpi": self.kpi, "var": self.var}

    def source(self, name: str) -> str:
        self._known("source", name, self._project.sources)
        return name

    def kpi(self, name: str) -> str:
        self._known("kpi", name, self._project.kpis)
        return KPI_PREFIX + name

    def var(self, name: str, *default: Any) -> Any:
        variables = self._project.settings.vars
        if name in variables or not default:
            self._known("var", name, variables)
            value = variables[name]
        else:
            self._read["var"][name] = None
            value = default[0]
        return value

    def _known(self, what: str, name: object, choices: Mapping[str, object]) -> None:
        if not isinstance(name, str) or name not in choices:
            near = did_you_mean(str(name), choices)
            word = {"source": "source", "kpi": "KPI", "var": "variable"}[what]
            hints = [f"did you mean {near[0]!r}?"] if near else ()
            raise TemplateProblem(UnknownInTemplate, f"there is no {word} {str(name)[:100]!r}", help=hints)
        self._read[what][name] = None

    def rendered(self, pieces: Iterator[tuple[str, int]] | list[tuple[str, int]], size: int) -> Rendered:
        texts: list[str] = []
        known: list[tuple[int, int, int]] = []
        at = 0
        for text, origin in pieces:
            if origin >= 0:
                known.append((at, origin, len(text)))
            texts.append(text)
            at += len(text)
        return Rendered(
            text="".join(texts),
            sources=tuple(self._read["source"]),
            kpis=tuple(self._read["kpi"]),
            variables=tuple(self._read["var"]),
            pieces=tuple(known),
            size=size,
        )


def _joined(text: str, calls: list[re.Match[str]], names: _Names) -> list[tuple[str, int]]:
    """A template of plain calls only, which needs no Jinja."""
    pieces: list[tuple[str, int]] = []
    at = 0
    for call in calls:
        pieces.append((text[at : call.start()], at))
        try:
            value = names.functions()[call[1]](call[3])
        except TemplateProblem as problem:
            problem.line = text.count("\n", 0, call.start()) + 1
            raise
        pieces.append((_printed(value), -1))
        at = call.end()
    pieces.append((text[at:], at))
    return [(piece, origin) for piece, origin in pieces if piece]


def _printed(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    from kpictl.project.sandbox import as_sql

    return str(as_sql(value))


def _run(
    text: str,
    names: Mapping[str, Any],
    macros: Sequence[tuple[str, str]],
    passing: tuple[type[Exception], ...] = (),
) -> list[tuple[str, int]]:
    """The output in stretches, each with its offset in the template or -1."""
    import jinja2
    from jinja2 import nodes

    from kpictl.project.sandbox import LARGEST_OUTPUT, Piece, Sandbox, TooExpensive

    sandbox = Sandbox(names)
    try:
        if len(text) > _LONGEST or sum(text.count(mark) for mark in _MARKS) > _MOST_TAGS:
            raise TooExpensive(f"it has more than {_LONGEST:,} characters or {_MOST_TAGS:,} tags")
        tree = sandbox.parse(text)
        at = 0
        for data in tree.find_all(nodes.TemplateData):
            found = text.find(data.data, at)
            data.at = found  # type: ignore[attr-defined]
            at = found + len(data.data) if found >= 0 else at
        sandbox.globals.update(_macros(sandbox, macros, text))
        code = sandbox.compile(tree, _FILE, _FILE)
        template = sandbox.template_class.from_code(sandbox, code, sandbox.globals, None)
        pieces: list[tuple[str, int]] = []
        size = 0
        for chunk in template.root_render_func(template.new_context()):
            size += len(chunk)
            if size > LARGEST_OUTPUT:
                raise TooExpensive(f"it renders to more than {LARGEST_OUTPUT:,} characters")
            pieces.append((str.__str__(chunk), chunk.at if isinstance(chunk, Piece) else -1))
        return pieces
    except (TemplateProblem, *passing) as problem:  # type: ignore[misc]
        if isinstance(problem, TemplateProblem) and problem.line is None:
            problem.line = _line_of(problem)
        raise
    except TooExpensive as problem:
        raise TemplateProblem(
            ExpensiveTemplate, f"this template is too expensive: {problem}", _line_of(problem)
        ) from None
    except (MemoryError, RecursionError, OverflowError) as problem:
        what = "it needs too much memory" if isinstance(problem, MemoryError) else "it goes too deep or too far"
        raise TemplateProblem(ExpensiveTemplate, f"this template is too expensive: {what}") from None
    except jinja2.UndefinedError as problem:
        hints = ["known here: source(), kpi(), var() and the project's macros"]
        if "'env_var'" in str(problem.message):
            hints = ["env_var() is known in profiles.yml alone; take the value from var(), which --vars can set"]
        raise TemplateProblem(
            UnknownInTemplate, f"in this template {problem.message}", _line_of(problem), hints
        ) from None
    except jinja2.TemplateSyntaxError as problem:
        raise TemplateProblem(BadTemplate, f"this template is wrong: {problem.message}", problem.lineno) from None
    except jinja2.TemplateError as problem:
        raise TemplateProblem(BadTemplate, f"this template is refused: {problem.message}", _line_of(problem)) from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, SyntaxError) as problem:
        # What Python raises for what the template did: 'a' + 1, 1 / 0, a macro called with too many arguments.
        raise TemplateProblem(BadTemplate, f"this template fails: {_plain(problem)}", _line_of(problem)) from None


def _macros(sandbox: Any, macros: Sequence[tuple[str, str]], text: str) -> dict[str, Any]:
    """The project's macros, compiled together, since they may call each other; nothing when the text names none."""
    exported = [name for _, macro in macros for name in _EXPORTED.findall(macro)]
    if not any(name in text for name in exported):
        return {}
    code = _compiled_macros(tuple(macros))
    module = sandbox.template_class.from_code(sandbox, code, sandbox.globals, None).make_module()
    return {name: getattr(module, name) for name in exported}


@lru_cache(maxsize=4)
def _compiled_macros(macros: tuple[tuple[str, str], ...]) -> Any:
    """The code of all macros; many queries use the same ones, and compiling them costs more than running them."""
    import jinja2

    from kpictl.project.sandbox import Sandbox

    sandbox = Sandbox({})
    for path, macro in macros:
        try:
            sandbox.parse(macro)
        except jinja2.TemplateSyntaxError as problem:
            message = f"the macros of {path} are wrong: {problem.message} (line {problem.lineno})"
            raise TemplateProblem(BadTemplate, message) from None
    return sandbox.compile("\n".join(macro for _, macro in macros))


def _plain(problem: BaseException) -> str:
    return str(problem).replace("_Names.", "")


def _line_of(problem: BaseException) -> int | None:
    """The line of the template at which an exception was raised: jinja2 rewrites it into the traceback's line table."""
    line, step = None, problem.__traceback__
    while step is not None:
        info = step.tb_frame.f_globals.get("__jinja_template__")
        if info is not None and step.tb_frame.f_code.co_filename == _FILE:
            line = info.get_corresponding_lineno(step.tb_lineno)
        step = step.tb_next
    return line
