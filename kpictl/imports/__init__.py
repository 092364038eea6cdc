"""Definitions of other tools, as kpictl's."""
