"""The keys of each type of connection. Engines read them; here they are named, so that a mistyped one is told."""

from __future__ import annotations

import re
from typing import Any

from kpictl.model.durations import parse_duration
from kpictl.model.key_findings import WrongType
from kpictl.model.keys import Block, Key
from kpictl.model.readers import INVALID, At, Filled, ListOf, Number, OneOf, Out, Reader, Schema, Text, place_of, shown
from kpictl.syntax import core

_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9A-Za-z-]{1,20}){0,4}")


class Anything:
    """Texts, lists and mappings, as typed."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        return value

    def schema(self) -> Schema:
        return {}


class Seconds:
    """A length of time as seconds: a number of them, or a duration such as `30s` and `5m`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        duration = parse_duration(value) if isinstance(value, str) else None
        if duration is not None and duration.seconds is not None:
            return duration.seconds
        return Number(least=0.001).read(value, at, out)

    def schema(self) -> Schema:
        duration = {"type": "string", "pattern": r"^\s*(?=\d*[1-9])\d{1,9}\s*[smhdw]\s*$"}
        return {"anyOf": [Number(least=0.001).schema(), duration]}


class Version:
    """A version, as typed: `33`, `33.0.0`."""

    def read(self, value: Any, at: At, out: Out) -> Any:
        if isinstance(value, str) and (_VERSION.fullmatch(value) or _number_of(value)):
            return str.__str__(value)
        out.append(WrongType.at(place_of(at), f"{shown(value)} is no version: numbers and points, such as 33.0.0"))
        return INVALID

    def schema(self) -> Schema:
        whole = f"^{_VERSION.pattern}$"
        return {"anyOf": [{"type": "number", "minimum": 0, "maximum": 9999}, {"type": "string", "pattern": whole}]}


def _number_of(value: str) -> bool:
    """Whether it is a number that the schema takes, in whatever way it is written."""
    found = core(value)
    return isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found <= 9999


def _key(name: str, doc: str, reader: Reader | None = None) -> Key:
    return Key(name, reader or Text(), doc)


