"""The laws: properties over generated rows, zones and times, each a file. A failing case prints a `.kpitest` script to keep.

`KPICTL_LAWS=20` tries twenty worlds a zone instead of one, other ones each day with `KPICTL_LAWS_SEED=...`.
"""
