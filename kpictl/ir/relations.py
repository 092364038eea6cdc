"""The algebra of KPIs: a dozen frozen nodes from rows to numbers. All time buckets are instants, half-open, in UTC.

Rows come from `Scan`, `Opaque`; `Filter`, `Derive`, `Join` keep rows; `Aggregate` makes mergeable partial states by key;
`Rollup`, `Window` merge states; only `Finalize` and `Read` make numbers; `Shift`, `OverTime`, `Align`, `Derived`, `Densify`
work on numbers.
The column `time` holds a bucket's start. `kpictl.ir.verify` says which trees have a meaning.

A tree means a function of three instants: `from` and `to`, the half-open range of buckets that is asked for, and `as_of`,
what NOW() says. An `Aggregate` with a time reads the rows of the range, and below a `Window` or `Shift` as many before it as
those need; rows at or after `to` are invisible everywhere.
"""

from __future__ import annotations

from dataclasses import field

from kpictl.diagnostics import Place
from kpictl.ir.node import Node
from kpictl.ir.query import Query
from kpictl.ir.scalars import Scalar, SortKey
from kpictl.model.types import Type
from kpictl.records import dataclass

BUCKET = "@bucket"
"""The column of an `Align` that holds its bucket's first date."""


@dataclass(frozen=True, slots=True)
class Grain:
    """A bucket size in a reporting zone: `unit` is hour, day, week, month, quarter, year (or fiscal_quarter, fiscal_year)."""

    unit: str
    zone: str = "UTC"
    week_start: int = 0
    """0 Monday .. 6 Sunday."""
    fiscal_start: int = 1
    """First month of the fiscal year."""


@dataclass(frozen=True, slots=True)
class Span:
    """A calendar length: `n` of a unit (second minute hour day week month quarter year)."""

    n: int
    unit: str


