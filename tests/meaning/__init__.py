"""Judges for engines that cannot be had: the emitted text is executed under the meaning that the manual documents.

`rules/<target>.sql` has a macro for each function, operator and cast of the target, each below the line of the manual
that it follows, written without looking at kpictl's renderings. The text that kpictl emits is parsed back, every
function and operator becomes its macro (one without a rule is rejected), and DuckDB computes the answer.
"""
