"""Whatever PyYAML writes of a tree, in any style, is read as that tree, and every value stands where PyYAML put it.

PyYAML's own composer, in plain Python, is the judge of places; where each character of a value came from is judged by
the text itself.
"""

from __future__ import annotations

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpictl.diagnostics import Place
from kpictl.syntax import Positions, Quoted, read
from kpictl.syntax.characters import FORBIDDEN
from kpictl.syntax.inside import offsets
from tests.syntax.marked import spanned

_CHARACTERS = st.one_of(
    st.sampled_from("ab cd'\"\\:#-?|>&*!%@{}[],\n\n \t~=<é値𝔸\u0301\xa0\u200d"),
    st.characters(exclude_categories=("Cs", "Cc")).filter(lambda char: not FORBIDDEN.match(char)),
)
_TEXTS = st.one_of(
    st.text(_CHARACTERS, max_size=40),
    st.lists(st.text(st.sampled_from("abc  '\"#:"), max_size=12), max_size=6).map("\n".join),
    st.sampled_from(["NO", "on", "017", "12:30", "1e3", "~", "null", "true", "2024-01-01", ".inf", "", "=", "<<"]),
)
_TREES = st.recursive(
    st.tuples(st.just("text"), _TEXTS, st.sampled_from([None, "'", '"', "|", ">"])),
    lambda below: st.one_of(
        st.tuples(st.just("list"), st.lists(below, max_size=4), st.booleans()),
        st.tuples(st.just("mapping"), st.dictionaries(_TEXTS, below, max_size=4), st.booleans()),
    ),
    max_leaves=12,
)
_STYLES = st.fixed_dictionaries(
    {
        "width": st.sampled_from([2, 10, 40, 80, 100_000]),
        "indent": st.sampled_from([2, 3, 4, 8]),
        "allow_unicode": st.booleans(),
        "line_break": st.sampled_from(["\n", "\r\n", "\r"]),
        "explicit_start": st.booleans(),
    }
)


def _node(tree: tuple[str, object, object]) -> yaml.Node:
    kind, value, style = tree
    if kind == "text":
        return yaml.ScalarNode("tag:yaml.org,2002:str", value, style=style)  # type: ignore[arg-type]
    if kind == "list":
        items = [_node(item) for item in value]  # type: ignore[attr-defined]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=style)  # type: ignore[arg-type]
    pairs = [(_node(("text", key, None)), _node(item)) for key, item in value.items()]  # type: ignore[attr-defined]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=style)  # type: ignore[arg-type]


def _plain(tree: tuple[str, object, object]) -> object:
    kind, value, _ = tree
    if kind == "list":
        return [_plain(item) for item in value]  # type: ignore[attr-defined]
    return {key: _plain(item) for key, item in value.items()} if kind == "mapping" else value  # type: ignore[attr-defined]


def _written(tree: tuple[str, object, object], styles: dict[str, object]) -> str | None:
    """The text, or None where PyYAML writes what it does not read as the same itself (tabs, very narrow lines)."""
    text: str = yaml.serialize(_node(tree), Dumper=yaml.SafeDumper, **styles)  # type: ignore[call-overload]
    try:
        again = yaml.load(text, Loader=yaml.BaseLoader)
        fast = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (yaml.YAMLError, TypeError):
        return None
    return text if again == fast == _plain(tree) else None


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_TREES, _STYLES)
def test_what_is_written_is_read(tree: tuple[str, object, object], styles: dict[str, object]) -> None:
    text = _written(tree, styles)
    if text is None or "<<" in text or FORBIDDEN.search(text):
        return
    data = text.encode()
    found = read("a.yml", data)
    assert found == _plain(tree)
    positions = Positions("a.yml", data)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None
    _check(root, found, (), positions, text)


def _check(node: yaml.Node, value: object, keys: tuple[str | int, ...], positions: Positions, text: str) -> None:
    place = Place("a.yml", keys)
    line, column, end_line, end_column = spanned(positions.span(place))
    assert (line, column) == (node.start_mark.line + 1, node.start_mark.column + 1)
    assert (end_line, end_column) <= (node.end_mark.line + 1, node.end_mark.column + 1)
    if isinstance(node, yaml.ScalarNode):
        assert isinstance(value, str)
        assert isinstance(value, Quoted) == (node.style is not None)
        _characters(node, value, text)
    elif isinstance(node, yaml.SequenceNode):
        assert isinstance(value, list)
        for position, (item, below) in enumerate(zip(node.value, value, strict=True)):
            _check(item, below, (*keys, position), positions, text)
    else:
        assert isinstance(value, dict)
        for key, item in node.value:
            at = spanned(positions.span(Place("a.yml", (*keys, key.value), on_key=True)))
            assert at[:2] == (key.start_mark.line + 1, key.start_mark.column + 1)
            assert at[2:] == (key.end_mark.line + 1, key.end_mark.column + 1)
            _characters(key, key.value, text)
            _check(item, value[key.value], (*keys, key.value), positions, text)


def _characters(node: yaml.ScalarNode, value: str, text: str) -> None:
    """Each character of a value is the one that stands at its offset, or an escape or a line end that means it."""
    where = offsets(text, node.start_mark.index, node.end_mark.index, value)
    assert where is not None
    assert len(where) == len(value) + 1
    assert where == sorted(where)
    assert len(set(where[:-1])) == len(value)
    for char, at in zip(value, where, strict=False):
        there = text[at]
        folded = there in "\r\n" and char in " \n"
        assert there == char or folded or (node.style == '"' and there == "\\")
    escaped = {at for char, at in zip(value, where, strict=False) if text[at] == "\\" and node.style == '"'}
    for at in escaped:
        assert text[at + 1] not in "\r\n"
