r"""Regular expressions as PostgreSQL reads them, and what of them other engines read alike.

A pattern is parsed into a small tree. Engines differ in what `\w` and `.` hold, in which of several alternatives wins
(PostgreSQL takes the longest match, RE2 and Java the first alternative), and in look-around and back references, which
RE2 has not. `translated` gives the same pattern for RE2 or Python, or the reason why there is none.
Source: PostgreSQL 15 manual, 9.7.3 POSIX Regular Expressions; RE2, syntax.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.records import dataclass

_FLAVOURS = {
    # \w follows letters and digits of every script; \d and \s are those of ASCII.
    "re2": {"w": r"\p{L}\p{N}_", "d": "0-9", "s": r"\t-\r ", "alpha": r"\p{L}", "alnum": r"\p{L}\p{N}"},
    "python": {"w": r"\w", "d": "0-9", "s": r"\t-\r ", "alpha": r"^\W\d_", "alnum": r"^\W_"},
}
_CLASSES = {"w": "w", "d": "d", "s": "s", "alpha": "alpha", "alnum": "alnum", "digit": "d", "space": "s"}
_ASCII = {"upper": "A-Z", "lower": "a-z", "punct": "!-/:-@\\[-`{-~", "xdigit": "0-9A-Fa-f", "blank": r"\t "}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_SPECIAL = frozenset("\\^$.|?*+()[]{}")


class PatternError(Exception):
    """The text is no regular expression, or one whose meaning is not known; the message says why."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character: of these (`text`), of these classes, of these ranges; or (`negated`) none of them."""

    text: str = ""
    classes: tuple[str, ...] = ()
    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False
    negated_classes: tuple[str, ...] = ()
    anything: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """`^`, `$`, or a word boundary: `y`, `m` where a word begins, `M` where it ends."""

    kind: str


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives in parentheses; `look` is `=`, `!`, `<=`, `<!` of a look-around."""

    branches: tuple[tuple[Node, ...], ...]
    captures: bool = True
    look: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """`least` to `most` (None: any number) of a node; `lazy` takes as few as it can."""

    node: Node
    least: int
    most: int | None
    lazy: bool = False


@dataclass(frozen=True, slots=True)
class Back:
    """What a group matched before."""

    number: int


Node = Chars | Anchor | Group | Repeat | Back


def parsed(pattern: str) -> Group:
    """The tree of a pattern; raises PatternError."""
    parser = _Parser(pattern)
    found = Group(parser.branches(), captures=False)
    if parser.at < len(pattern):
        raise PatternError("a `)` too many")
    return found


def groups(pattern: str) -> int:
    """How many groups capture."""
    return sum(isinstance(n, Group) and n.captures for n in nodes_of(parsed(pattern)))


def translated(pattern: str, flavour: str, *, whole: bool) -> str:
    """The pattern for `re2` or `python`; `whole`: what is matched counts, not only whether.

    Raises PatternError where that engine has no pattern that always answers the same.
    """
    tree = parsed(pattern)
    nodes = tuple(nodes_of(tree))
    if flavour == "re2":
        if any(isinstance(n, Back) or (isinstance(n, Group) and n.look) for n in nodes):
            raise PatternError("it has no look-around and no back reference")
        if any(isinstance(n, Anchor) and n.kind in "ymM" for n in nodes):
            raise PatternError("its word boundaries know ASCII letters only")
    if whole:
        check_choice(nodes)
    return ("(?s)" if any(isinstance(n, Chars) and n.anything for n in nodes) else "") + _branches(tree, flavour)


# -- reading


class _Parser:
    def __init__(self, text: str) -> None:
        if text.startswith("***") or (text.startswith("(?") and text[2:3] not in (":", "=", "!", "<")):
            raise PatternError("options inside of the pattern are not taken")
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def branches(self) -> tuple[tuple[Node, ...], ...]:
        found = [self.branch()]
        while self.peek() == "|":
            self.at += 1
            found.append(self.branch())
        return tuple(found)

    def branch(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while (character := self.peek()) and character not in "|)":
            if character in "*+?" or (character == "{" and self.text[self.at + 1 : self.at + 2].isdigit()):
                raise PatternError(f"`{character}` repeats nothing")
            found.append(self.repeated(self.atom()))
        return tuple(found)

    def repeated(self, node: Node) -> Node:
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self.peek(), (1, 1))
        if self.peek() and self.peek() in "*+?":
            self.at += 1
        elif self.peek() == "{" and self.text[self.at + 1 : self.at + 2].isdigit():
            least, most = self.bounds()
        else:
            return node
        if isinstance(node, Anchor):
            raise PatternError("a boundary cannot be repeated")
        lazy = self.peek() == "?"
        self.at += lazy
        if self.peek() and self.peek() in "*+?":
            raise PatternError("one repetition after another")
        return Repeat(node, least, most, lazy)

    def bounds(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : max(end, self.at + 1)].partition(",")
        if end < 0 or not low.isdigit() or (high and not high.isdigit()):
            raise PatternError("a repetition is written {2}, {2,} or {2,5}")
        self.at = end + 1
        most = int(high) if high else None if comma else int(low)
        if int(low) > 255 or (most is not None and (most > 255 or most < int(low))):
            raise PatternError("a repetition goes from 0 to 255")
        return int(low), most

    def atom(self) -> Node:
        character = self.peek()
        self.at += 1
        if character == "(":
            return self.group()
        if character == "[":
            return self.bracket()
        if character == "\\":
            return self.escape()
        if character in "^$":
            return Anchor(character)
        return Chars(anything=True, negated=True) if character == "." else Chars(character)

    def group(self) -> Node:
        captures, look = True, ""
        for mark in ("?:", "?=", "?!", "?<=", "?<!"):
            if self.text.startswith(mark, self.at):
                self.at += len(mark)
                captures, look = False, mark[1:].replace(":", "")
                break
        if self.peek() == "?":
            raise PatternError("this kind of group is not known")
        found = Group(self.branches(), captures, look)
        if self.peek() != ")":
            raise PatternError("a `)` is missing")
        self.at += 1
        return found

    def escape(self) -> Node:
        letter = self.peek()
        self.at += 1
        if letter in _ESCAPES:
            return Chars(_ESCAPES[letter])
        if letter and letter in "wds":
            return Chars(classes=(letter,))
        if letter and letter in "WDS":
            return Chars(classes=(letter.lower(),), negated=True)
        if letter in ("y", "m", "M"):
            return Anchor(letter)
        if letter in ("A", "Z"):
            return Anchor("^" if letter == "A" else "$")
        if letter == "b":
            raise PatternError(r"`\b` is a backspace in Postgres; a word boundary is `\y`")
        if letter.isdigit() and letter != "0":
            return Back(int(letter))
        if not letter or letter.isalnum():
            raise PatternError(f"`\\{letter}` is not known")
        return Chars(letter)

    def bracket(self) -> Chars:
        negated = self.peek() == "^"
        self.at += negated
        text = ""
        classes: list[str] = []
        ranges: list[tuple[str, str]] = []
        outside: list[str] = []
        first = True
        while (character := self.peek()) != "]" or first:
            if not character:
                raise PatternError("a `]` is missing")
            first = False
            if character == "[" and self.text[self.at + 1 : self.at + 2] in (":", ".", "="):
                classes.append(self.named_class())
                continue
            self.at += 1
            if character == "\\":
                found = self.escape()
                if not isinstance(found, Chars) or (found.negated and not found.classes):
                    raise PatternError("no such character inside of [ ]")
                (outside if found.negated else classes).extend(found.classes)
                character = found.text
                if not character:
                    continue
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                ranges.append((character, self.range_end()))
            else:
                text += character
        self.at += 1
        return Chars(text, tuple(classes), tuple(ranges), negated, tuple(outside))

    def range_end(self) -> str:
        self.at += 1
        character = self.peek()
        self.at += 1
        if character == "\\":
            found = self.escape()
            character = found.text if isinstance(found, Chars) else ""
        if not character:
            raise PatternError("a range ends in a character")
        return character

    def named_class(self) -> str:
        end = self.text.find(":]", self.at + 2)
        name = self.text[self.at + 2 : max(end, self.at + 2)]
        if self.text[self.at + 1] != ":" or end < 0 or (name not in _CLASSES and name not in _ASCII):
            raise PatternError("this class of characters is not known")
        self.at = end + 2
        return _CLASSES.get(name, name)


# -- writing


def _branches(group: Group, flavour: str) -> str:
    return "|".join("".join(_written(n, flavour) for n in branch) for branch in group.branches)


def _written(node: Node, flavour: str) -> str:
    match node:
        case Chars():
            return _set(node, flavour)
        case Anchor(kind="$"):
            return r"\Z" if flavour == "python" else r"\z"
        case Anchor(kind=kind):
            return {"y": r"\b", "m": r"\b(?=\w)", "M": r"\b(?<=\w)"}.get(kind, r"\A")
        case Back(number=number):
            return f"(?:\\{number})"
        case Group(captures=captures, look=look):
            mark = "" if captures else f"?{look}" if look else "?:"
            return f"({mark}{_branches(node, flavour)})"
        case Repeat(node=inner, least=least, most=most, lazy=lazy):
            bounds = f"{{{least}{'' if most == least else ','}{'' if most in (None, least) else most}}}"
            mark = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((least, most), bounds)
            return _written(inner, flavour) + mark + ("?" if lazy else "")


def _set(chars: Chars, flavour: str) -> str:
    if chars.anything:
        return "."
    if len(chars.text) == 1 and not (chars.classes or chars.ranges or chars.negated or chars.negated_classes):
        return "\\" + chars.text if chars.text in _SPECIAL else chars.text
    named = _FLAVOURS[flavour]
    if flavour == "python" and any(c in ("alpha", "alnum") for c in chars.classes):
        return _python_set(chars)
    inside = "".join("\\" + c if c in "\\]^-[&~|" else c for c in chars.text)
    inside += "".join(f"{_in_set(a)}-{_in_set(b)}" for a, b in chars.ranges)
    inside += "".join(named.get(c, _ASCII.get(c, "")) for c in chars.classes)
    for outside in chars.negated_classes:
        if outside != "w" and flavour == "re2":
            inside += {"d": r"\x00-/:-\x{10FFFF}", "s": r"\x00-\x08\x0e-\x1f!-\x{10FFFF}"}[outside]
        elif flavour == "re2":
            raise PatternError(r"it has no `\W` inside of [ ]")
        else:
            inside += {"d": r"\x00-/:-\U0010FFFF", "s": r"\x00-\x08\x0e-\x1f!-\U0010FFFF", "w": r"\W"}[outside]
    return f"[{'^' if chars.negated else ''}{inside}]"


def _python_set(chars: Chars) -> str:
    """Letters are what is in no set of others; Python has no class of them to put into brackets."""
    parts = [f"[{_FLAVOURS['python'][c]}]" for c in chars.classes if c in ("alpha", "alnum")]
    rest = tuple(c for c in chars.classes if c not in ("alpha", "alnum"))
    if chars.text or chars.ranges or rest or chars.negated_classes:
        parts.append(_set(Chars(chars.text, rest, chars.ranges, False, chars.negated_classes), "python"))
    either = "|".join(parts)
    return f"(?:(?!{either})[\\s\\S])" if chars.negated else f"(?:{either})"


def _in_set(character: str) -> str:
    return "\\" + character if character in "\\]^-[&~|" else character


# -- which of several matches is taken


def nodes_of(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Repeat):
        yield from nodes_of(node.node)
    elif isinstance(node, Group):
        for branch in node.branches:
            for each in branch:
                yield from nodes_of(each)


def check_choice(nodes: tuple[Node, ...]) -> None:
    """Refuses where the longest match (PostgreSQL) could be another than the first (RE2, Java, Python)."""
    repeats = [n for n in nodes if isinstance(n, Repeat) and n.least != n.most]
    if any(n.lazy for n in repeats) and len(repeats) > 1:
        raise PatternError("lazy repetitions beside others are matched otherwise")
    for node in nodes:
        if not isinstance(node, Group):
            continue
        if len(node.branches) > 1 and not _told_apart(node.branches):
            raise PatternError("of several alternatives that match it takes the first, not the longest")
        for branch in node.branches:
            _check_optional(branch)


def _check_optional(branch: tuple[Node, ...]) -> None:
    """`a*(ab)?`: what is optional and long loses against what was taken greedily before it."""
    for at, node in enumerate(branch):
        if not (isinstance(node, Repeat) and node.least == 0 and _width(node.node) != 1):
            continue
        before = [n for n in branch[:at] if isinstance(n, Repeat) and n.least != n.most]
        if any(_meet(_all_chars(b), _first((node.node,))) for b in before):
            raise PatternError("an optional part after a repetition of the same characters is matched otherwise")


def _told_apart(branches: tuple[tuple[Node, ...], ...]) -> bool:
    bare = {tuple(n for n in branch if not isinstance(n, Anchor)) for branch in branches}
    if len(bare) == 1:
        return True
    widths = {_sum_width(branch) for branch in branches}
    if len(widths) == 1 and None not in widths:
        return True
    firsts = [_first(branch) for branch in branches]
    return not any(_meet(a, b) for i, a in enumerate(firsts) for b in firsts[i + 1 :])


def _width(node: Node) -> int | None:
    match node:
        case Chars():
            return 1
        case Anchor():
            return 0
        case Group(look=look, branches=branches):
            widths = {_sum_width(b) for b in branches}
            return 0 if look else widths.pop() if len(widths) == 1 else None
        case Repeat(node=inner, least=least, most=most):
            width = _width(inner)
            return width * least if width is not None and least == most else None
        case Back():
            return None


def _sum_width(branch: tuple[Node, ...]) -> int | None:
    widths = [_width(n) for n in branch]
    return None if any(w is None for w in widths) else sum(w for w in widths if w is not None)


_Sets = tuple[Chars, ...] | None
"""Characters that may stand there; None: any, or none at all."""


def _first(branch: tuple[Node, ...]) -> _Sets:
    """What a branch may begin with."""
    found: list[Chars] = []
    for node in branch:
        match node:
            case Anchor():
                continue
            case Chars():
                return (*found, node)
            case Repeat(node=inner, least=least):
                inside = _first((inner,))
                if inside is None:
                    return None
                found += inside
                if least:
                    return tuple(found)
            case Group(look="", branches=branches):
                for each in branches:
                    inside = _first(each)
                    if inside is None:
                        return None
                    found += inside
                return tuple(found)
            case _:
                return None
    return None


def _all_chars(node: Node) -> _Sets:
    return tuple(n for n in nodes_of(node) if isinstance(n, Chars)) or None


def _meet(a: _Sets, b: _Sets) -> bool:
    return a is None or b is None or any(_overlap(x, y) for x in a for y in b)


def _overlap(a: Chars, b: Chars) -> bool:
    """Whether one character may be in both; yes where it is not sure."""
    for one, other in ((a, b), (b, a)):
        plain = other.text and not (other.negated or other.classes or other.ranges or other.negated_classes)
        if plain:
            return any(_holds(one, c) or _holds(one, c.swapcase()) for c in other.text)
    return True


def _holds(chars: Chars, c: str) -> bool:
    if chars.anything:
        return True
    inside = c in chars.text or any(a <= c <= b for a, b in chars.ranges)
    tests = {"w": c.isalnum() or c == "_", "d": c.isdigit(), "s": c.isspace(), "alpha": c.isalpha()}
    inside = inside or any(tests.get(k, c.isalnum() or not c.isspace()) for k in chars.classes)
    inside = inside or any(not tests.get(k, False) for k in chars.negated_classes)
    return inside is not chars.negated
