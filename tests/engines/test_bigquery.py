"""Google's own client against a stand-in of BigQuery's REST API: what is asked, what it answers, and what goes wrong.

The answers have the form of the reference (jobs.insert, tables.get, tables.list, Error messages); no service is asked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kpictl import api
from kpictl.diagnostics import Place, Refused
from kpictl.engines import Rejected
from kpictl.engines.bigquery import BigQueryCatalogue, open_bigquery
from kpictl.model.project import Connection
from kpictl.model.types import TIMESTAMPTZ
from kpictl.plan.compiled import Parameter, Statement
from tests.engines.canned import Canned, reply
from tests.runner.test_live import project, said

JOBS = "POST /bigquery/v2/projects/p/jobs"
TABLES = "GET /bigquery/v2/projects/p/datasets/d/tables"
FROM = datetime(2024, 3, 1, tzinfo=UTC)
STATEMENT = Statement(sql="SELECT 1\nFROM t WHERE at >= @from", parameters=(Parameter(name="from", type=TIMESTAMPTZ),))
JOB = {
    "kind": "bigquery#job",
    "jobReference": {"projectId": "p", "jobId": "j", "location": "EU"},
    "configuration": {"dryRun": True, "jobType": "QUERY", "query": {"query": "SELECT 1"}},
    "status": {"state": "DONE"},
    "statistics": {"totalBytesProcessed": "1234567", "query": {"totalBytesProcessed": "1234567"}},
}
FIELDS = [
    {"name": "id", "type": "INTEGER", "mode": "REQUIRED"},
    {"name": "at", "type": "TIMESTAMP", "mode": "NULLABLE"},
    {"name": "wall", "type": "DATETIME"},
    {"name": "amount", "type": "NUMERIC", "precision": "12", "scale": "2"},
    {"name": "tags", "type": "STRING", "mode": "REPEATED"},
    {"name": "place", "type": "GEOGRAPHY"},
]
REFERENCE = {"projectId": "p", "datasetId": "d", "tableId": "orders"}
TABLE = {"kind": "bigquery#table", "tableReference": REFERENCE, "schema": {"fields": FIELDS}}


def error(status: int, message: str, reason: str = "invalidQuery") -> bytes:
    told = {"code": status, "message": message, "errors": [{"message": message, "domain": "global", "reason": reason}]}
    return reply(json.dumps({"error": told}), status=f"{status} No")


@pytest.fixture
def server() -> Iterator[Canned]:
    found = Canned({})
    yield found
    found.close()


def opened(server: Canned, **options: object) -> BigQueryCatalogue:
    keys = {"project": "p", "dataset": "d", "token": "s3cr3t", "endpoint": f"http://127.0.0.1:{server.port}"}
    connection = Connection(name="bq", type="bigquery", options={**keys, **options}, place=Place("profiles.yml"))
    return open_bigquery(connection, Path())


def asked(server: Canned, number: int = -1) -> Any:
    return json.loads(server.asked[number].partition("\r\n\r\n")[2])


def refused(engine: BigQueryCatalogue, statement: Statement = STATEMENT) -> Refused:
    with pytest.raises(Refused) as caught:
        engine.explain(statement, {"from": FROM})
    return caught.value


def test_a_dry_run(server: Canned) -> None:
    server.answers[JOBS] = reply(json.dumps(JOB))
    engine = opened(server, location="EU")
    engine.explain(STATEMENT, {"from": FROM})
    engine.close()
    head, body = server.asked[-1].split("\r\n")[0], asked(server)
    assert head.startswith(JOBS)
    assert "authorization: Bearer s3cr3t" in server.asked[-1].replace("Authorization", "authorization")
    configuration = body["configuration"]
    assert configuration["dryRun"] is True
    assert body["jobReference"]["location"] == "EU"
    query = configuration["query"]
    assert (query["query"], query["useLegacySql"], query["defaultDataset"]) == (
        STATEMENT.sql,
        False,
        {"projectId": "p", "datasetId": "d"},
    )
    (parameter,) = query["queryParameters"]
    assert parameter["parameterType"] == {"type": "TIMESTAMP"}
    assert datetime.fromisoformat(parameter["parameterValue"]["value"]) == FROM


def test_what_it_refuses_has_a_place(server: Canned) -> None:
    server.answers[JOBS] = error(400, "Unrecognized name: att; Did you mean at? at [2:14]")
    found = refused(opened(server))
    assert isinstance(found, Rejected)
    assert found.fault.message == "Unrecognized name: att; Did you mean at?"
    assert STATEMENT.sql[found.fault.offset or 0 :].startswith("at >=")
    (told,) = found.diagnostics
    assert (told.code, told.message) == ("KPI902", "BigQuery (bq): Unrecognized name: att; Did you mean at?")


def test_a_query_that_would_cost_too_much(server: Canned) -> None:
    server.answers[JOBS] = reply(json.dumps(JOB))
    found = refused(opened(server, maximum_bytes_billed=1000000))
    assert isinstance(found, Rejected)
    assert "1,234,567 bytes" in found.diagnostics[0].message


def test_columns_and_relations(server: Canned) -> None:
    listed = [{"tableReference": {**REFERENCE, "tableId": name}} for name in ("orders", "late")]
    server.answers = {
        f"{TABLES}/orders?": reply(json.dumps(TABLE)),
        f"{TABLES}/gone?": error(404, "Not found: Table p:d.gone", "notFound"),
        f"{TABLES}?": reply(json.dumps({"tables": listed})),
    }
    engine = opened(server)
    assert [(each.name, str(each.type), each.native) for each in engine.columns("orders")] == [
        ("id", "integer", "INTEGER"),
        ("at", "timestamptz", "TIMESTAMP"),
        ("wall", "timestamp", "DATETIME"),
        ("amount", "numeric(12,2)", "NUMERIC(12, 2)"),
        ("tags", "text[]", "ARRAY<STRING>"),
        ("place", "None", "GEOGRAPHY"),
    ]
    assert engine.columns("p.d.orders") == engine.columns("d.orders")
    assert engine.relations() == ("late", "orders")
    with pytest.raises(Rejected):
        engine.columns("gone")


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (error(401, "Request had invalid authentication credentials", "authError"), "KPI901", "its token is not taken"),
        (error(403, "Quota exceeded", "quotaExceeded"), "KPI907", "Quota exceeded"),
        (error(503, "try later", "backendError"), "KPI907", "try later"),
        (reply("<html>a proxy</html>", kind="text/html"), "KPI907", "no JSON"),
        (reply("[1, 2]"), "KPI907", "no answer of BigQuery"),
        (reply("<html>teapot</html>", status="418 No", kind="text/html"), "KPI907", "418"),
        (b"nonsense\r\n\r\n", "KPI907", "no answer"),
        (reply(json.dumps(JOB))[:-20], "KPI907", "no answer"),
        (b"", "KPI907", "no answer"),
    ],
    ids=["login", "quota", "503", "html", "list", "418", "nonsense", "half", "cut"],
)
def test_what_is_no_answer(server: Canned, answer: bytes, code: str, words: str) -> None:
    server.answers[JOBS] = answer
    (told,) = refused(opened(server)).diagnostics
    assert told.code == code
    assert words in told.message
    assert "s3cr3t" not in told.message


def test_one_that_hangs(server: Canned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpictl.engines.bigquery._GRACE", 0.2)
    server.answers[JOBS] = None
    began = time.monotonic()
    (told,) = refused(opened(server, timeout=0.5)).diagnostics
    assert (told.code, time.monotonic() - began < 5) == ("KPI907", True)


@pytest.mark.parametrize(
    "given", [{"keyfile": "gone.json"}, {"keyfile_json": "{}"}, {"keyfile_json": "no"}, {"keyfile_json": {"type": "x"}}]
)
def test_a_key_that_is_none(server: Canned, given: dict[str, object]) -> None:
    with pytest.raises(Refused) as caught:
        opened(server, token=None, **given)
    assert [each.code for each in caught.value.diagnostics] == ["KPI901"]


def test_check_live_tells_the_column_that_is_not_there(server: Canned, tmp_path: Path) -> None:
    server.answers = {
        JOBS: error(400, "Unrecognized name: fee at [3:45]"),
        f"{TABLES}/orders?": reply(json.dumps(TABLE)),
    }
    there = {"type": "bigquery", "project": "p", "dataset": "d", "auth": "none"}
    there["endpoint"] = f"http://127.0.0.1:{server.port}"
    files = {"type": "duckdb", "files": "data"}
    kpis = "fees: {measure: sum(fee), source: orders, grain: day}\n"
    ((found, text),) = said(project(tmp_path, kpis, {"app": there, "other": files}))
    assert (found.diagnostic.code, text) == ("KPI908", "fee")


def test_a_plan_counts_the_bytes_of_dry_runs_and_keeps_their_limit(server: Canned, tmp_path: Path) -> None:
    server.answers = {JOBS: reply(json.dumps(JOB))}
    there = {"type": "bigquery", "project": "p", "dataset": "d", "auth": "none"}
    there["endpoint"] = f"http://127.0.0.1:{server.port}"
    kpis = "n: {measure: count(*), source: orders, grain: day, dimensions: [note]}\n"
    root = project(tmp_path, kpis, {"app": there, "other": {"type": "duckdb", "files": "data"}})
    settings = root / "kpi_project.yml"
    settings.write_text(f"{settings.read_text()}start: 2024-03-01\nlimits: {{bytes: 2MB}}\n")
    found = api.plan(api.load(root), kpis=["n"], as_of=datetime(2024, 3, 4, tzinfo=UTC))
    assert [(each.kpis, each.bytes) for each in found.cost.statements] == [(("n",), 1234567)] * 2
    assert (found.cost.bytes, found.cost.scans) == (2469134, (2, 2))
    assert [each.code for each in found.over] == ["KPI601"]
    job = asked(server)["configuration"]
    assert job["dryRun"] is True
    values = {each["name"]: each["parameterValue"]["value"] for each in job["query"]["queryParameters"]}
    assert datetime.fromisoformat(values["from"]) == FROM
    assert datetime.fromisoformat(values["to"]) == datetime(2024, 3, 4, tzinfo=UTC)
    server.answers = {JOBS: error(503, "gone", "backendError")}
    found = api.plan(api.load(root), kpis=["n"], as_of=datetime(2024, 3, 4, tzinfo=UTC))
    assert found.cost.bytes is None
    assert ["is not kept for `orders`" in each.message for each in found.over] == [True]
