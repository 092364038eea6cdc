"""What a target is to the compiler: tables. For each canonical function a rendering, or a refusal with its reason.

The printer knows no engine; an engine's exceptions stand in its own file. A function that a target does not mention
fails when the target is imported, so that nothing can be printed by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING

from kpictl.diagnostics import Place
from kpictl.dialects.physical import Form
from kpictl.dialects.templates import Piece, Template, function_names, parse
from kpictl.dialects.widths import fits_reader
from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.query import Query, Values
from kpictl.ir.scalars import Agg, Call, Cast, Interval, Lit, Scalar
from kpictl.model.types import Kind, Type
from kpictl.records import dataclass

if TYPE_CHECKING:
    from kpictl.dialects.printer import Printer


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a target cannot say something, and what to write instead."""

    reason: str
    instead: str = ""


SAME = {"bucket_date": "local_date", "calendar_date": "local_date"}
"""Functions that mean the same as another one, of their first arguments, where a target has no cheaper way to say them."""
Renderer = Callable[["Printer", Call | Agg], Piece]
Rendering = str | Renderer | Refusal
CastRenderer = Callable[["Printer", Cast], Piece]


def _of_first(rendering: Rendering, count: int) -> Rendering:
    """A rendering that sees the first arguments only; a template reads those that it names anyway."""
    if isinstance(rendering, str | Refusal):
        return rendering
    return lambda printer, call: rendering(printer, replace(call, args=call.args[:count]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One target. `functions` is complete over `kpictl.ir.functions.FUNCTIONS`, window functions included."""

    name: str
    like: str = ""
    """The target whose text this one's is, word for word, where data is stored as there."""
    functions: Mapping[str, Rendering]
    types: Mapping[Kind, Callable[[Type], str] | str | Refusal]
    literal: Callable[[Printer, Lit], Piece]
    quote: Callable[[str], str]
    parameter: Callable[[str, Type], Piece]
    cast: CastRenderer
    escape_text: Callable[[str], str] = lambda text: text
    """Applied to the whole text of literals and names, for drivers whose parameter marks must be doubled."""
    backslashes: bool = False
    """Whether a quote inside of a text constant has a backslash before it, instead of being doubled."""
    default_nulls: Callable[[bool], bool | None] = lambda descending: None
    """Whether NULLs come last by default for a direction; None: no default to trust, always spelt out."""
    nulls_clause: bool = True
    """Whether NULLS FIRST / LAST can be said."""
    nulls_refused: Callable[[str, bool], bool] = lambda where, descending: False
    """Where NULLS FIRST / LAST can be said in general, but not here: `where` is `aggregate` or `range` (a window whose
    frame is a range), and the clause would be the opposite of the direction's default."""
    given_in_window: Callable[[Piece, Type], str] | None = None
    """Without a clause for NULLs: a condition that holds for all but NULL, where a planner may not find it constant."""
    order_value: Callable[[Piece, Scalar, Query | None], Piece] = lambda piece, scalar, query: piece
    """What is ordered by, where the engine's own order of a type is not the contract's (text by code point): the printed value,
    the value, and the query whose rows are put in order (None in a window and in an aggregate)."""
    order_names: bool = True
    """Whether ORDER BY takes names of outputs beside expressions."""
    order_names_inside: bool = False
    """Whether the name of an output can stand in an expression of ORDER BY."""
    frame_exclusion: bool = False
    """Whether a frame can leave rows out: EXCLUDE CURRENT ROW, GROUP, TIES."""
    partition_value: Callable[[Piece, Type], Piece] = lambda piece, type: piece
    """What a window is partitioned by, where the engine does not partition by a type."""
    range_key: Callable[[Printer, Scalar, Interval], tuple[Piece, int] | None] | None = None
    """For engines whose RANGE frames know numbers only: a time as a whole number, and a distance in its unit."""
    own_filter: frozenset[str] = frozenset()
    """Aggregates whose renderings see to `Agg.where` themselves; where not empty, FILTER is never printed."""
    window_functions: Mapping[str, Callable[[Printer, Agg], Piece]] = field(default_factory=dict)
    """Aggregates that are said in another way under OVER."""
    reads_texts: bool = False
    """Whether a comparison with a text constant says the constant's length, too, so that a statement of other constants is made
    from this one only where that is seen to (`kpictl.plan.shapes`)."""
    top: bool = False
    """Whether a LIMIT is said as TOP behind SELECT."""
    distinct_sets: bool = False
    """Whether UNION, EXCEPT and INTERSECT must be followed by DISTINCT."""
    values: Callable[[Printer, Values], str] | None = None
    """Rows of constants as a relation without its alias; None: the standard VALUES."""
    recursive_columns: bool = False
    """Whether a recursive WITH names its columns beside its own name."""
    wrapped_rows: bool = False
    """Whether `(a, b) IN (SELECT ..)` compares with one column of rows."""
    refused_features: Mapping[str, Refusal] = field(default_factory=dict)
    """Constructs that cannot be said: qualify, distinct_on, lateral, series, unnest, recursive, grouping_sets, ..."""
    passes: tuple[Callable[[Query], Query], ...] = ()
    limits: Callable[[Query], Iterable[tuple[Place | None, str, Refusal]]] = lambda query: ()
    """What the engine does not run though it can be said: (place, construct, why), found after the passes."""
    settings: Mapping[str, str] = field(default_factory=dict)
    stored: Mapping[Kind, tuple[Form, ...]] = field(default_factory=dict)
    """Per kind of value the stored forms that can be read, the default first; a kind that is not here is native."""
    time_column: str | None = None
    """The column in which the engine keeps a source's event time, whatever it is declared as."""
    time_form: str = "native"
    """The stored form of `time_column`."""
    oldest: tuple[int, str] | None = None
    """The first major version whose answers are right, and what is wrong with those before it."""
    extensions: Mapping[str, str] = field(default_factory=dict)
    """Functions of the engine, in small letters, that an extension brings, and which; nothing else may call them."""
    extensions_loaded: tuple[str, ...] = ()
    """The extensions of a connection that does not list its own."""
    tick: int = 1
    """The engine's unit of time in microseconds: instants given to a statement are cut to it."""
    positional: bool = False
    """Whether parameters are marks without names: each use is then one of the statement's parameters, in their order."""
    series: Callable[[Printer, tuple[Piece, Piece, Piece], Type, str, str], str] | None = None
    series_of_row: Callable[[Printer, tuple[Piece, Piece, Piece], Type, str, str], str] | None = None
    """A series whose ends are columns of what stands left of it, where that is said in another way."""
    series_step: Callable[[Printer, Scalar], Piece] | None = None
    """How `series` wants its step, where that is not the printed scalar."""
    unnest: Callable[[Printer, Piece, Type, str, str], str] | None = None
    manual: Mapping[str, str] = field(default_factory=dict)
    """Canonical function to the page of the engine's manual that the rendering rests on."""
    notes: tuple[str, ...] = ()
    """What a user of the target has to know beyond its tables, for its page of the manual."""
    templates: Mapping[str, Template] = field(init=False, repr=False)
    fits: Callable[[str, int], bool] = field(init=False, repr=False)
    """Whether a line is no wider than a limit; constants count the same however long they are."""

    def __post_init__(self) -> None:
        same = {
            name: _of_first(self.functions[of], len(FUNCTIONS[of].params.split()))
            for name, of in SAME.items()
            if name not in self.functions and of in self.functions
        }
        object.__setattr__(self, "functions", {**self.functions, **same})
        missing = sorted(FUNCTIONS.keys() - self.functions.keys())
        unknown = sorted(self.functions.keys() - FUNCTIONS.keys())
        if missing or unknown:
            raise TypeError(f"dialect {self.name}: not declared {missing}, not canonical {unknown}")
        parsed = {name: parse(text) for name, text in self.functions.items() if isinstance(text, str)}
        object.__setattr__(self, "templates", parsed)
        object.__setattr__(self, "fits", fits_reader(self.quote, backslashes=self.backslashes))

    def engine_functions(self) -> frozenset[str]:
        """Every engine function that the templates call."""
        return frozenset().union(*(function_names(t) for t in self.functions.values() if isinstance(t, str)))
