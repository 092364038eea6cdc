"""What `emit druid` ingests, on a real Druid: rows come in, and KPIs have the values that DuckDB has of the same rows."""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.emit.druid_calls import post, typed
from tests.emit.hostile import TEXTS
from tests.emit.projects import emitted, readable, shop
from tests.emit.tools import lacking
from tests.oracles import kafka_broker
from tests.oracles.druid_http import DruidError, call
from tests.oracles.judge import Judge, Table

SOURCES = """\
sources:
  orders:
    connection: app
    relation: RELATION
    time: created_at
    history: append
    complete: now
    key: [id]
    ingest: {rollup: hour}
    columns:
      id: bigint
      user_id: bigint
      amount: "numeric(12,2)"
      status: text
      country: text
      created_at: timestamptz
      is_gift: boolean
      shipped_on: date
      paid_at: {type: timestamptz, physical: {druid: seconds}}
      note: jsonb
"""
KPIS = """\
kpis:
  revenue: {measure: sum(amount), where: "status = 'paid'", dimensions: [country], SAME}
  orders_placed: {measure: count(*), SAME}
  order_value: {measure: avg(amount), where: "amount > 5.5 or status in ('open', 'done')", SAME}
  biggest: {measure: max(amount), where: "country is not null", dimensions: [country], SAME}
  gifts: {measure: count(*) filter (where is_gift), dimensions: [country], SAME}
  share_paid: {measure: "count(*) filter (where status = 'paid') / count(*)", dimensions: [country], SAME}
  users: {measure: approx_count_distinct(user_id), SAME}
  countries: {measure: approx_count_distinct(country), SAME}
  typical: {measure: "approx_percentile(amount, 0.5)", SAME}
  shipped: {measure: count(*), where: "shipped_on > date '2024-01-02'", SAME}
  slow: {measure: "count(*)", where: "paid_at > created_at", SAME}
  fetched: {measure: "count(*)", where: "note ->> 'by' = 'web'", SAME}
""".replace("SAME", "source: orders, grain: day, owner: a@shop.example")
ROWS: list[dict[str, Any]] = [
    _row
    for i in range(60)
    for _row in [
        {
            "id": i,
            "user_id": i % 7,
            "amount": round(1.01 * (i % 23), 2),
            "status": ("paid", "open", "done", None)[i % 4],
            "country": ("DE", "FR", "", None)[i % 4 if i % 5 else 2],
            "created_at": f"2024-01-{1 + i // 20:02}T{(i * 7) % 24:02}:{i % 60:02}:00Z",
            "is_gift": (True, False, None)[i % 3],
            "shipped_on": f"2024-01-{1 + i % 4:02}" if i % 6 else None,
            "paid_at": f"2024-01-{1 + i // 20:02}T12:00:{i % 60:02}Z" if i % 4 else None,
            "note": {"by": "web" if i % 2 else "app"},
        }
    ]
]
_READ_BY_ROLLUP = {
    "revenue",
    "orders_placed",
    "order_value",
    "biggest",
    "gifts",
    "share_paid",
    "users",
    "countries",
    "typical",
}
_APPROXIMATE = {"typical"}
_FROM, _TO = datetime.fromisoformat("2024-01-01T00:00:00Z"), datetime.fromisoformat("2024-01-05T00:00:00Z")


def _project(root: Path, relation: str) -> Path:
    shop(root, kpis=KPIS)
    (root / "kpis" / "sources.yml").write_text(SOURCES.replace("RELATION", relation))
    text = (root / "profiles.yml").read_text()
    start = text.index("        app: ")
    (root / "profiles.yml").write_text(text[:start] + "        app: {type: druid, url: http://localhost:8082}\n")
    return root


def _filled(text: str, **values: str) -> str:
    """As envsubst does it."""
    return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], text)


