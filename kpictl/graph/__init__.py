"""Who reads whom, and which of them a selector means."""

from kpictl.graph.dependencies import Graph, children_of, dependency_graph
from kpictl.graph.selection import Before, UnknownSelector, select

__all__ = ["Before", "Graph", "UnknownSelector", "children_of", "dependency_graph", "select"]
