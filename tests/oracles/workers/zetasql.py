"""ZetaSQL, BigQuery's analyser with its reference evaluator: python zetasql.py JAR...

Google's Java client and native library, driven through JPype. External product mode, QUALIFY reserved, and the
language features that Google's own toolkit turns on for BigQuery. It talks in protocol buffers, for the Java class
SimpleCatalog does not load (its jar lacks PropertyGraph).
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jpype  # type: ignore[import-not-found]
import wire  # type: ignore[import-not-found]

# What zetasql-toolkit-bigquery 0.5.1 (May 2024) turns on for BigQuery.
FEATURES = Path(__file__).with_name("bigquery_features.txt").read_text().split()
STATEMENTS = (
    "RESOLVED_QUERY_STMT",
    "RESOLVED_CREATE_TABLE_STMT",
    "RESOLVED_CREATE_TABLE_AS_SELECT_STMT",
    "RESOLVED_CREATE_VIEW_STMT",
    "RESOLVED_CREATE_MATERIALIZED_VIEW_STMT",
    "RESOLVED_MERGE_STMT",
    "RESOLVED_INSERT_STMT",
    "RESOLVED_UPDATE_STMT",
    "RESOLVED_DELETE_STMT",
)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICRO = dt.timedelta(microseconds=1)
INTERVAL_MONTHS_SHIFT = 13


class Engine:
    """The library, and the tables that it holds now."""

    def __init__(self, jars: list[str]) -> None:
        jpype.startJVM("-Xmx1g", "-XX:TieredStopAtLevel=1", classpath=jars)
        jpype.JPackage("java").util.logging.LogManager.getLogManager().reset()
        zetasql = jpype.JPackage("com").google.zetasql
        self._failure = jpype.JClass("com.google.zetasql.io.grpc.StatusRuntimeException")
        self._text = jpype.JClass("com.google.protobuf.TextFormat")
        self._proto = zetasql.LocalService
        self._stub = zetasql.ZetaSqlLocalServiceGrpc.newBlockingStub(zetasql.ClientChannelProvider.loadChannel())
        self._language = self._bigquery_language()
        self._registered: Any = None
        self._catalog: Any = None
        self._contents: dict[str, Any] = {}

    def _bigquery_language(self) -> str:
        everything = self._proto.LanguageOptionsRequest.newBuilder().setMaximumFeatures(True).build()
        lines = str(self._stub.getLanguageOptions(everything)).splitlines()
        known = [line.split("FEATURE_")[1] for line in lines if line.startswith("enabled_language_features")]
        features = [f"enabled_language_features: FEATURE_{name}" for name in known if name in FEATURES]
        kinds = [f"supported_statement_kinds: {kind}" for kind in STATEMENTS]
        return " ".join([*features, 'product_mode: PRODUCT_EXTERNAL reserved_keywords: "QUALIFY"', *kinds])

    def load(self, tables: dict[str, dict[str, Any]]) -> None:
        """Hold {name: {"columns": {name: type}, "rows": [...]}}; a dotted name is in that dataset."""
        if self._registered is not None:
            request = self._proto.UnregisterRequest.newBuilder().setRegisteredId(self._registered)
            self._call(self._stub.unregisterCatalog, request)
            self._registered = None
        columns = {tuple(name.split(".")): table["columns"] for name, table in tables.items()}
        columns |= {(name,): table["columns"] for name, table in tables.items()}
        catalog = (
            f'name: "project" builtin_function_options {{ language_options {{ {self._language} }} }} '
            + catalog_text(columns)
        )
        request = self._build(self._proto.RegisterCatalogRequest.newBuilder(), f"simple_catalog {{ {catalog} }}")
        self._catalog = request.getSimpleCatalog()
        self._registered = self._call(self._stub.registerCatalog, request).getRegisteredId()
        self._contents = {name: self._content(table) for name, table in tables.items()}

    def _content(self, table: dict[str, Any]) -> Any:
        kinds = list(table["columns"].values())
        lines = []
        for row in table["rows"]:
            cells = [f"cell {{ {value_text(kind, wire.decode(v))} }}" for kind, v in zip(kinds, row, strict=True)]
            lines.append("row { " + " ".join(cells) + " }")
        text = f'table_content {{ key: "t" value {{ table_data {{ {" ".join(lines)} }} }} }}'
        return self._build(self._proto.EvaluateQueryRequest.newBuilder(), text).getTableContentMap().get("t")

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        """[(column, type)] of a query, [] of another statement."""
        options = f"registered_catalog_id: {self._registered} options {{ {self._options('UTC', {})} }}"
        request = self._build(self._proto.AnalyzeRequest.newBuilder(), options).setSqlStatement(sql)
        statement = self._call(self._stub.analyze, request).getResolvedStatement()
        if not statement.hasResolvedQueryStmtNode():
            return []
        columns = statement.getResolvedQueryStmtNode().getOutputColumnListList()
        return [(str(column.getName()), type_name(column.getColumn().getType())) for column in columns]

    def execute(self, sql: str, params: dict[str, tuple[str, Any]], zone: str) -> dict[str, object]:
        """Names and rows. params: {name: (type, value)}."""
        values = [
            f'params {{ name: "{n}" value {{ {value_text(t, wire.decode(v))} }} }}' for n, (t, v) in params.items()
        ]
        text = f"options {{ {self._options(zone, params)} }} " + " ".join(values)
        sql = flat_names(sql, self._contents)
        request = self._build(self._proto.EvaluateQueryRequest.newBuilder(), text).setSql(sql)
        request.setSimpleCatalog(self._catalog)
        lowered = sql.lower()
        for name, content in self._contents.items():
            if name.lower() in lowered:
                request.putTableContent(name, content)
        answer = self._call(self._stub.evaluateQuery, request)
        columns = answer.getPrepared().getColumnsList()
        kinds = [column.getType() for column in columns]
        rows = [
            [wire.encode(python_value(kind, cell)) for kind, cell in zip(kinds, row.getCellList(), strict=True)]
            for row in answer.getContent().getTableData().getRowList()
        ]
        return {"columns": [str(column.getName()) for column in columns], "rows": rows}

    def _options(self, zone: str, params: dict[str, tuple[str, Any]]) -> str:
        told = [
            f'query_parameters {{ name: "{name}" type {{ {type_text(kind)} }} }}' for name, (kind, _) in params.items()
        ]
        return f'language_options {{ {self._language} }} default_timezone: "{zone}" ' + " ".join(told)

    def _build(self, builder: Any, text: str) -> Any:
        self._text.merge(text, builder)
        return builder

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request.build())
        except self._failure as error:
            raise wire.Rejected(str(error.getStatus().getDescription())) from None


def flat_names(sql: str, names: Iterable[str]) -> str:
    """The evaluator gives rows to tables outside of datasets only: `ds`.`t` becomes the one name `ds.t`."""
    for name in names:
        if "." in name:
            path = r"\.".join(f"`?{re.escape(part)}`?" for part in name.split("."))
            sql = re.sub(rf"(?<![\w.`]){path}(?![\w`])", f"`{name}`", sql)
    return sql


def catalog_text(tables: dict[tuple[str, ...], dict[str, str]]) -> str:
    out = []
    folders: dict[str, dict[tuple[str, ...], dict[str, str]]] = {}
    for (head, *rest), columns in tables.items():
        if rest:
            folders.setdefault(head, {})[tuple(rest)] = columns
            continue
        fields = [f"column {{ name: {json.dumps(n)} type {{ {type_text(t)} }} }}" for n, t in columns.items()]
        out.append(f"table {{ name: {json.dumps(head)} {' '.join(fields)} }}")
    return " ".join(out + [f"catalog {{ name: {json.dumps(n)} {catalog_text(t)} }}" for n, t in folders.items()])


def type_text(name: str) -> str:
    if name.startswith("ARRAY<"):
        return f"type_kind: TYPE_ARRAY array_type {{ element_type {{ {type_text(name[6:-1])} }} }}"
    return "type_kind: TYPE_" + {"FLOAT64": "DOUBLE"}.get(name, name)


def type_name(kind: Any) -> str:
    name = str(kind.getTypeKind())[5:]
    if name == "ARRAY":
        return f"ARRAY<{type_name(kind.getArrayType().getElementType())}>"
    if name == "STRUCT":
        fields = kind.getStructType().getFieldList()
        return (
            "STRUCT<" + ", ".join(f"{field.getFieldName()} {type_name(field.getFieldType())}" for field in fields) + ">"
        )
    return {"DOUBLE": "FLOAT64"}.get(name, name)


def value_text(kind: str, value: Any) -> str:
    """A value of a type as text of its protocol buffer; nothing is NULL."""
    if value is None:
        return ""
    if kind.startswith("ARRAY<"):
        return "array_value { " + " ".join(f"element {{ {value_text(kind[6:-1], item)} }}" for item in value) + " }"
    if kind == "DATE":
        return f"date_value: {(value - EPOCH.date()).days}"
    if kind == "TIMESTAMP":
        seconds, micros = divmod((value - EPOCH) // MICRO, 1_000_000)
        return f"timestamp_value {{ seconds: {seconds} nanos: {micros * 1000} }}"
    if kind == "DATETIME":
        bits = ((value.year << 4 | value.month) << 5 | value.day) << 5 | value.hour
        bits = (bits << 6 | value.minute) << 6 | value.second
        return f"datetime_value {{ bit_field_datetime_seconds: {bits} nanos: {value.microsecond * 1000} }}"
    if kind in ("NUMERIC", "BIGNUMERIC"):
        return f'{kind.lower()}_value: "{decimal_bytes(value, 9 if kind == "NUMERIC" else 38)}"'
    if kind == "FLOAT64":
        return f"double_value: {float(value)!r}"
    if kind == "JSON":
        return f"json_value: {quoted(json.dumps(value))}"
    if kind == "STRING":
        return f"string_value: {quoted(value)}"
    return {"INT64": f"int64_value: {value}", "BOOL": f"bool_value: {str(value).lower()}"}[kind]


def quoted(text: str) -> str:
    """A text of the protocol buffer's language, which knows no pair of surrogates."""
    return json.dumps(text, ensure_ascii=False)