@contextlib.contextmanager
def _served(text: str) -> Iterator[str]:
    """The address of a file."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/rows.json"
        finally:
            server.shutdown()
            thread.join()


def _wait(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.2)


def _ingested(druid: Any, spec: str) -> None:
    services = druid.services
    task = call(services.tasks, json.loads(spec))["task"]

    def over() -> bool:
        status = call(f"{services.tasks}/{task}/status")["status"]
        assert status["status"] != "FAILED", status
        return bool(status["status"] == "SUCCESS")

    _wait(over)


def _counts(druid: Any, table: str, rows: int, what: str = "COUNT(*)") -> None:
    def seen() -> bool:
        try:
            return bool(druid.execute(f'SELECT {what} FROM "{table}"').rows == [(rows,)])
        except Exception:
            return False

    _wait(seen)


def _answers(druid: Any, files: dict[str, str], folder: str) -> dict[str, set[tuple[Any, ...]]]:
    found = {}
    for path, text in files.items():
        name = re.fullmatch(rf"{folder}/(\w+(\.total)?)\.json", path)
        if name is None:
            continue
        body = json.loads(text)
        given = {"from": _FROM, "to": _TO}
        answer = druid.execute(body["query"], [given[each] for each in body["_parameters"]], body["context"])
        found[name[1]] = {(row[0], _number(row[1]), *row[2:]) for row in answer.rows}
    return found


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 9)


def _reference(root: Path, judge: Callable[[str], Judge]) -> dict[str, set[tuple[Any, ...]]]:
    """The same KPIs of the same rows by DuckDB."""
    files = emitted(root, "jobs", dialect="duckdb")
    relation = re.findall(r"relation: (\w+)", (root / "kpis" / "sources.yml").read_text())[0]
    columns = {
        "id": "bigint",
        "user_id": "bigint",
        "amount": "numeric(12,2)",
        "status": "text",
        "country": "text",
        "created_at": "timestamptz",
        "is_gift": "boolean",
        "shipped_on": "date",
        "paid_at": "timestamptz",
        "note": "jsonb",
    }
    duck: Any = judge("duckdb")
    duck.load({relation: Table(columns, [typed(columns, row.values()) for row in ROWS])})
    found = {}
    for path, sql in files.items():
        name = re.fullmatch(r"sql/(\w+(\.total)?)\.sql", path)
        if name is not None:
            given = {key: value for key, value in (("from", _FROM), ("to", _TO)) if f"${key}" in sql}
            rows = duck.execute(sql, given).rows
            found[name[1]] = {(row[0], _number(row[1]), *row[2:]) for row in rows}
    return found


def _compared(judge: Callable[[str], Judge], files: dict[str, str], root: Path) -> None:
    wanted = _reference(root, judge)
    druid: Any = judge("druid")
    rows = _answers(druid, files, "queries")
    assert rows == wanted
    rolled = _answers(druid, files, "queries/rollup")
    assert {name.partition(".")[0] for name in rolled} == _READ_BY_ROLLUP
    for name, values in rolled.items():
        if name in _APPROXIMATE:
            near = dict(row[:2] for row in values)
            assert near.keys() == {row[0] for row in wanted[name]}
            assert all(abs(near[at] - value) <= 1.02 for at, value in wanted[name]), name  # the next value of 20
        else:
            assert values == wanted[name], name


def test_batches(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    """Twice the same days: what a batch brings replaces what was there."""
    druid: Any = judge("druid")
    root = _project(tmp_path / "shop", "emit_orders")
    files = emitted(root, "druid")
    text = "\n".join(map(json.dumps, ROWS))
    with _served(text) as address:
        for name in ("emit_orders", "emit_orders_by_hour", "emit_orders"):
            spec = _filled(files[f"ingestion/batch/{name}.json"], INPUT=address, FROM="2024-01-01", TO="2024-02-01")
            _ingested(druid, spec)
    _counts(druid, "emit_orders", 60)
    _counts(druid, "emit_orders_by_hour", 60, 'SUM("orders_placed__rows")')
    _compared(judge, files, root)


def test_a_bad_value_stops_a_batch(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    druid: Any = judge("druid")
    files = emitted(_project(tmp_path / "shop", "emit_bad"), "druid")
    for key, value in (("shipped_on", "soon"), ("created_at", "soon"), ("amount", "much")):
        with _served(json.dumps(ROWS[1] | {key: value})) as address:
            spec = _filled(files["ingestion/batch/emit_bad.json"], INPUT=address, FROM="2024-01-01", TO="2024-02-01")
            with pytest.raises(AssertionError, match="FAILED"):
                _ingested(druid, spec)


def test_a_stream_of_kafka(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    druid: Any = judge("druid")
    if why := kafka_broker.missing():
        lacking(why)
    root = _project(tmp_path / "shop", "emit_stream")
    files = emitted(root, "druid")
    supervisors = druid.services.tasks.removesuffix("task") + "supervisor"
    names = ("emit_stream", "emit_stream_by_hour")
    with kafka_broker.broker() as server:
        kafka_broker.produce(server, "emit_stream", [json.dumps(row) for row in ROWS])
        try:
            for name in names:
                spec = json.loads(_filled(files[f"ingestion/kafka/{name}.json"], KAFKA_BOOTSTRAP_SERVERS=server))
                spec["spec"]["ioConfig"] |= {"startDelay": "PT0S", "period": "PT1S"}
                call(supervisors, spec)
            _counts(druid, "emit_stream", 60)
            _counts(druid, "emit_stream_by_hour", 60, 'SUM("orders_placed__rows")')
            _compared(judge, files, root)
        finally:
            for name in names:
                call(f"{supervisors}/{name}/terminate", {})
            _ended(druid, names)


def _ended(druid: Any, names: Sequence[str]) -> None:
    """No task of these data sources is left: a stream's tasks would read on for an hour."""

    def gone() -> bool:
        found = [
            task["id"] for name in names for task in call(f"{druid.services.tasks}s?state=running&datasource={name}")
        ]
        for task in found:
            with contextlib.suppress(DruidError, ValueError):
                call(f"{druid.services.tasks}/{task}/shutdown", {})
        return not found

    _wait(gone)


