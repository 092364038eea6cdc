"""Rules on types that are not known."""

from __future__ import annotations

from collections.abc import Iterator

from kpictl.diagnostics import Diagnostic, Place, Severity
from kpictl.model.kpis import MeasureSpec, QuerySpec
from kpictl.rules.rule import Checked, Rule

_OF_TIME = frozenset(
    """
    time_floor bucket_start add_interval add_interval_in part second epoch to_local to_instant local_date date_of
    format_time date_diff seconds_between interval_between age last_day months_between
    """.split()
)
_COMPARISONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "same", "in_list"))


class UntypedColumn(Rule):
    """A column whose type is not known, where the type decides what the text means.

    ## What it does
    Points at columns of sources without `columns:` that are cut into buckets, moved, taken apart or compared with times.

    ## Why it matters
    A date, a timestamp and a timestamp with a zone are cut and compared differently. kpictl writes what the engine
    accepts for any of them, and cannot promise the same number everywhere.

    ## Example
    ```yaml
    sources:
      visits: {relation: public.visits}
    kpis:
      visits_this_month: {query: "SELECT COUNT(*) FROM visits WHERE seen >= DATE_TRUNC('month', CURRENT_DATE)"}
    ```

    ## Use instead
    `columns: {seen: timestamptz}` in the source.
    """

    code = "KPI169"
    severity = Severity.WARNING

    def check(self, project: Checked) -> Iterator[Diagnostic]:
        open_ = {name for name, source in project.project.sources.items() if not source.columns}
        if not open_:
            return
        for kpi in project.kpis:
            lowered = project.lowered.get(kpi.name)
            if lowered is None or not isinstance(kpi.spec, QuerySpec | MeasureSpec) or not open_ & set(lowered.sources):
                continue
            for place, name in dict(_untyped(lowered.finest)).items():
                yield self.at(
                    place,
                    f"the type of `{name}` is not known, and what this means depends on it",
                    help=[f"declare it in the source: `columns: {{{name}: timestamptz}}`"],
                    node=kpi.name,
                )


def _untyped(tree: object) -> Iterator[tuple[Place, str]]:
    from kpictl.ir.scalars import Call, Col
    from kpictl.model.types import Kind
    from kpictl.sql.walk import find

    times = (Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMPTZ)
    for call in find(tree, Call):
        beside_a_time = call.fn in _COMPARISONS and any(a.type.kind in times for a in call.args)
        if call.fn not in _OF_TIME and not beside_a_time:
            continue
        for column in call.args:
            if isinstance(column, Col) and column.type.kind is Kind.UNKNOWN and column.place is not None:
                yield column.place, column.name
