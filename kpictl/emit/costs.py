"""What sizes cost, roughly: list prices of large clouds for machines of general purpose, on demand, in 2025."""

from __future__ import annotations

HOURS = 730
"""Of a month."""
_MEMORY = 7.0
"""US dollars a GB of memory a month, with the processors that machines of general purpose have for it."""
_DISK = 0.1
"""The same for a GB of disk."""


def monthly(*, memory_gb: float, disk_gb: float = 0, hours: float = HOURS) -> int:
    """US dollars a month of what runs so many hours; two figures that count, as more would be a lie."""
    cost = memory_gb * _MEMORY * hours / HOURS + disk_gb * _DISK
    figures = f"{cost:.1e}"
    return max(1, int(float(figures)))