@dataclass(frozen=True, slots=True)
class Scan(Node):
    """The rows of a source. `time` is its event time (None for a source without), `valid` its [from, to) columns."""

    source: str
    columns: tuple[tuple[str, Type], ...]
    time: str | None = None
    valid: tuple[str, str] | None = None
    zone: str | None = None
    """The zone of naive timestamps."""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Opaque(Node):
    """A canonical query that is not lifted, read as a relation of its outputs."""

    query: Query
    sources: tuple[str, ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Filter(Node):
    input: Relation
    predicate: Scalar


@dataclass(frozen=True, slots=True)
class Derive(Node):
    """The input's columns plus named expressions over them."""

    input: Relation
    columns: tuple[tuple[str, Scalar], ...]


@dataclass(frozen=True, slots=True)
class Join(Node):
    """`mode` equi (left join on equality, many to one), during (rows valid or falling in a bucket), asof (last before)."""

    left: Relation
    right: Relation
    mode: str
    on: Scalar
    alias: str
    """Name under which the right side's columns are read."""


@dataclass(frozen=True, slots=True)
class State(Node):
    """A mergeable partial state of rows: `fn` is count_rows, count, sum, min, max, (avg is sum and count), bool_or ...

    `keyed_by` makes it a set of entities merged by union: a distinct count, or the last row per key (`order_by`).
    `holistic` states (exact percentiles) can only be recomputed from rows.
    """

    fn: str
    args: tuple[Scalar, ...]
    where: Scalar | None = None
    keyed_by: tuple[Scalar, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    holistic: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate(Node):
    """Partial states of rows by bucket and dimensions.

    `time` is the row's event time, an instant or a date of the reporting zone, never a naive timestamp. None: the bucket comes
    from the `ValidAt`, `PerBucket` or `Standing` below, or there is only one, the as-of.
    """

    input: Relation
    time: Scalar | None
    grain: Grain | None
    keys: tuple[tuple[str, Scalar], ...]
    states: tuple[tuple[str, State], ...]


@dataclass(frozen=True, slots=True)
class Rollup(Node):
    """States merged to fewer keys (`keys` kept) and, when `grain` is given, to its coarser buckets."""

    input: Relation
    keys: tuple[str, ...]
    grain: Grain | None = None


@dataclass(frozen=True, slots=True)
class Window(Node):
    """States merged over a trailing frame of each bucket: `length` back from the bucket's end, or since `to_date`'s start.

    Calendar-complete: it reads a spine of buckets, never "the last n rows". The buckets read start in (b - length, b], in
    [b - length, b] when `inclusive`, in [start of the `to_date` unit, b]. Over holistic states it is recomputed from rows.
    """

    input: Relation
    grain: Grain
    length: Span | None = None
    to_date: str | None = None
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class ValidAt(Node):
    """Rows of a `valid:` source that held at the end e of each bucket: from < e and (to is NULL or to >= e)."""

    input: Relation
    grain: Grain
    start: Scalar
    stop: Scalar


@dataclass(frozen=True, slots=True)
class PerBucket(Node):
    """Rows repeated for each bucket of the range in which `predicate` holds, evaluated as of that bucket.

    In `predicate` the parameter `as_of` is the bucket's own (its end less a microsecond, at most the given as-of), and rows
    at or after the bucket's end are invisible. `lookback` says how far before a bucket's start a row can stand (None: any).
    """

    input: Relation
    grain: Grain
    time: Scalar
    predicate: Scalar
    lookback: Span | None = None


@dataclass(frozen=True, slots=True)
class Standing(Node):
    """Each entity's row that stands in a bucket: its last one before the bucket's end, until the next one comes.

    `first`: the entity's first row in the bucket, where it has one. `ties` order rows of one time. With `carry` a row stands
    in the `own` bucket that holds it and in those that begin at most so long after that one; without, for ever.
    """

    input: Relation
    grain: Grain
    time: Scalar
    entity: tuple[Scalar, ...]
    ties: tuple[Scalar, ...]
    first: bool = False
    carry: Span | None = None
    own: Grain | None = None


@dataclass(frozen=True, slots=True)
class OverTime(Node):
    """One number of a coarser bucket from those of the buckets in it, by dimensions: `choose` last, avg, max or min.

    `last` is the closing value: the number of the last bucket of which rows are visible, none where that has none. The others
    are for stocks only, whose numbers may be compared over time; buckets without a number are skipped.
    """

    input: Relation
    grain: Grain
    choose: str = "last"


@dataclass(frozen=True, slots=True)
class Shift(Node):
    """Each bucket b reads the input's bucket that holds b - span (month ends clamp); no row where that has none."""

    input: Relation
    grain: Grain
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """Entities that pass ordered steps (funnels), or return after n buckets (cohorts)."""

    input: Relation
    entity: Scalar
    order_by: tuple[SortKey, ...]
    steps: tuple[Scalar, ...]
    within: Span | None = None


@dataclass(frozen=True, slots=True)
class Finalize(Node):
    """Numbers from states, by name. `denominator` is what the outermost division divides by, for `no_denominator`."""

    input: Relation
    outputs: tuple[tuple[str, Scalar], ...]
    denominator: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Read(Node):
    """Numbers that an opaque query returns: each row is the value of the bucket that holds its `time`, by `keys`.

    `time` is a scalar over the query's outputs, an instant or a date of the reporting zone. None: a snapshot, without buckets.
    """

    input: Relation
    time: Scalar | None
    grain: Grain | None
    keys: tuple[tuple[str, Scalar], ...]
    outputs: tuple[tuple[str, Scalar], ...]
    denominator: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Derived(Node):
    """Numbers computed from numbers of the same bucket and dimensions."""

    input: Relation
    outputs: tuple[tuple[str, Scalar], ...]
    denominator: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Densify(Node):
    """A row for every bucket of the asked range (total only), with `fill` zero, previous or none for what is missing."""

    input: Relation
    grain: Grain
    fill: str = "none"


@dataclass(frozen=True, slots=True)
class Align(Node):
    """Numbers of several inputs side by side: full outer on time and dimensions, NULL-safe. Columns are `<alias>.<name>`.

    `BUCKET` is the date on which the row's bucket begins, `<alias>.BUCKET` the same where that input has a row.
    `dense`: a row for every bucket of the asked range, of no keys.
    """

    inputs: tuple[tuple[str, Relation], ...]
    keys: tuple[str, ...]
    dense: bool = False


Relation = (
    Scan
    | Opaque
    | Filter
    | Derive
    | Join
    | Aggregate
    | Rollup
    | Window
    | ValidAt
    | PerBucket
    | Standing
    | OverTime
    | Shift
    | Sequence
    | Finalize
    | Read
    | Derived
    | Densify
    | Align
)
