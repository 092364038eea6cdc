"""kpictl: a compiler for KPIs. One definition, the same number on every engine, or a clear refusal."""

__version__ = "0.1.0"