def decimal_bytes(value: decimal.Decimal, scale: int) -> str:
    """Two's complement of the scaled number, little endian, escaped."""
    with decimal.localcontext(prec=80):
        scaled = int(decimal.Decimal(value).scaleb(scale))
    size = (scaled if scaled >= 0 else ~scaled).bit_length() // 8 + 1
    return "".join(f"\\{byte:03o}" for byte in scaled.to_bytes(size, "little", signed=True))


def python_value(kind: Any, value: Any) -> object:
    if str(value.getValueCase()) == "VALUE_NOT_SET":
        return None
    name = str(kind.getTypeKind())[5:]
    if name == "ARRAY":
        element = kind.getArrayType().getElementType()
        return [python_value(element, item) for item in value.getArrayValue().getElementList()]
    if name == "STRUCT":
        fields = zip(kind.getStructType().getFieldList(), value.getStructValue().getFieldList(), strict=True)
        return {str(field.getFieldName()): python_value(field.getFieldType(), item) for field, item in fields}
    return READ[name](value)


def _decimal(raw: Any, scale: int) -> decimal.Decimal:
    whole = int.from_bytes(_bytes(raw), "little", signed=True)
    with decimal.localcontext(prec=80):
        return decimal.Decimal(whole).scaleb(-scale)


