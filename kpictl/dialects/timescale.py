"""TimescaleDB says what PostgreSQL says: hypertables are tables to a query, and `time_bucket` is not needed.

`date_trunc` and `date_bin` have the contract's meaning in every zone; `time_bucket` starts its weeks and origins elsewhere
(https://docs.timescale.com/api/latest/hyperfunctions/time_bucket/: weeks from Monday 2000-01-03, months from 2000-01-01).
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.dialects.postgres import POSTGRES

TIMESCALE = replace(POSTGRES, name="timescale", like="postgres")
