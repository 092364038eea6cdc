"""What a tree holds is noted in it: looking there finds what walking finds, in the same order."""

from __future__ import annotations

from kpictl.diagnostics import Place
from kpictl.ir.functions import FUNCTIONS
from kpictl.ir.query import Query as Tree
from kpictl.ir.query import Select, TableRef
from kpictl.ir.scalars import Agg, Call, Case, Cast, Col, Lit, Over
from kpictl.sql.frontdoor import query
from kpictl.sql.walk import Node, calls, find, holds, is_constant, transform, walk
from tests.corpus.corpus import queries
from tests.sql.scopes import scope

KINDS = (Agg, Col, Lit, Over, Select, TableRef, Tree, (Agg, Over))
TREES = [query(case.sql, scope(), Place("analyses/x.sql")) for case in queries()[::4]]


def test_finds_what_a_walk_finds() -> None:
    for tree in TREES:
        for kinds in KINDS:
            found = [id(node) for node in walk(tree) if isinstance(node, kinds)]
            assert [id(node) for node in find(tree, kinds)] == found
            assert holds(tree, kinds) == bool(found)


def test_knows_the_functions_that_are_called() -> None:
    for tree in TREES:
        called = {node.fn for node in walk(tree) if isinstance(node, Agg | Call)}
        assert {name for name in FUNCTIONS if calls(tree, (name,))} == called & FUNCTIONS.keys()
        for node in find(tree, Call):
            assert is_constant(node) == all(isinstance(below, Lit | Call | Case | Cast) for below in walk(node))


def test_finds_nothing_in_other_queries_when_told_so() -> None:
    for tree in TREES:
        for select in find(tree, Select):
            found = [id(node) for node in walk(select, queries=False) if isinstance(node, Col)]
            assert [id(node) for node in find(select, Col, queries=False)] == found


def test_changes_the_same_nodes_where_it_is_told_their_kind() -> None:
    def change(node: Node) -> Node:
        return Call("abs", node.args) if isinstance(node, Call) else node

    for tree in TREES:
        changed = transform(tree, change)
        assert transform(tree, change, Call) == changed
        assert (changed is tree) == (not holds(tree, Call))
        assert transform(changed, lambda node: node, Call) is changed