def test_replace_is_sql_of_druid(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    """This build has no engine for it: the parser says so, after it has read all of the statement."""
    druid: Any = judge("druid")
    for path, text in emitted(_project(tmp_path / "shop", "emit_orders"), "druid").items():
        if path.startswith("ingestion/msq/"):
            sql = _filled(text, INPUT="http://x.example/y.json", FROM="2024-01-01", TO="2024-02-01")
            with pytest.raises(DruidError, match="not supported by the requested SQL engine"):
                call(druid.services.sql, {"query": sql})
            with pytest.raises(DruidError, match="unexpected token"):
                call(druid.services.sql, {"query": sql.replace("PARTITIONED BY", "PARTED BY")})


def test_lookups_are_answered(tmp_path: Path, judge: Callable[[str], Judge]) -> None:
    """As the README sends them; LOOKUP() of SQL gives each text back."""
    druid: Any = judge("druid")
    texts = [text for text in TEXTS if text and readable(text)]
    files = emitted(_project(tmp_path / "shop", "emit_orders"), "druid")
    given = {
        path[len("lookups/") : -len(".json")]: json.loads(text) for path, text in files.items() if "lookups/" in path
    }
    assert set(given) == {"kpi_label", "kpi_unit", "kpi_owner", "kpi_category"}
    given["emitted"] = {"type": "map", "map": {str(i): text for i, text in enumerate(texts)}}
    at = f"{druid.services.coordinator}/druid/coordinator/v1/lookups/config"
    post(at, {})
    for name, lookup in given.items():
        post(f"{at}/__default/{name}", {"version": "v1", "lookupExtractorFactory": lookup})

    def known() -> bool:
        found = call(f"{druid.services.broker}/druid/v1/lookups/introspect/emitted/keys")
        return len(found) == len(texts)

    _wait(_quietly(known))
    asked = ", ".join(f"LOOKUP('{i}', 'emitted') AS x{i}" for i in range(len(texts)))
    (row,) = call(druid.services.sql, {"query": f"SELECT {asked}, LOOKUP('users', 'kpi_owner') AS who"})
    assert row == {**{f"x{i}": text for i, text in enumerate(texts)}, "who": "a@shop.example"}


def _quietly(what: Callable[[], bool]) -> Callable[[], bool]:
    """The same, false where it cannot be asked yet."""

    def asked() -> bool:
        with contextlib.suppress(DruidError, ValueError):
            return what()
        return False

    return asked


# docs/ingestion/{supervisor,kinesis-ingestion,ingestion-spec}.md of Druid 33: each object's properties.
_KINESIS = {
    "": {"type", "spec", "suspended"},
    "spec": {"dataSchema", "ioConfig", "tuningConfig"},
    "ioConfig": {
        *("type", "inputFormat", "autoScalerConfig", "taskCount", "replicas", "taskDuration", "startDelay", "period"),
        *("completionTimeout", "lateMessageRejectionStartDateTime", "lateMessageRejectionPeriod"),
        *("earlyMessageRejectionPeriod", "stream", "endpoint", "useEarliestSequenceNumber", "fetchDelayMillis"),
        *("awsAssumedRoleArn", "awsExternalId"),
    },
    "tuningConfig": {
        *("type", "maxRowsInMemory", "maxBytesInMemory", "maxRowsPerSegment", "maxTotalRows", "indexSpec"),
        *("intermediateHandoffPeriod", "intermediatePersistPeriod", "maxPendingPersists", "reportParseExceptions"),
        *("handoffConditionTimeout", "resetOffsetAutomatically", "workerThreads", "chatRetries", "httpTimeout"),
        *("shutdownTimeout", "logParseExceptions", "maxParseExceptions", "maxSavedParseExceptions"),
        *("skipSequenceNumberAvailabilityCheck", "recordBufferSizeBytes", "recordBufferOfferTimeout", "fetchThreads"),
        *("recordBufferFullWait", "maxBytesPerPoll", "repartitionTransitionDuration", "useListShards"),
    },
    "dataSchema": {
        "dataSource",
        "timestampSpec",
        "dimensionsSpec",
        "metricsSpec",
        "granularitySpec",
        "transformSpec",
    },
    "granularitySpec": {"type", "segmentGranularity", "queryGranularity", "rollup", "intervals"},
}


def test_kinesis_is_of_the_manual(tmp_path: Path) -> None:
    """The part that Kafka's supervisor shares runs above."""
    files = emitted(_project(tmp_path / "shop", "emit_orders"), "druid")
    for name in ("emit_orders", "emit_orders_by_hour", "kpi_metrics"):
        spec = json.loads(_filled(files[f"ingestion/kinesis/{name}.json"], KINESIS_ENDPOINT="kinesis.x.example"))
        kafka = json.loads(_filled(files[f"ingestion/kafka/{name}.json"], KAFKA_BOOTSTRAP_SERVERS="x"))
        assert spec["type"] == spec["spec"]["ioConfig"]["type"] == spec["spec"]["tuningConfig"]["type"] == "kinesis"
        assert spec["spec"]["dataSchema"] == kafka["spec"]["dataSchema"]
        inside = spec["spec"]
        parts = {"": spec, "spec": inside, **inside, "granularitySpec": inside["dataSchema"]["granularitySpec"]}
        assert {part: set(parts[part]) - known for part, known in _KINESIS.items()} == {
            part: set() for part in _KINESIS
        }
        assert {"stream", "inputFormat", "endpoint"} <= set(inside["ioConfig"])


def test_what_no_roll_up_can_hold(tmp_path: Path) -> None:
    files = emitted(_project(tmp_path / "shop", "emit_orders"), "druid")
    left = files["README.md"].split("Left out")[1]
    for name in ("shipped", "slow", "fetched"):
        assert f"- {name} reads no roll&#45;up of orders" in left
    root = _project(tmp_path / "kathmandu", "emit_orders")
    (root / "kpi_project.yml").write_text("name: shop\ntimezone: Asia/Kathmandu\n")
    files = emitted(root, "druid")
    assert "begin within hours of UTC" in files["README.md"]
    assert not [path for path in files if "by_hour" in path or "rollup" in path]


def test_sketches_need_their_extension(tmp_path: Path) -> None:
    """Where the connection lists its extensions without that of sketches, their KPIs read the rows, and the file says so."""
    root = _project(tmp_path / "shop", "emit_orders")
    text = (root / "profiles.yml").read_text()
    (root / "profiles.yml").write_text(text.replace("8082}", "8082, extensions: [druid-stats]}"))
    files = emitted(root, "druid")
    left = files["README.md"].split("Left out")[1]
    for name in ("users", "countries", "typical"):
        assert f"- {name} reads no roll&#45;up of orders" in left
    assert "druid&#45;datasketches, which connection" in left
    rolled = {path.split("/")[-1].partition(".")[0] for path in files if "queries/rollup/" in path}
    assert rolled >= {"revenue", "orders_placed"}
    assert rolled.isdisjoint({"users", "countries", "typical"})
    assert not any("_DS(" in text or "DS_HLL" in text for text in files.values())


def test_texts_of_conditions_come_back(tmp_path: Path) -> None:
    """In a filter and in SQL, also what looks like a variable of the shell."""
    texts = [text for text in (*TEXTS, "${INPUT}", "$FROM") if readable(text)]
    root = _project(tmp_path / "shop", "emit_orders")
    (root / "kpis" / "orders.yml").write_text(
        "kpis:\n"
        + "".join(
            f"  k{i}: {{measure: count(*), source: orders, grain: day, owner: a@shop.example,"
            f" where: {json.dumps('status = ' + _sql(text))}}}\n"
            for i, text in enumerate(texts)
        )
    )
    files = emitted(root, "druid")
    values = {"INPUT": "http://x.example", "FROM": "2024-01-01", "TO": "2024-02-01"}
    spec = json.loads(_filled(files["ingestion/batch/emit_orders_by_hour.json"], **values))
    metrics = spec["spec"]["dataSchema"]["metricsSpec"]
    assert [each["filter"]["matchValue"] for each in metrics] == texts
    sql = _filled(files["ingestion/msq/emit_orders_by_hour.sql"], **values)
    assert sql.count("COUNT(*) FILTER") == len(texts)


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
