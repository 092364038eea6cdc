"""What warehouses schedule: executed or analysed by the engines' judges, and twice the same.

A test names its engine as a parameter, so that it runs where that engine is started anyway.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlglot

from kpictl.emit.bigquery import every
from kpictl.emit.ddl import scripts
from kpictl.emit.redshift import aws_cron
from kpictl.emit.synapse import recurrence
from kpictl.model.store_schema import TABLES
from tests.emit import tools
from tests.emit.projects import emitted, hostile, shop
from tests.oracles.judge import Judge, Rejected, Table

WAREHOUSES = ("bigquery", "synapse", "snowflake", "redshift")
ORDERS = {
    "id": "int", "user_id": "int", "amount": "numeric(12,2)", "status": "text", "country": "text", "created_at": "timestamptz",
}  # fmt: skip
KPIS = """\
kpis:
  revenue:
    {measure: sum(amount), source: orders, where: status = 'paid', grain: day, dimensions: [country], schedule: "0 1 * * *"}
  orders_placed: {measure: count(*), source: orders, grain: day, schedule: "0 1 * * *"}
  average: {ratio: {numerator: orders_placed, denominator: paid}, schedule: "0 1 * * *"}
  paid: {measure: count(*), source: orders, where: status = 'paid', grain: day, schedule: "0 1 * * *"}
  weekly: {measure: count(*), source: orders, grain: week, schedule: "0 1 * * *"}
  monthly: {measure: max(amount), source: orders, grain: month, schedule: "0 1 * * *"}
  hourly: {measure: count(*), source: orders, grain: hour, schedule: "0 * * * *"}
  kept: {measure: count(*), source: orders, grain: day, schedule: "0 1 * * *", retention: 100 years}
  gone: {measure: count(*), source: orders, grain: day, schedule: "0 1 * * *", retention: 3 months}
  now_there: {query: SELECT COUNT(*) FROM orders WHERE status = 'paid', grain: day, schedule: "0 1 * * *"}
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ROWS = [
    (1, 1, Decimal("10.00"), "paid", "DE", at("2024-03-01 10:00")),
    (2, 1, Decimal("5.50"), "paid", 'F"R\\', at("2024-03-01 23:30")),
    (3, 2, Decimal("7.00"), "open", None, at("2024-03-02 12:00")),
    (4, 2, Decimal("1.00"), "paid", None, at("2024-03-31 01:30")),
    (5, 3, Decimal("9.00"), "open", "DE", at("2024-03-10 12:00")),
]
VARIABLES = {
    "now": "2024-03-31 22:00:00+00", "since": "2024-02-29 23:00:00+00", "until": "2024-03-31 22:00:00+00",
    "from": "2024-02-29 23:00:00+00", "to": "2024-03-31 22:00:00+00", "as_of": "2024-03-31 21:59:59.999999+00",
    "back": "2024-03-30 23:00:00+00", "last": "2024-03-30 23:00:00+00", "known_at": "2024-04-01 00:00:00+00",
}  # fmt: skip


def jobs(files: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if path.startswith("jobs/")}


# -- all of them


@pytest.mark.parametrize("name", WAREHOUSES)
def test_texts_come_back(name: str, tmp_path: Path) -> None:
    """Labels stand in comments of one line, and once more in the manifest."""
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, name)
    assert [kpi["label"] for kpi in json.loads(files["manifest.json"])["kpis"]] == texts
    labels = re.findall(r"^  -- label: (.*)$", files["jobs/daily-0000.sql"], re.MULTILINE)
    if name == "snowflake" and not labels:
        body = re.search(r"^AS\n'(.*)';$", files["jobs/daily-0000.sql"], re.MULTILINE | re.DOTALL)
        assert body is not None
        assert "\n" not in body[1]
        labels = re.findall(r"  -- label: (.*?)\n", _unescaped(body[1]))
    assert [json.loads(label) for label in labels] == texts


