"""Who reads whom, and which of them a selector means."""

from kpictl.graph.dependencies import Graph, dependency_graph
from kpictl.graph.selection import Before, UnknownSelector, select

__all__ = ["Before", "Graph", "UnknownSelector", "dependency_graph", "select"]
