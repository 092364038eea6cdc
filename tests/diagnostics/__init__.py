"""Whole outputs of `kpictl check`, as people see them."""
