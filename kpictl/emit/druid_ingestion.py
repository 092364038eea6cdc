"""Ingestion specifications: native batch, supervisors of Kafka and Kinesis, and REPLACE .. SELECT of the multi-stage engine.

What only a deployment knows is a variable of the shell: `${INPUT}` (an address of rows as JSON, one a line), `${FROM}` and
`${TO}` (days, the half-open range that is replaced), `${KAFKA_BOOTSTRAP_SERVERS}`, `${KINESIS_ENDPOINT}`.
"""

from __future__ import annotations

import re

from kpictl.emit.druid_rollups import Rolled
from kpictl.emit.druid_sources import DataSource, Object, schema
from kpictl.emit.emitter import Emission, Files
from kpictl.emit.literals import Text, json_document

VARIABLES = ("FROM", "TO", "INPUT", "KAFKA_BOOTSTRAP_SERVERS", "KINESIS_ENDPOINT")
_MARKED = re.compile(rf"\\u0000({'|'.join(VARIABLES)})\\u0000")
_STRICT: Object = {"maxParseExceptions": 0, "logParseExceptions": True}


def ingestion_files(emission: Emission, source: DataSource, rolled: Rolled | None = None) -> Files:
    """The specifications of a data source, or of the roll-up of it; streams for rows that never change alone."""
    name = rolled.name if rolled is not None else source.name
    files: Files = {f"ingestion/batch/{name}.json": _document(_batch(source, rolled))}
    if source.appends:
        for kind, spec in (("kafka", _kafka(source, rolled)), ("kinesis", _kinesis(source, rolled))):
            files[f"ingestion/{kind}/{name}.json"] = _document(spec)
    files[f"ingestion/msq/{name}.sql"] = emission.render(
        "replace.sql.j2", header=emission.header, statement=Text(_replace(source, rolled))
    )
    return files


def _data_schema(source: DataSource, rolled: Rolled | None) -> Object:
    # Rows that change are replaced as a whole, which takes one segment interval.
    granularity = "DAY" if source.appends else "ALL"
    if rolled is None:
        return schema(source, source.columns, granularity)
    made = schema(source, rolled.dimensions, granularity, rolled=rolled.unit.upper())
    return made | {"dataSource": rolled.name, "metricsSpec": list(rolled.metrics)}


def _batch(source: DataSource, rolled: Rolled | None) -> Object:
    """https://druid.apache.org/docs/latest/ingestion/native-batch"""
    data = _data_schema(source, rolled)
    io: Object = {
        "type": "index_parallel",
        "inputSource": {"type": "http", "uris": [_variable("INPUT")]},
        "inputFormat": {"type": "json"},
        "appendToExisting": False,
    }
    if source.appends:
        granularity = data["granularitySpec"]
        assert isinstance(granularity, dict)
        data["granularitySpec"] = granularity | {"intervals": [f"{_variable('FROM')}/{_variable('TO')}"]}
        io["dropExisting"] = True
    partitions: Object = {"type": "hashed"} if rolled is not None else {"type": "dynamic"}
    tuning: Object = {
        "type": "index_parallel",
        "partitionsSpec": partitions,
        "forceGuaranteedRollup": rolled is not None,
        **_STRICT,
    }
    return {"type": "index_parallel", "spec": {"dataSchema": data, "ioConfig": io, "tuningConfig": tuning}}


def _kafka(source: DataSource, rolled: Rolled | None) -> Object:
    """https://druid.apache.org/docs/latest/ingestion/kafka-ingestion"""
    io: Object = {
        "type": "kafka",
        "topic": source.name,
        "inputFormat": {"type": "json"},
        "consumerProperties": {"bootstrap.servers": _variable("KAFKA_BOOTSTRAP_SERVERS")},
        "useEarliestOffset": True,
        "taskCount": 1,
        "replicas": 1,
        "taskDuration": "PT1H",
    }
    return _supervisor("kafka", source, rolled, io)


def _kinesis(source: DataSource, rolled: Rolled | None) -> Object:
    """https://druid.apache.org/docs/latest/ingestion/kinesis-ingestion; keys come from the process's own role."""
    io: Object = {
        "type": "kinesis",
        "stream": source.name,
        "endpoint": _variable("KINESIS_ENDPOINT"),
        "inputFormat": {"type": "json"},
        "useEarliestSequenceNumber": True,
        "taskCount": 1,
        "replicas": 1,
        "taskDuration": "PT1H",
    }
    return _supervisor("kinesis", source, rolled, io)


def _supervisor(kind: str, source: DataSource, rolled: Rolled | None, io: Object) -> Object:
    tuning: Object = {"type": kind, **_STRICT}
    data = _data_schema(source, rolled)
    return {"type": kind, "spec": {"dataSchema": data, "ioConfig": io, "tuningConfig": tuning}}


def _replace(source: DataSource, rolled: Rolled | None) -> str:
    """https://druid.apache.org/docs/latest/multi-stage-query/reference#replace"""
    time = "TIMESTAMP '1970-01-01 00:00:00'" if source.time is None else f'TIME_PARSE("{source.time}")'
    fields = ([] if source.time is None else [(source.time, "VARCHAR")]) + [
        (each.name, each.extern) for each in source.columns if each.name != source.time
    ]
    if not fields:
        fields = [("__no_time", "VARCHAR")]
    rows = [f'{time} AS "__time"', *(f'{each.sql or _quoted(each.name)} AS "{each.name}"' for each in source.columns)]
    extern = ", ".join(f'"{name}" {kind}' for name, kind in fields)
    table = 'TABLE(EXTERN(\'{"type": "http", "uris": ["${INPUT}"]}\', \'{"type": "json"}\'))\n' + f"  EXTEND ({extern})"
    inner = "SELECT\n  " + ",\n  ".join(rows) + f"\nFROM {table}"
    overwrite = "OVERWRITE ALL"
    if source.appends:
        bounds = "\"__time\" >= TIMESTAMP '${FROM} 00:00:00' AND \"__time\" < TIMESTAMP '${TO} 00:00:00'"
        # A time that cannot be read must not vanish: the engine refuses a NULL.
        inner = f'SELECT * FROM (\n{inner}\n) AS "read"\nWHERE ({bounds}) OR "__time" IS NULL'
        overwrite = f"OVERWRITE WHERE {bounds}"
    if rolled is not None:
        keys = [f"TIME_FLOOR(\"__time\", '{rolled.period}')", *(f'"{each.name}"' for each in rolled.dimensions)]
        aliases = ["__time", *(each.name for each in rolled.dimensions)]
        outputs = [f'{key} AS "{alias}"' for key, alias in zip(keys, aliases, strict=True)] + list(rolled.outputs)
        inner = "SELECT\n  " + ",\n  ".join(outputs) + f'\nFROM (\n{inner}\n) AS "kept"\nGROUP BY {", ".join(keys)}'
    name = rolled.name if rolled is not None else source.name
    return f'REPLACE INTO "{name}" {overwrite}\n{inner}\nPARTITIONED BY {"DAY" if source.appends else "ALL"}'


def _quoted(name: str) -> str:
    return f'"{name}"'


def _variable(name: str) -> str:
    """A variable of the shell in a specification; no text of a project has a NUL."""
    return f"\0{name}\0"


def _document(spec: Object) -> str:
    """JSON in which `${..}` is a variable and nothing else is: other dollars are escaped."""
    return _MARKED.sub(r"${\1}", json_document(spec).replace("$", "\\u0024"))