def _bytes(raw: Any) -> bytes:
    return bytes(byte & 255 for byte in raw.toByteArray())


def _instant(value: Any) -> dt.datetime:
    stamp = value.getTimestampValue()
    return EPOCH + dt.timedelta(seconds=int(stamp.getSeconds()), microseconds=int(stamp.getNanos()) // 1000)


def _wall(value: Any) -> dt.datetime:
    told = value.getDatetimeValue()
    bits = int(told.getBitFieldDatetimeSeconds())
    parts = (bits >> 26, bits >> 22 & 15, bits >> 17 & 31, bits >> 12 & 31, bits >> 6 & 63, bits & 63)
    return dt.datetime(*parts, microsecond=int(told.getNanos()) // 1000)


def _interval(value: Any) -> dt.timedelta:
    """Microseconds, days, then sign, months and nanoseconds in bits; a year is 365 days and a month 30."""
    raw = _bytes(value.getIntervalValue())
    micros = int.from_bytes(raw[:8], "little", signed=True)
    days = int.from_bytes(raw[8:12], "little", signed=True)
    bits = int.from_bytes(raw[12:16], "little")
    years, months = divmod((bits & 0x7FFFFFFF) >> INTERVAL_MONTHS_SHIFT, 12)
    sign = -1 if bits >> 31 else 1
    return dt.timedelta(days=days + sign * (years * 365 + months * 30), microseconds=micros)


READ: dict[str, Any] = {
    "INT64": lambda value: int(value.getInt64Value()),
    "DOUBLE": lambda value: float(value.getDoubleValue()),
    "BOOL": lambda value: bool(value.getBoolValue()),
    "STRING": lambda value: str(value.getStringValue()),
    "NUMERIC": lambda value: _decimal(value.getNumericValue(), 9),
    "BIGNUMERIC": lambda value: _decimal(value.getBignumericValue(), 38),
    "DATE": lambda value: EPOCH.date() + dt.timedelta(days=int(value.getDateValue())),
    "TIMESTAMP": _instant,
    "DATETIME": _wall,
    "INTERVAL": _interval,
    "JSON": lambda value: json.loads(str(value.getJsonValue())),
}


def main() -> None:
    engine = Engine(sys.argv[1:])
    wire.serve({"load": engine.load, "analyse": engine.analyse, "execute": engine.execute})


if __name__ == "__main__":
    main()