def _unescaped(text: str) -> str:
    """A text of SQL as an engine reads it in which backslashes escape."""
    known = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}

    def one(found: re.Match[str]) -> str:
        return chr(int(found[1][1:], 16)) if found[1][0] == "u" else known[found[1]]

    return re.sub(r"\\(u[0-9a-f]{4}|.)", one, text)


@pytest.mark.parametrize("name", WAREHOUSES)
def test_every_job_is_deployed_and_sets_what_its_numbers_depend_on(name: str, tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop", kpis=KPIS), name)
    manifest = json.loads(files["manifest.json"])
    assert sorted(f"jobs/{job['name']}.sql" for job in manifest["jobs"]) == sorted(jobs(files))
    deployed = "".join(text for path, text in files.items() if not path.startswith(("jobs/", "README", "manifest")))
    for job in manifest["jobs"]:
        assert job["procedure"] in deployed
        text = files[f"jobs/{job['name']}.sql"]
        for setting, value in manifest["settings"].items():
            assert re.search(rf"SET {setting}\b.*{value}", text)
        assert all(f"-- kpi: {kpi}\n" in text for kpi in job["kpis"])


@pytest.mark.parametrize(
    ("cron", "aws", "trigger"),
    [
        ("0 1 * * *", "0 1 * * ? *", {"frequency": "Day", "schedule": {"minutes": [0], "hours": [1]}}),
        ("*/15 * * * *", "0/15 * * * ? *", {"frequency": "Day"}),
        ("30 5 * * 0,6", "30 5 ? * 1,7 *", {"frequency": "Week", "schedule": {"weekDays": ["Sunday", "Saturday"]}}),
        ("0 5 1 * *", "0 5 1 * ? *", {"frequency": "Month", "schedule": {"monthDays": [1]}}),
        ("0 5 1 1,7 *", "0 5 1 1,7 ? *", {"frequency": "Day"}),
        ("0 5 1 * 1", "0 5 * * ? *", {"frequency": "Day"}),
    ],
)
def test_schedules_of_the_clouds(cron: str, aws: str, trigger: dict[str, Any]) -> None:
    assert aws_cron(cron) == aws
    found: dict[str, Any] = recurrence(cron, "UTC")
    assert found["frequency"] == trigger["frequency"]
    assert found["schedule"].items() >= trigger.get("schedule", {}).items()
    assert every(cron) == ("every 15 minutes" if cron.startswith("*/15") else "every 1 hours")


# -- BigQuery: analysed and executed by ZetaSQL


def statements(script: str) -> list[str]:
    """The statements of a script, without those that ZetaSQL's analyser leaves to the interpreter of scripts."""
    parts = re.findall(r"""(?:'(?:\\.|[^'\\])*'|--[^\n]*|[^;'])+""", script)
    bare = (re.sub(r"^(\s*(--[^\n]*)?\n)*", "", part).strip() for part in parts)
    return [each for each in bare if each]


def with_values(sql: str, variables: dict[str, str] = VARIABLES, run_from: str = "CAST(NULL AS TIMESTAMP)") -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        return "'run'" if name == "run_id" else f"TIMESTAMP '{variables[name]}'"

    return re.sub(r"\bkpictl_(?!buckets)(\w+)", value, sql).replace("run_from", run_from)


def _bigquery(judge: Judge, buckets: list[tuple[Any, ...]], rows: list[tuple[Any, ...]] = ROWS) -> None:
    forms = {"text": "text", "instant": "timestamptz", "double": "double", "json": "jsonb"}
    metrics = {column.name: forms[column.form.value] for column in TABLES[1].columns}
    judge.load(
        {
            "orders": Table(ORDERS, rows),
            "kpi_metrics": Table(metrics, []),
            "kpictl_buckets": Table({"start_time": "timestamptz", "bucket": "text"}, buckets),
        }
    )


@pytest.mark.parametrize("engine", ["bigquery"])
def test_bigquery_knows_every_statement(tmp_path: Path, judge: Callable[[str], Judge], engine: str) -> None:
    zetasql = judge(engine)
    _bigquery(zetasql, [])
    root, _ = hostile(tmp_path / "hostile")
    seen = 0
    for files in (emitted(shop(tmp_path / "shop", kpis=KPIS), "bigquery"), emitted(root, "bigquery")):
        for text in jobs(files).values():
            for statement in statements(with_values(text)):
                if statement.startswith("SET TIMESTAMP"):
                    statement = "SELECT " + statement.partition(" = ")[2]
                elif statement.startswith("ASSERT"):
                    statement = "SELECT " + statement.removeprefix("ASSERT").rpartition(" AS ")[0]
                elif statement.startswith("IF CAST"):
                    statement = "SELECT " + statement.removeprefix("IF").rpartition(" THEN")[0]
                elif not statement.startswith(("INSERT", "DELETE")):
                    continue
                seen += 1
                zetasql.analyse(statement)
    assert seen > 200


@pytest.mark.parametrize("engine", ["bigquery"])
def test_bigquery_computes_what_is_stored(tmp_path: Path, judge: Callable[[str], Judge], engine: str) -> None:
    """The rows that each INSERT brings, with its own calendar."""
    zetasql = judge(engine)
    files = emitted(shop(tmp_path / "shop", kpis=KPIS), "bigquery")
    _bigquery(zetasql, [])
    found: list[tuple[Any, ...]] = []
    for text in jobs(files).values():
        variables = dict(VARIABLES)
        for statement in statements(text):
            assigned = re.match(r"SET kpictl_(\w+) = ", statement)
            statement = (statement[: assigned.end()] if assigned else "") + with_values(
                statement[assigned.end() if assigned else 0 :], variables, f"TIMESTAMP '{VARIABLES['since']}'"
            )
            if assigned is not None:
                ((value,),) = zetasql.execute("SELECT " + statement[assigned.end() :]).rows
                variables[assigned[1]] = str(value or VARIABLES["last"])
            into = re.match(r"INSERT INTO (\w+) \(.*?\)\n", statement)
            if into is None:
                continue
            rows = zetasql.execute(statement[into.end() :]).rows
            if into[1] == "kpictl_buckets":
                _bigquery(zetasql, rows)
            else:
                found += rows
    _expect(found)


def _expect(found: list[tuple[Any, ...]]) -> None:
    """What ORDERS are from March 1st to 31st of 2024 in Berlin, where the 31st has 23 hours."""
    names = [column.name for column in TABLES[1].columns]
    rows = [dict(zip(names, row, strict=True)) for row in found]
    values: dict[str, dict[tuple[str, str], tuple[float | None, str]]] = {}
    for row in rows:
        text = row["dimensions"] if isinstance(row["dimensions"], str) else json.dumps(row["dimensions"])
        key = (row["bucket"], json.dumps(json.loads(text), separators=(",", ":")))
        assert key not in values.setdefault(row["kpi_name"], {})
        values[row["kpi_name"]][key] = (row["kpi_value"], row["status"])
    total = "{}"
    assert values["revenue"] == {
        ("2024-03-01", total): (10.0, "ok"),
        ("2024-03-02", total): (5.5, "ok"),
        **{(f"2024-03-{day:02}", total): (None, "no_data") for day in range(3, 31)},
        ("2024-03-31", total): (1.0, "ok"),
        ("2024-03-01", '{"country":"DE"}'): (10.0, "ok"),
        ("2024-03-02", '{"country":"F\\"R\\\\"}'): (5.5, "ok"),
        ("2024-03-31", '{"country":null}'): (1.0, "ok"),
    }
    assert values["orders_placed"][("2024-03-02", total)] == (2.0, "ok")
    assert values["orders_placed"][("2024-03-03", total)] == (0.0, "ok")
    assert len(values["orders_placed"]) == 31
    assert values["average"][("2024-03-02", total)] == (2.0, "ok")
    assert values["average"][("2024-03-05", total)] == (None, "no_data")
    assert values["average"][("2024-03-10", total)] == (None, "no_denominator")
    assert values["weekly"][("2024-W09", total)] == (3.0, "ok")
    assert values["weekly"][("2024-W13", total)] == (1.0, "ok")
    assert values["monthly"] == {("2024-03", total): (10.0, "ok")}
    assert values["hourly"][("2024-03-31T03:00+02:00", total)] == (1.0, "ok")
    assert ("2024-03-31T02:00+01:00", total) not in values["hourly"]
    assert len(values["hourly"]) == 31 * 24 - 1
    if "now_there" in values:
        assert values["now_there"] == {("2024-03-31", total): (3.0, "ok")}
    assert len({row["dimensions_key"] for row in rows if row["dimensions"] in ("{}", {})}) == 1


# -- Redshift: its procedures run in PostgreSQL, which has what Redshift has not kept of it under other names

STAND_IN = """
CREATE DOMAIN super AS text;
CREATE FUNCTION json_serialize(super) RETURNS text LANGUAGE sql RETURN to_json($1::text)::text;
CREATE FUNCTION json_parse(text) RETURNS text LANGUAGE sql RETURN $1::json::text;
CREATE FUNCTION sha2(text, int) RETURNS text LANGUAGE sql RETURN encode(sha256(convert_to($1, 'UTF8')), 'hex');
CREATE FUNCTION len(text) RETURNS int LANGUAGE sql RETURN length($1);
CREATE FUNCTION dateadd(unit text, n numeric, t timestamp) RETURNS timestamp LANGUAGE sql
    RETURN t + n::float * ('1 ' || unit)::interval;
CREATE FUNCTION dateadd(unit text, n numeric, t timestamptz) RETURNS timestamp LANGUAGE sql
    RETURN t::timestamp + n::float * ('1 ' || unit)::interval;
CREATE FUNCTION dateadd(unit text, n numeric, t date) RETURNS timestamp LANGUAGE sql
    RETURN t::timestamp + n::float * ('1 ' || unit)::interval;
CREATE FUNCTION datediff(unit text, a timestamp, b timestamp) RETURNS bigint LANGUAGE sql RETURN
    CASE unit WHEN 'day' THEN b::date - a::date ELSE (extract(epoch FROM b - a) * CASE unit WHEN 'microsecond' THEN 1e6
    WHEN 'second' THEN 1 WHEN 'minute' THEN 1.0 / 60 WHEN 'hour' THEN 1.0 / 3600 END)::bigint END;
CREATE TABLE orders (id int, user_id int, amount numeric(12, 2), status text, country text, created_at timestamptz);
"""


def in_postgres(script: str) -> str:
    """Units are texts there, SYSDATE has another name, and no setting is about documents or names."""
    script = re.sub(r"\b(DATEADD|DATEDIFF|DATE_PART)\((\w+),", r"\1('\2',", script)
    script = re.sub(r"SET (\w*_super_\w+|describe_field_name_in_uppercase) [^;]*;", "", script)
    return script.replace("SYSDATE", "clock_timestamp()")


@pytest.fixture(params=["postgres"])
def redshift(request: pytest.FixtureRequest, judge: Callable[[str], Judge]) -> Iterator[psycopg.Connection[Any]]:
    """A session of PostgreSQL in a schema of its own, with the tables that `emit ddl` gives Redshift."""
    engine: Any = judge(request.param)
    session = psycopg.connect(f"{engine.uri}", autocommit=True)
    session.execute(
        "DROP SCHEMA IF EXISTS warehouse CASCADE; CREATE SCHEMA warehouse; SET search_path = warehouse, public"
    )
    # A backslash in a text escapes, as in Redshift.
    session.execute("SET standard_conforming_strings = off; SET escape_string_warning = off")
    session.execute(STAND_IN)
    for statement in scripts("redshift")["redshift.sql"]:
        if statement.startswith("CREATE TABLE"):
            session.execute(statement.partition("\nDISTSTYLE")[0])  # type: ignore[arg-type]
    yield session
    session.execute("DROP SCHEMA warehouse CASCADE")
    session.close()


def test_redshift_writes_the_rows_and_again_the_same(tmp_path: Path, redshift: psycopg.Connection[Any]) -> None:
    files = emitted(shop(tmp_path / "shop", kpis=KPIS), "redshift")
    with redshift.cursor() as cursor:
        cursor.executemany("INSERT INTO orders VALUES (%s, %s, %s, %s, %s, %s)", ROWS)
    for text in jobs(files).values():
        redshift.execute(in_postgres(text))  # type: ignore[arg-type]
    procedures = [job["procedure"] for job in json.loads(files["manifest.json"])["jobs"]]
    columns = ", ".join(f'"{column.name}"' for column in TABLES[1].columns)
    asked = f"SELECT {columns} FROM kpi_metrics ORDER BY kpi_name, time, dimensions_key"

    def run(first: str = "'2024-02-29 23:00+00'", to: str = "'2024-03-31 22:00+00'") -> list[tuple[Any, ...]]:
        for procedure in procedures:
            redshift.execute(f"CALL {procedure}({first}, {to})")  # type: ignore[arg-type]
        return redshift.execute(asked).fetchall()  # type: ignore[arg-type]

    found = run()
    _expect(found)
    # Of one KPI all is past its retention, of the other nothing.
    assert {row[1] for row in found} >= {"kept", "revenue"}
    assert "gone" not in {row[1] for row in found}
    again = run()
    assert [row[:-2] for row in again] == [row[:-2] for row in found]

    # A row that came late is in the bucket that the next tick computes again; a missed tick is made up for.
    redshift.execute("UPDATE orders SET amount = 4 WHERE id = 4")
    later = {(row[1], row[6], row[3]): row[2] for row in run("NULL", "'2024-04-02 12:00+00'")}
    assert later["revenue", "2024-03-31", "{}"] == 4.0
    assert later["revenue", "2024-04-01", "{}"] is None
    assert later["orders_placed", "2024-04-01", "{}"] == 0.0

    # Two rows for a bucket are an error, and what was there stays.
    twice = "LEFT JOIN (SELECT 1 AS x UNION ALL SELECT 2) AS y ON TRUE LEFT JOIN ("
    redshift.execute(in_postgres(files["jobs/daily-0100.sql"]).replace("LEFT JOIN (", twice))  # type: ignore[arg-type]
    before = redshift.execute(asked).fetchall()  # type: ignore[arg-type]
    with pytest.raises(psycopg.errors.RaiseException, match="two rows for a bucket of"):
        run()
    assert redshift.execute(asked).fetchall() == before  # type: ignore[arg-type]


def test_redshift_reads_hostile_texts_as_they_are(tmp_path: Path, redshift: psycopg.Connection[Any]) -> None:
    root, texts = hostile(tmp_path / "hostile")
    files = emitted(root, "redshift")
    with redshift.cursor() as cursor:
        when = at("2024-03-01 10:00")
        rows = [(i, i, i, text, "DE", when) for i, text in enumerate(texts)]
        cursor.executemany("INSERT INTO orders VALUES (%s, %s, %s, %s, %s, %s)", rows)
    for text in jobs(files).values():
        redshift.execute(in_postgres(text))  # type: ignore[arg-type]
    redshift.execute("CALL kpi_daily_0000('2024-02-29 23:00+00', '2024-03-01 23:00+00')")
    found = redshift.execute("SELECT kpi_name, kpi_value FROM kpi_metrics WHERE dimensions = '{}'").fetchall()
    assert dict(found) == {f"kpi_{i:02}": float(i) for i in range(len(texts))}


# -- Synapse: Microsoft's parser


@pytest.mark.parametrize("engine", ["synapse"])
def test_microsofts_parser_reads_the_procedures(tmp_path: Path, judge: Callable[[str], Judge], engine: str) -> None:
    """Its grammar has no CREATE TABLE AS SELECT, so that the SELECT stands alone."""
    parser: Any = judge(engine)._parser  # type: ignore[attr-defined]
    with pytest.raises(Rejected):
        parser.parse("CREATE PROCEDURE [x] AS BEGIN THROW 5, N'x' END")
    root, _ = hostile(tmp_path / "hostile")
    for files in (emitted(shop(tmp_path / "shop", kpis=KPIS), "synapse"), emitted(root, "synapse")):
        for text in jobs(files).values():
            batches = re.split(r"^GO\n", text, flags=re.MULTILINE)
            assert len(batches) == 4
            assert not batches[-1]
            for batch in batches[:-1]:
                alone = re.sub(r"CREATE TABLE #\w+ WITH \(DISTRIBUTION = ROUND_ROBIN, HEAP\) AS\n", "", batch)
                parser.parse(alone)
            assert text.count("BEGIN TRANSACTION;") == text.count("  COMMIT TRANSACTION;") == text.count("-- kpi: ")


@pytest.mark.parametrize("engine", ["synapse"])
def test_a_line_that_says_go_is_no_end_of_a_batch(tmp_path: Path, judge: Callable[[str], Judge], engine: str) -> None:
    kpis = "kpis:\n  x: {measure: count(*), source: orders, where: \"status = 'a\\nGO\\nb'\", grain: day}\n"
    text = emitted(shop(tmp_path / "shop", kpis=kpis), "synapse")["jobs/daily-0000.sql"]
    assert len(re.findall(r"^\s*GO\b", text, re.MULTILINE)) == 3
    assert "'a' + NCHAR(10) + N'GO" in text
    judge(engine)._parser.parse(re.split(r"^GO\n", text, flags=re.MULTILINE)[1])  # type: ignore[attr-defined]


# -- Snowflake: no parser of its own can be had; sqlfluff's grammar follows its manual and knows its scripts

# One of those that are asked a bucket at a time, as sqlfluff takes a second for fifty lines.
_SCRIPTS = """\
kpis:
  recent:
    measure: count(*)
    source: orders
    where: created_at > now() - interval '90 days'
    grain: day
    schedule: "0 1 * * *"
    retention: 90d
"""
_READ = """
import collections, json, sys
from sqlfluff.core import Linter
found = []
for text in json.load(sys.stdin):
    parsed = Linter(dialect="snowflake").parse_string(text)
    statements = [each for each in parsed.tree.recursive_crawl_all() if each.is_type("statement")]
    kinds = collections.Counter(part.get_type() for each in statements for part in each.segments)
    found.append([[each.desc() for each in parsed.violations], kinds])
print(json.dumps(found))
"""


def test_a_grammar_of_snowflake_reads_procedures_and_tasks(tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop", kpis=_SCRIPTS), "snowflake")
    (job,) = jobs(files).values()
    head, _, rest = job.partition("$$\n")
    body = rest.partition("$$;")[0]
    tasks = files["tasks.sql"].replace("<% warehouse %>", "KPI_WH")
    texts = [f"{head}$$ $$;\n", body, tasks, "BEGIN\n  IF (1 > 0) RETURN 1;\n  END IF;\nEND;\n"]
    asked = subprocess.run(
        [tools.python_of("snowflake"), "-c", _READ], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    procedure, script, tasks, broken = json.loads(asked.stdout)
    assert broken[0]
    assert procedure == [[], {"create_procedure_statement": 1}]
    assert tasks == [[], {"create_task_statement": 1, "call_segment": 1, "alter_task_statement": 1}]
    kinds = script[1]
    assert script[0] == []
    assert (kinds["insert_statement"], kinds["delete_statement"], kinds["transaction_statement"]) == (2, 2, 3)
    assert (kinds["scripting_declare_statement"], kinds["scripting_block_statement"]) == (1, 1)


def test_a_parser_reads_snowflakes_statements(tmp_path: Path) -> None:
    files = emitted(shop(tmp_path / "shop", kpis=KPIS), "snowflake")
    seen = 0
    for text in jobs(files).values():
        body = text.partition("$$\n")[2].partition("$$;")[0]
        for statement in statements(body):
            if statement.startswith(("INSERT", "DELETE", "CREATE")):
                tree = sqlglot.parse_one(re.sub(r":(kpictl_\w+)", r"\1", statement), dialect="snowflake")
                assert tree.key in ("insert", "delete", "create"), statement
                seen += 1
    assert seen > 20
    assert files["tasks.sql"].count("USING CRON") == 2
    assert "Europe/Berlin'" in files["tasks.sql"]
