r"""Regular expressions in the part of POSIX extended syntax that engines read alike, for those whose own is not all known.

No backslash is written: special characters stand in brackets, `\d` and `\s` are spelt out. What has no such form is refused:
classes of letters (which follow every script in the contract), look-around, back references, lazy repetitions, word
boundaries, and a group that cannot be told from one that captures.
Source: IEEE Std 1003.1, 9.4 Extended Regular Expressions.
"""

from __future__ import annotations

from kpictl.ir.patterns import Anchor, Back, Chars, Group, Node, PatternError, Repeat, check_choice, nodes_of, parsed
from kpictl.records import dataclass

_CLASSES = {"d": ((), (("0", "9"),)), "s": ("\t\n\v\f\r ", ())}
_ASCII = {"upper": ("", (("A", "Z"),)), "lower": ("", (("a", "z"),)), "blank": ("\t ", ())}
_ASCII |= {"xdigit": ("", (("0", "9"), ("A", "F"), ("a", "f")))}
_SPECIAL = frozenset(".[]$()|*+?{}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """A pattern; anchors at its ends are told apart from its text, since some functions anchor by themselves."""

    text: str
    starts: bool
    ends: bool
    groups: int
    """How many capture; what is written has as many."""

    @property
    def anchored(self) -> str:
        return ("^" if self.starts else "") + self.text + ("$" if self.ends else "")

    @property
    def inside(self) -> str:
        """The text of a pattern that is to match a whole text, and stands somewhere in it."""
        text = f"({self.text})" if "|" in self.text else self.text
        return ("" if self.starts else ".*") + text + ("" if self.ends else ".*")


def extended(pattern: str, *, whole: bool) -> Extended:
    """The pattern for an engine of that syntax; `whole`: what is matched counts, not only whether.

    Raises PatternError where it has no pattern that always answers the same. What is matched whole is never empty, and its first
    group always takes part, since engines differ in what they do otherwise.
    """
    tree = parsed(pattern)
    every = tuple(nodes_of(tree))
    groups = sum(isinstance(n, Group) and n.captures for n in every)
    if any(isinstance(n, Back) or (isinstance(n, Group) and n.look) for n in every):
        raise PatternError("it has no look-around and no back reference")
    if any(isinstance(n, Anchor) and n.kind not in "^$" for n in every):
        raise PatternError("its word boundaries know ASCII letters only")
    if any(isinstance(n, Repeat) and n.lazy for n in every):
        raise PatternError("it has no lazy repetitions")
    if any(isinstance(n, Group) and not all(n.branches) and n is not tree for n in every):
        raise PatternError("an empty alternative is not POSIX")
    if whole:
        check_choice(every)
        _check_whole(tree, every, groups)
    branches = tree.branches
    starts = ends = False
    if len(branches) == 1:
        (branch,) = branches
        starts = branch[:1] == (Anchor("^"),)
        branch = branch[1:] if starts else branch
        ends = branch[-1:] == (Anchor("$"),)
        branches = (branch[:-1] if ends else branch,)
    return Extended(text=_branches(branches), starts=starts, ends=ends, groups=groups)


def _check_whole(tree: Group, every: tuple[Node, ...], groups: int) -> None:
    if groups and any(isinstance(n, Group) and not n.captures and n is not tree for n in every):
        raise PatternError("it has no groups that do not capture")
    if any(_may_be_empty(branch) for branch in tree.branches):
        raise PatternError("what it does with an empty match is not documented")
    optional = [n.node for n in every if isinstance(n, Repeat) and n.least == 0]
    optional += [each for n in every if isinstance(n, Group) and len(n.branches) > 1 for b in n.branches for each in b]
    if any(isinstance(n, Group) and n.captures for each in optional for n in nodes_of(each)):
        raise PatternError("what a group is that took no part in the match is not documented")


def _may_be_empty(branch: tuple[Node, ...]) -> bool:
    return all(_is_optional(node) for node in branch)


def _is_optional(node: Node) -> bool:
    match node:
        case Anchor():
            return True
        case Repeat(node=inner, least=least):
            return least == 0 or _is_optional(inner)
        case Group(branches=branches):
            return any(_may_be_empty(branch) for branch in branches)
    return False


def _branches(branches: tuple[tuple[Node, ...], ...]) -> str:
    return "|".join("".join(map(_written, branch)) for branch in branches)


def _written(node: Node) -> str:
    match node:
        case Chars():
            return _set(node)
        case Anchor(kind=kind):
            return kind
        case Group(branches=branches):
            return f"({_branches(branches)})"
        case Repeat(node=inner, least=least, most=most):
            if isinstance(inner, Repeat):
                raise PatternError("a repetition of a repetition is not POSIX")
            bounds = f"{{{least}{'' if most == least else ','}{'' if most in (None, least) else most}}}"
            return _written(inner) + {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((least, most), bounds)
    raise AssertionError(node)


def _set(chars: Chars) -> str:
    if chars.anything:
        return "."
    text, ranges = chars.text, list(chars.ranges)
    if chars.negated_classes:
        raise PatternError(r"it has no `\D`, `\S` or `\W` inside of [ ]")
    for name in chars.classes:
        found = _CLASSES.get(name) or _ASCII.get(name)
        if found is None:
            raise PatternError("its classes of letters are those of ASCII")
        text += "".join(found[0])
        ranges += found[1]
    if "\\" in text or any("\\" in pair or "]" in pair or "^" in pair for pair in ranges):
        raise PatternError("engines read a backslash in brackets in two ways")
    if len(text) == 1 and not ranges and not chars.negated:
        if text == "^":
            raise PatternError("a `^` that is none of the beginning has no form without a backslash")
        return f"[{text}]" if text in _SPECIAL else text
    inside = "".join(f"{a}-{b}" for a, b in ranges) + "".join(c for c in text if c not in "]^-")
    inside = ("]" if "]" in text else "") + inside + ("^" if "^" in text else "") + ("-" if "-" in text else "")
    if inside.startswith("^") and not chars.negated:
        raise PatternError("a `^` that is none of the beginning has no form without a backslash")
    if "[" in inside and any(c in inside for c in ":.="):
        raise PatternError("`[` beside `:`, `.` or `=` begins a class")
    return f"[{'^' if chars.negated else ''}{inside}]"
