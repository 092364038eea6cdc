"""The one reader: builds plain values from the parser's events, and notes where they stand when asked to.

Events of libyaml are read through pyyaml's C extension; without it, pyyaml's own parser yields the same ones.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, NoReturn

from kpictl.diagnostics import Diagnostic, Finding, Label, Refused
from kpictl.syntax.characters import FORBIDDEN, Lines, decode
from kpictl.syntax.findings import (
    ControlCharacter,
    DuplicateKey,
    ExplodingAlias,
    InvalidYaml,
    KeyNotText,
    MergeKey,
    SeveralDocuments,
    Tab,
    Tag,
    TooDeep,
    TooLarge,
)
from kpictl.syntax.inside import content
from kpictl.syntax.scalars import NULLS, Quoted

DEEPEST = 32
MOST_VALUES = 200_000
MOST_ALIASED = 100_000
"""Characters that all aliases of a file may stand for."""

Marks = dict[int, Any]
"""By `id` of a container: of a dict `{key: (key start, key end, value start, value end)}`, of a list the same tuples
(with -1 for the key); by 0 the root's `(-1, -1, start, end)`. Offsets in characters of the file's text."""


class _Absent:
    """Stands for "no key is open"."""


_ABSENT = _Absent()


def read(path: str, data: bytes) -> object:
    """The values of a file: dict, list, `str` as typed, or None for nothing, `~` and `null`; raises Refused.

    Plain scalars are exactly `str`, quoted and block ones `Quoted`. Containers that an alias repeats are one object.
    """
    return build(path, decode(path, data), None)


def build(path: str, text: str, marks: Marks | None) -> object:
    """What `read` returns, for a text already decoded; fills `marks` when given."""
    # Nothing here makes cycles, and collections over 100,000 young objects cost a third of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _Builder(path, text, marks).run()
    finally:
        if collecting:
            gc.enable()


def _events(text: str) -> Callable[[], Any]:
    try:
        from yaml._yaml import CParser
    except ImportError:
        from yaml import SafeLoader

        return SafeLoader(text).get_event
    return CParser(text).get_event


class _Builder:
    """One pass over the events. The state is a stack of open containers with the key that waits for a value."""

    def __init__(self, path: str, text: str, marks: Marks | None) -> None:
        self._path = path
        self._text = text
        self._marks = marks
        self._anchors: dict[str, tuple[object, int, int, int]] = {}
        self._open_anchors: dict[int, tuple[str, int, int]] = {}
        self._aliased = 0
        self._last = 0
        """Where the last value that was noted ends."""

    def run(self) -> object:
        import yaml

        next_event = _events(self._text)
        try:
            return self._loop(next_event)
        except yaml.MarkedYAMLError as error:
            raise Refused([self._not_yaml(error)]) from None
        except (yaml.YAMLError, ValueError) as error:
            # Of pyyaml's own parser, where it meets the escape of a character that there is not.
            raise Refused([self._finding(InvalidYaml, 0, 0, f"this is not valid YAML: {error}")]) from None

    def _loop(self, next_event: Callable[[], Any]) -> object:
        from yaml import events as kinds

        scalar, alias = kinds.ScalarEvent, kinds.AliasEvent
        mapping, sequence = kinds.MappingStartEvent, kinds.SequenceStartEvent
        ends = (kinds.MappingEndEvent, kinds.SequenceEndEvent)
        document, stream_end = kinds.DocumentStartEvent, kinds.StreamEndEvent

        marks = self._marks
        root: object = None
        container: Any = None
        key: Any = _ABSENT
        stack: list[tuple[Any, Any, int]] = []
        documents = count = 0

        while True:
            event = next_event()
            cls = type(event)
            if cls is scalar:
                value = event.value
                if event.style and event.style != "":
                    value = self._quoted(event)
                elif value in NULLS:
                    value = None
                if event.tag is not None or event.anchor is not None:
                    self._decorated(event, value)
            elif cls is mapping or cls is sequence:
                if event.tag is not None:
                    self._tag(event)
                if len(stack) >= DEEPEST:
                    self._too_deep(event)
                value = {} if cls is mapping else []
            elif cls in ends:
                finished = container
                container, key, start = stack.pop()
                if self._open_anchors and id(finished) in self._open_anchors:
                    self._close_anchor(finished, event)
                if marks is not None:
                    self._note_end(container, key, start, event)
                key = _ABSENT
                continue
            elif cls is alias:
                value = self._alias(event, len(stack))
            elif cls is document:
                documents += 1
                if documents > 1:
                    self._refuse(SeveralDocuments, event, "a second document begins here", help="one document a file")
                continue
            elif cls is stream_end:
                return root
            else:
                continue

            count += 1
            if count > MOST_VALUES:
                self._refuse(TooLarge, event, f"more than {MOST_VALUES:,} values in one file", help="split the file")
            into = type(container)
            if into is dict:
                if key is _ABSENT:
                    if value.__class__ is not str or value == "<<" or cls is alias:
                        value = self._key(event, value)
                    if value in container:
                        self._duplicate(event, value, container)
                    key = value
                    container[key] = None
                    if marks is not None:
                        start, end = event.start_mark.index, event.end_mark.index
                        marks[id(container)][key] = (self._start(event, start, end), end, 0, 0)
                    continue
                container[key] = value
                if marks is not None:
                    self._note(container, key, event, value)
            elif into is list:
                container.append(value)
                if marks is not None:
                    marks[id(container)].append((-1, -1, *self._extent(event, value)))
                key = len(container) - 1
            else:
                root = value
                if marks is not None:
                    marks[0] = (-1, -1, *self._extent(event, value))
            if cls is mapping or cls is sequence:
                stack.append((container, key, self._start(event, event.start_mark.index)))
                container = value
                if event.anchor is not None:
                    self._open_anchors[id(value)] = (event.anchor, event.start_mark.index, self._aliased)
                    self._anchors[event.anchor] = (_ABSENT, event.start_mark.index, 0, 0)
                if marks is not None:
                    marks[id(value)] = {} if cls is mapping else []
            key = _ABSENT

    # -- scalars -----------------------------------------------------------------------------------------------------

    def _quoted(self, event: Any) -> Quoted:
        value = event.value
        if event.style == '"' and (match := FORBIDDEN.search(value)):
            name = f"the character U+{ord(match[0]):04X} is not allowed here"
            self._refuse(ControlCharacter, event, name, help="take the escape out")
        return Quoted(value)

    def _decorated(self, event: Any, value: object) -> None:
        if event.tag is not None:
            self._tag(event)
        start, end = event.start_mark.index, event.end_mark.index
        self._anchors[event.anchor] = (value, start, end, end - start)

    def _key(self, event: Any, value: object) -> str:
        from yaml.events import AliasEvent

        if isinstance(event, AliasEvent):
            raise self._refusal(KeyNotText, event, "an alias is used as a key; a key is a name", "write the name out")
        if value.__class__ is Quoted:
            return str.__str__(value)
        if value == "<<":
            self._refuse(MergeKey, event, "merge keys (<<) are not supported", help="write the keys out")
        what = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "nothing"
        raise self._refusal(KeyNotText, event, f"{what} is used as a key; a key is a name")

    def _duplicate(self, event: Any, key: str, container: dict[str, object]) -> NoReturn:
        if self._marks is None:
            # Where the first one stands is known to a reading with marks, which stops here too.
            build(self._path, self._text, {})
        entry = self._marks[id(container)][key] if self._marks is not None else (0, 0)
        first = Lines(self._text).span(self._path, entry[0], entry[1])
        start, end = event.start_mark.index, event.end_mark.index
        others = (Label(place=first, text="the first one is here"),)
        message = f"the key {_short(key)!r} stands twice"
        raise Refused([self._finding(DuplicateKey, start, end, message, help="keep one of them", others=others)])

    # -- anchors and aliases -----------------------------------------------------------------------------------------

    def _close_anchor(self, container: object, event: Any) -> None:
        name, start, aliased = self._open_anchors.pop(id(container))
        end = event.end_mark.index
        self._anchors[name] = (container, start, end, end - start + self._aliased - aliased)

    def _alias(self, event: Any, depth: int) -> object:
        name = event.anchor
        if name not in self._anchors:
            self._refuse(InvalidYaml, event, f"no anchor &{_short(name)} stands before this alias")
        value, _, _, size = self._anchors[name]
        if value is _ABSENT:
            self._refuse(ExplodingAlias, event, f"the alias *{_short(name)} stands inside of what it names")
        self._aliased += max(size, 1)
        if self._aliased > MOST_ALIASED:
            what = f"the aliases of this file stand for more than {MOST_ALIASED:,} characters"
            self._refuse(ExplodingAlias, event, what, help="write the values out")
        if depth + _height(value) > DEEPEST:
            self._too_deep(event)
        return value

    # -- places ------------------------------------------------------------------------------------------------------

    def _extent(self, event: Any, value: object) -> tuple[int, int]:
        """Where a value's text stands, without its anchor; for the alias of a scalar, where the scalar does."""
        from yaml.events import AliasEvent

        self._last = event.end_mark.index
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, AliasEvent) and not isinstance(value, dict | list):
            _, start, end, _ = self._anchors[str(event.anchor)]
        return self._start(event, start, end), end

    def _start(self, event: Any, start: int, end: int | None = None) -> int:
        """Where a value begins behind its anchor. The end of a container is not known yet."""
        return start if event.anchor is None else content(self._text, start, len(self._text) if end is None else end)

    def _note(self, container: Any, key: Any, event: Any, value: object) -> None:
        assert self._marks is not None
        entry = self._marks[id(container)]
        first, last = entry[key][:2]
        entry[key] = (first, last, *self._extent(event, value))

    def _note_end(self, container: Any, key: Any, start: int, event: Any) -> None:
        """The end of a container: its bracket, or the end of its last value (the parser tells the next token's)."""
        assert self._marks is not None
        if event.end_mark.index > event.start_mark.index:
            self._last = event.end_mark.index
        end = max(self._last, start)
        if container is None:
            self._marks[0] = (-1, -1, start, end)
        else:
            entry = self._marks[id(container)]
            first, last = entry[key][:2]
            entry[key] = (first, last, start, end)

    # -- refusals ----------------------------------------------------------------------------------------------------

    def _tag(self, event: Any) -> None:
        tag = event.tag.replace("tag:yaml.org,2002:", "!!", 1)
        self._refuse(
            Tag, event, f"the tag {_short(tag)!r} is not supported", help="take it out: the key says what it takes"
        )

    def _too_deep(self, event: Any) -> None:
        self._refuse(TooDeep, event, f"values are nested more than {DEEPEST} levels deep")

    def _refuse(self, finding: type[Finding], event: Any, message: str, help: str = "") -> Any:
        raise self._refusal(finding, event, message, help)

    def _refusal(self, finding: type[Finding], event: Any, message: str, help: str = "") -> Refused:
        start, end = event.start_mark.index, event.end_mark.index
        return Refused([self._finding(finding, start, end, message, help=help)])

    def _finding(
        self,
        finding: type[Finding],
        start: int,
        end: int,
        message: str,
        *,
        help: str = "",
        others: tuple[Label, ...] = (),
    ) -> Diagnostic:
        line_end = self._text.find("\n", start)
        stop = min(end, line_end if line_end >= 0 else len(self._text))
        span = Lines(self._text).span(self._path, start, max(stop, start))
        return finding.at(span, message, others=others, help=[help] if help else ())

    def _not_yaml(self, error: Any) -> Diagnostic:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index, len(self._text)) if mark is not None else 0
        problem = error.problem or "it cannot be read"
        if self._text[at : at + 1] == "\t" or "tab character" in problem:
            return self._finding(Tab, at, at + 1, "a tab is used for indentation", help="indent with spaces")
        message = f"this is not valid YAML: {problem}" + (f" ({error.context})" if error.context else "")
        return self._finding(InvalidYaml, at, at + 1, message, help=_HINTS.get(problem, ""))


_HINTS = {
    "mapping values are not allowed in this context": "text that holds ': ' needs quotes",
    "found character that cannot start any token": "text that begins with %, @ or ` needs quotes",
    "did not find expected key": "look at the indentation of this line, and at quotes and brackets before it",
}


def _short(name: str) -> str:
    return name if len(name) <= 100 else name[:97] + "..."


def _height(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_height, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_height, value), default=0)
    return 0