_TYPE = Key("type", Filled(), "Which engine it is.", required=True)
_SERVER = (
    _key("dsn", "A connection string, instead of the keys below."),
    _key("uri", "A connection string, as an address."),
    _key("url", "A connection string, as an address."),
    _key("host", "The server's name."),
    _key("port", "The server's port."),
    _key("user", "Who connects."),
    _key("password", "The password; take it from env_var()."),
    _key("dbname", "The database."),
    _key("database", "The database."),
    _key("schema", "The schema in which tables are looked up."),
    _key("sslmode", "How the connection is encrypted."),
    _key("sslrootcert", "The certificate that the server's is checked against."),
    _key("sslcert", "The client's certificate."),
    _key("sslkey", "The client's key file."),
    _key(
        "connect_timeout",
        "How long to wait for a connection: seconds, or a duration; 10s (or a shorter `timeout`) when left out.",
        Seconds(),
    ),
    _key("statement_timeout", "How long a statement may run: seconds, or a duration; 5m when left out.", Seconds()),
    _key("options", "Further options of the driver.", Anything()),
)
_POSTGRES = (
    *_SERVER,
    _key("pass", "The password, as dbt calls it."),
    _key("search_path", "Schemas in which tables are looked up after `schema`, divided by commas."),
    _key("role", "The role to take after connecting."),
    _key("lock_timeout", "How long to wait for a lock: seconds, or a duration; 30s when left out.", Seconds()),
    _key("keepalives_idle", "Seconds of silence after which the connection is probed."),
    _key("application_name", "What the server calls the session."),
)
_CLOUD = (
    _key("token", "An access token."),
    _key("auth", "How to prove who one is."),
    _key("role", "The role to take."),
    _key("account", "The account."),
    _key("tenant", "The tenant."),
    _key("client_id", "The client."),
    _key("client_secret", "The client's secret."),
    _key("timeout", "Seconds to wait for an answer."),
)
_DUCKDB = (
    _key("path", "The database file, relative to the project."),
    _key("files", "A folder, relative to the project: each csv, parquet and json file is a table, each .sql a view."),
    _key("schema", "The schema in which tables are looked up."),
    _key("memory_limit", "How much memory it may use."),
    _key("temp_limit", "How much temporary disk space it may use."),
    _key("threads", "How many threads it may use.", Number(integer=True, least=1)),
    _key("timeout", "How long a statement may run: seconds, or a duration; 5m when left out.", Seconds()),
    _key("lock_timeout", "How long to wait for a store that another process writes; 1m when left out.", Seconds()),
    _key("options", "Further settings.", Anything()),
)
_DRUID = (
    *_SERVER,
    _key("token", "A bearer token."),
    _key("headers", "Headers of each request.", Anything()),
    _key("context", "Query context of each query: what says how it runs, not what it means.", Anything()),
    _key(
        "version",
        "The cluster's version: `33`; before 32 nothing is compiled for it. Left out, it is asked.",
        Version(),
    ),
    _key(
        "extensions",
        "Extensions that the cluster loads; what needs another is refused. Left out: those of the cluster that is emitted.",
        ListOf(Filled()),
    ),
    _key("verify", "Whether the certificate is checked; true when left out.", Anything()),
    _key("timeout", "How long a query may run: seconds, or a duration; 5m when left out.", Seconds()),
)
_BIGQUERY = (
    _key("project", "The project that holds the data."),
    _key("billing_project", "The project that pays."),
    _key("dataset", "The dataset in which tables are looked up."),
    _key("location", "Where jobs run."),
    _key("keyfile", "A file with the key of a service account."),
    _key("keyfile_json", "The key itself.", Anything()),
    _key("credentials", "Where credentials come from.", Anything()),
    _key("endpoint", "Another address than Google's."),
    _key("maximum_bytes_billed", "A query beyond is refused."),
    *(key for key in _CLOUD if key.name not in ("auth", "timeout")),
    _key("auth", "`none` for an emulator; left out: Google's default credentials where no key or token is given."),
    _key("timeout", "How long to wait for an answer: seconds, or a duration; 1m when left out.", Seconds()),
)
_SYNAPSE = (
    *_SERVER,
    *_CLOUD,
    _key("server", "The server's name; a port may stand behind a comma."),
    _key("pool", "Which pool it is; the SQL is the same for both.", OneOf(("dedicated", "serverless"))),
    _key("encrypt", "Whether the connection is encrypted; true when left out.", Anything()),
    _key("trust_server_certificate", "Whether any certificate is taken; false when left out.", Anything()),
)
_SNOWFLAKE = (
    *_SERVER,
    *_CLOUD,
    _key("warehouse", "The warehouse that computes."),
    _key("protocol", "`http` for an emulator; https when left out.", OneOf(("http", "https"))),
    _key("authenticator", "How to log in, as Snowflake's driver has it."),
    _key("private_key", "The private key."),
    _key("private_key_path", "The file with the private key."),
    _key("private_key_passphrase", "Its passphrase."),
)
_MONGODB = (
    *_SERVER,
    *_CLOUD,
    _key("account_key", "The key of the account."),
    _key("endpoint", "The account's address."),
    _key("key", "The account's key."),
    _key("auth_source", "The database that knows the user."),
    _key("replica_set", "The replica set."),
    _key("tls", "Whether the connection is encrypted."),
)
_REDSHIFT = (
    *_SERVER,
    *_CLOUD,
    _key("cluster", "The cluster."),
    _key("region", "The region."),
    _key("workgroup", "The workgroup of a serverless one."),
    _key("iam", "Whether IAM is used."),
    _key("profile", "The profile of AWS."),
)


_AGAIN = "nothing is tried twice within a run: a KPI that failed is still due, and the next `kpictl run` computes it"
FROM_DBT = {
    "threads": "the engine has its own; for DuckDB write `threads:` under the output or its connection",
    "retries": _AGAIN,
    "connect_retries": _AGAIN,
    "job_retries": _AGAIN,
    "retry_all": _AGAIN,
    "retry_on_database_errors": _AGAIN,
    "method": "leave it out: `keyfile`, `token` or `auth` say how to log in",
    "job_execution_timeout_seconds": "write `timeout:`, in seconds or as a duration",
    "attach": "write a connection for each database",
    "settings": "write `options:`",
    "driver": "leave it out: no ODBC driver is needed",
    "authentication": "leave it out: `user:` and `password:`, or `token:`, say how to log in",
}
"""Keys of a dbt profile that mean nothing here, or stand elsewhere: what to do instead."""


def _block(name: str, keys: tuple[Key, ...]) -> Block:
    unique = {key.name: key for key in (_TYPE, *keys)}
    elsewhere = {key: way for key, way in FROM_DBT.items() if key not in unique}
    return Block(f"a connection of type {name}", tuple(unique.values()), elsewhere)


CONNECTIONS = {
    name: _block(name, keys)
    for name, keys in {
        "duckdb": _DUCKDB,
        "postgres": _POSTGRES,
        "timescale": _POSTGRES,
        "druid": _DRUID,
        "bigquery": _BIGQUERY,
        "synapse": _SYNAPSE,
        "snowflake": _SNOWFLAKE,
        "redshift": _REDSHIFT,
        "mongodb": _MONGODB,
        "cosmosdb": _MONGODB,
    }.items()
}
TYPES = tuple(CONNECTIONS)
KNOWN_KEYS = frozenset(
    ("target", "outputs", "store", "as_of", *(key.name for block in CONNECTIONS.values() for key in block.keys))
)
"""Keys of a profile whose values are known to be secret or not."""
