"""YAML as users write it: one reader that keeps every scalar as typed, and the place of every value on request.

YAML 1.2 in spirit: `NO`, `on`, `12:30` and `017` are the texts that were typed; what a key takes decides their type.
Duplicate keys, tags, tabs, merge keys, several documents and files that explode are refused with their place.
"""

from kpictl.syntax.positions import Positions, locate
from kpictl.syntax.reader import read
from kpictl.syntax.scalars import Quoted, core

__all__ = ["Positions", "Quoted", "core", "locate", "read"]
