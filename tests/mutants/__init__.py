"""Mutants: kpictl with one rendering, setting or pass swapped or dropped. Each must be caught by data that other tests use."""
