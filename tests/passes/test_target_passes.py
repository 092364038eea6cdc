"""Rewrites for targets change how a query is said and never what it answers: the interpreter reads both forms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType

import pytest

from kpictl.diagnostics import Place
from kpictl.ir.query import Derived, Query, Select
from kpictl.ir.scalars import Agg, Call, Exists, Over, Quantified
from kpictl.passes.targets.aliases_apart import aliases_apart
from kpictl.passes.targets.distinct_listed import distinct_listed
from kpictl.passes.targets.distinct_on_as_window import distinct_on_as_window
from kpictl.passes.targets.filter_as_case import KEEPS_NULLS, filter_as_case
from kpictl.passes.targets.flat_queries import offset_as_number, order_at_top, with_at_top
from kpictl.passes.targets.keys_below import inner_keys_below, keys_below
from kpictl.passes.targets.lateral_as_join import lateral_as_join
from kpictl.passes.targets.lateral_first_row import lateral_first_row
from kpictl.passes.targets.left_join_by_equality import left_join_by_equalities, left_join_by_equality
from kpictl.passes.targets.limit_for_offset import limit_for_offset
from kpictl.passes.targets.moments_as_window import moments_as_window
from kpictl.passes.targets.ordered_as_window import mode_as_first, ordered_and_texts_as_window, ordered_as_window
from kpictl.passes.targets.percentile_as_own_window import percentile_as_own_window
from kpictl.passes.targets.percentile_as_window import all_percentiles_as_window, percentile_as_window
from kpictl.passes.targets.qualify_as_filter import qualify_as_filter, qualify_as_number
from kpictl.passes.targets.queries_apart import queries_below_aggregates, rows_in_as_exists
from kpictl.passes.targets.rows_frames import rows_frames
from kpictl.passes.targets.scalar_first_row import scalar_first_row
from kpictl.passes.targets.series_by_number import series_by_number
from kpictl.passes.targets.set_all_as_copies import set_all_as_copies
from kpictl.passes.targets.sets_as_union import sets_as_union
from kpictl.passes.targets.sets_of_distinct import distinct_sets_as_window
from kpictl.passes.targets.subqueries import exists_as_in, quantified_as_extremes
from kpictl.passes.targets.total_apart import having_below, total_apart
from kpictl.passes.targets.values_as_union import values_as_union
from kpictl.passes.targets.window_arguments import window_default_as_case, window_filter_as_case
from kpictl.sql.frontdoor import query
from kpictl.sql.walk import find
from tests.corpus import corpus
from tests.corpus.compare import difference
from tests.corpus.extended import extended
from tests.corpus.outcomes import reviewed
from tests.corpus.scopes import scope
from tests.interpreter.queries import Reader
from tests.interpreter.test_queries import _shown, rows
from tests.oracles import Row

Pass = Callable[[Query], Query]

PASSES: tuple[Pass, ...] = (
    distinct_on_as_window,
    qualify_as_filter,
    qualify_as_number,
    lateral_as_join,
    exists_as_in,
    quantified_as_extremes,
    window_filter_as_case,
    window_default_as_case,
    distinct_sets_as_window,
    percentile_as_window,
    all_percentiles_as_window,
    moments_as_window,
    ordered_as_window,
    ordered_and_texts_as_window,
    rows_frames,
    values_as_union,
    mode_as_first,
    percentile_as_own_window,
    filter_as_case,
    lateral_first_row,
    limit_for_offset,
    set_all_as_copies,
    total_apart,
    keys_below,
    inner_keys_below,
    series_by_number,
    left_join_by_equality,
    left_join_by_equalities,
    having_below,
    scalar_first_row,
    aliases_apart,
    sets_as_union,
    offset_as_number,
    with_at_top,
    order_at_top,
    distinct_listed,
    queries_below_aggregates,
    rows_in_as_exists,
)
MORE = (
    # Every rewrite at least twice on data with NULLs, empty groups, ties and filters that let nothing through.
    "SELECT grp, percentile_cont(0.3) WITHIN GROUP (ORDER BY score) FILTER (WHERE passed) AS p,"
    " percentile_disc(0.7) WITHIN GROUP (ORDER BY score) AS d, count(*) AS n FROM scores GROUP BY grp",
    "SELECT percentile_cont(1) WITHIN GROUP (ORDER BY score) AS top, percentile_disc(0) WITHIN GROUP (ORDER BY score) AS low"
    " FROM scores WHERE score < -5",
    "SELECT country, min(name) AS a, max(name) FILTER (WHERE seats > 5) AS b, max(tier) AS t FROM accounts GROUP BY country"
    " HAVING min(name) IS NOT NULL",
    "SELECT mode() WITHIN GROUP (ORDER BY status) AS often, mode() WITHIN GROUP (ORDER BY qty) AS q FROM invoices",
    "SELECT grp, stddev_samp(score) FILTER (WHERE passed) AS s, corr(score, weight) AS c, regr_intercept(score, weight) AS i"
    " FROM scores GROUP BY grp",
    "SELECT id, stddev_samp(score) OVER (PARTITION BY grp) AS s, corr(score, weight) FILTER (WHERE passed) OVER () AS c"
    " FROM scores ORDER BY var_pop(score) OVER (PARTITION BY grp), id",
    "SELECT grp, percentile_disc(0.5) WITHIN GROUP (ORDER BY on_day) AS d, mode() WITHIN GROUP (ORDER BY grp) AS m FROM scores"
    " GROUP BY grp",
    "SELECT currency, status, count(DISTINCT account_id) FILTER (WHERE amount > 10) AS n, count(DISTINCT qty) AS q FROM invoices"
    " GROUP BY CUBE (currency, status)",
    "SELECT count(DISTINCT account_id) AS n FROM invoices WHERE amount < -1e9 GROUP BY ROLLUP (currency)",
    "SELECT id, lag(score, 2, -1) OVER (ORDER BY id) AS a, lead(score, 1, 0) OVER (PARTITION BY grp ORDER BY id) AS b"
    " FROM scores",
    "SELECT count(*) AS n FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM invoices i WHERE i.account_id = a.id AND i.qty = 2)"
    " OR EXISTS (SELECT 1 FROM goals)",
    "SELECT a.id, t.amount FROM accounts a LEFT JOIN LATERAL (SELECT i.amount FROM invoices i WHERE i.account_id = a.id"
    " ORDER BY i.amount DESC NULLS LAST, i.id LIMIT 2) t ON true ORDER BY a.id, t.amount",
    "SELECT a.id, t.n, t.s FROM accounts a CROSS JOIN LATERAL (SELECT count(*) AS n, sum(i.amount) AS s FROM invoices i"
    " WHERE i.account_id = a.id AND i.qty > 1) t ORDER BY a.id",
    "SELECT DISTINCT tier, seats > 5 AS big FROM accounts QUALIFY count(*) OVER (PARTITION BY tier) > 1 ORDER BY tier, big",
    "SELECT grp, max(score) AS top FROM scores GROUP BY grp QUALIFY rank() OVER (ORDER BY max(score) DESC NULLS LAST) < 3"
    " ORDER BY count(*), grp",
    "SELECT grp, mode() WITHIN GROUP (ORDER BY score) FILTER (WHERE passed) AS often FROM scores GROUP BY grp",
    "SELECT a.id, t.amount FROM accounts a CROSS JOIN LATERAL (SELECT i.amount FROM invoices i WHERE i.account_id = a.id"
    " AND i.qty > a.seats ORDER BY i.amount DESC, i.id LIMIT 1) t ORDER BY a.id",
    "SELECT currency FROM invoices INTERSECT ALL SELECT currency FROM fx",
    "SELECT id IN (SELECT account_id FROM subs) AS paying, count(*) AS n FROM accounts GROUP BY 1 ORDER BY 1",
    "SELECT a.id, count(i.id) AS n, count(*) AS every FROM accounts a LEFT JOIN invoices i ON i.qty > a.seats OR a.seats IS NULL"
    " GROUP BY a.id",
    "SELECT a.id, b.id AS b FROM (SELECT id, seats FROM accounts UNION ALL SELECT id, seats FROM accounts) a"
    " LEFT JOIN subs b ON b.seats < a.seats AND b.plan = 'pro'",
    "SELECT a.id, (SELECT i.amount FROM invoices i WHERE i.account_id = a.id ORDER BY i.issued_at DESC, i.id LIMIT 1) AS last"
    " FROM accounts a",
    "SELECT id.id, (SELECT count(*) FROM subs WHERE account_id = id.id) AS n FROM accounts AS id ORDER BY id.seats, id",
    "SELECT n.n, count(*) AS every FROM generate_series(1, 3) AS n(n) GROUP BY n.n",
    "SELECT m::date AS m FROM generate_series(DATE '2024-01-31', DATE '2024-07-30', INTERVAL '1 month') AS g(m)",
    "SELECT m FROM generate_series(TIMESTAMPTZ '2024-01-31 12:00:00Z', TIMESTAMPTZ '2025-02-28 12:00:00Z', INTERVAL '3 months')"
    " AS g(m) ORDER BY m",
    "SELECT id FROM accounts WHERE seats > 3 ORDER BY id OFFSET 4",
    "SELECT DISTINCT tier FROM accounts ORDER BY tier DESC LIMIT 2 OFFSET 1",
    "SELECT id, seats FROM (SELECT id, seats FROM accounts ORDER BY seats DESC NULLS LAST, id LIMIT 5 OFFSET 2) AS s",
    "WITH c AS (SELECT id FROM accounts) SELECT count(*) AS n FROM (WITH c AS (SELECT id FROM c WHERE id > 2),"
    " d AS (SELECT id FROM c) SELECT id FROM d UNION ALL SELECT id FROM c) AS u,"
    " (WITH d AS (SELECT 1 AS one) SELECT one FROM d) AS v",
    "SELECT s.id, s.seats FROM (SELECT id, seats FROM accounts ORDER BY seats DESC) AS s ORDER BY s.id, s.id",
    "WITH c AS (SELECT id, seats FROM accounts ORDER BY seats) SELECT id, row_number() OVER (ORDER BY id, seats, id) AS n FROM c",
    "SELECT (WITH c AS (SELECT max(seats) AS s FROM accounts) SELECT s FROM c) AS most, count(*) AS n FROM accounts",
    "SELECT grp, string_agg(DISTINCT upper(grp), '/' ORDER BY upper(grp)) AS g, count(*) AS n FROM scores GROUP BY grp",
    "SELECT string_agg(DISTINCT currency, ',' ORDER BY currency DESC) FILTER (WHERE amount > 10) AS c FROM invoices",
    "SELECT sum(CASE WHEN EXISTS (SELECT 1 FROM subs s WHERE s.account_id = a.id) THEN seats END) AS s FROM accounts a",
    "SELECT id, (account_id, qty) IN (SELECT account_id, seats FROM subs) AS a, (account_id, qty) NOT IN (SELECT id, seats"
    " FROM accounts) AS b FROM invoices",
    "SELECT 'none' AS k FROM empty_sales HAVING count(*) = 0",
    "SELECT region, count(*) AS n FROM empty_sales GROUP BY ROLLUP (region) HAVING count(*) >= 0",
    "SELECT DISTINCT currency IS NULL AS a FROM invoices GROUP BY GROUPING SETS ((currency), (), ())",
    "SELECT DISTINCT ON (lower(country)) lower(country) AS c, id FROM accounts ORDER BY lower(country), seats DESC, id LIMIT 3",
)


@cache
def cases() -> tuple[tuple[ModuleType, str, Query], ...]:
    told = [(s, c.id, c.sql) for s in (corpus, extended) for c in s.queries() if c.id not in reviewed("every")]
    told += [(extended, f"more_{n}", sql) for n, sql in enumerate(MORE)]
    return tuple((source, name, query(sql, scope(source), Place("x.sql"))) for source, name, sql in told)


_BEFORE: dict[str, list[Row]] = {}


def before(source: ModuleType, name: str, tree: Query) -> list[Row]:
    """What a case answers as it was written, found once."""
    if name not in _BEFORE:
        _BEFORE[name] = answer(source, tree)
    return _BEFORE[name]


def answer(source: ModuleType, tree: Query) -> list[Row]:
    read = Reader(rows(source), {"as_of": source.AS_OF})
    return [tuple(map(_shown, row.values())) for row in read.rows(tree)]


@pytest.mark.parametrize("rewrite", PASSES, ids=lambda p: p.__name__)
def test_same_answers(rewrite: Pass) -> None:
    changed = 0
    for source, name, tree in cases():
        new = rewrite(tree)
        if new == tree:
            continue
        changed += 1
        told = difference(before(source, name, tree), answer(source, new), bool(tree.order_by))
        assert told is None, f"{name}: {told}"
        assert rewrite(new) == new, f"{name}: not done at once"
    assert changed >= 2


LEFT_OVER = {
    "k09_funnel_by_day": "EXISTS that is correlated by an inequality",
    "k23_rate_as_of": "LATERAL that is correlated by an inequality",
    "k59_as_of_join": "LATERAL that is correlated by an inequality",
    "q06_not_exists_null_safe": "EXISTS that is correlated by IS NOT DISTINCT FROM",
    "q12_nested_correlation": "EXISTS that is correlated over two levels",
    next(f"more_{n}" for n, sql in enumerate(MORE) if "i.qty > a.seats" in sql): "the same",
}


def _all(rewrite: Pass) -> list[Query]:
    return [rewrite(tree) for _, name, tree in cases() if name not in LEFT_OVER]


def test_nothing_is_left_over() -> None:
    for tree in _all(distinct_on_as_window):
        assert not any(s.distinct_on for s in find(tree, Select))
    for tree in _all(lateral_as_join):
        assert not any(d.lateral for d in find(tree, Derived))
    for tree in _all(lambda q: quantified_as_extremes(exists_as_in(q))):
        assert not any(True for _ in find(tree, (Exists, Quantified)))
    for tree in _all(lambda q: window_default_as_case(window_filter_as_case(q))):
        for over in find(tree, Over):
            assert not (isinstance(over.call, Agg) and over.call.where is not None)
            assert not (isinstance(over.call, Call) and over.call.fn in ("lag", "lead") and len(over.call.args) > 2)
    for tree in _all(filter_as_case):
        assert all(a.where is None or a.fn in KEEPS_NULLS for a in find(tree, Agg))
    for tree in _all(all_percentiles_as_window):
        assert not any("percentile" in a.fn for a in find(tree, Agg))
