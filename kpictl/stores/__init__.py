"""Where values are kept: one protocol, one file a kind of store."""

from __future__ import annotations

from kpictl.stores.store import Batch, NewValue, RunRecord, Store, StoredValue, Wish

__all__ = ["Batch", "NewValue", "RunRecord", "Store", "StoredValue", "Wish"]
