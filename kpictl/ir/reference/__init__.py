"""The reference: every canonical function in plain Python, obvious and slow. Engines are judged against it.

Values are None, bool, int, Decimal, float, str, date, datetime (aware: an instant; naive: wall clock), `Interval`,
`Json` and tuples for arrays. A function is *strict* when a NULL argument makes it NULL; the others see the None.
"""

from kpictl.ir.reference.aggregates import AGGREGATES, fold
from kpictl.ir.reference.evaluate import SCALARS, evaluate
from kpictl.ir.reference.ordering import sorted_rows
from kpictl.ir.reference.values import Json
from kpictl.ir.reference.windows import WINDOWS, over

__all__ = ["AGGREGATES", "SCALARS", "WINDOWS", "Json", "evaluate", "fold", "over", "sorted_rows"]
