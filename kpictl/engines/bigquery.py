"""BigQuery, asked by dry runs: `check --live` and `sources import`; no query runs there, and none costs anything.

A dry run checks the text, the tables, the columns and the permissions, and tells the bytes that the query would read
(https://cloud.google.com/bigquery/docs/samples/bigquery-query-dry-run). The driver is google-cloud-bigquery, an extra.
Nothing is tried twice, so that a service that is gone is told within the connection's `timeout`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from kpictl.diagnostics import Refused
from kpictl.engines.asked import AskedSession, one_line
from kpictl.engines.engine import EngineColumn, Fault, Rejected, offset_of
from kpictl.engines.findings import QueryFailed
from kpictl.engines.watched import Overdue, watched
from kpictl.model import types
from kpictl.model.project import Connection
from kpictl.model.types import Kind, Type
from kpictl.plan.compiled import Statement
from kpictl.project.secrets import redact

_T = TypeVar("_T")
_GRACE = 2.0
_PLACE = re.compile(r"\s*at \[(\d+):(\d+)\]\s*$")
_SCOPES = ("https://www.googleapis.com/auth/bigquery",)
_TYPES: Mapping[str, Type] = {
    **dict.fromkeys(("BOOLEAN", "BOOL"), types.BOOLEAN),
    **dict.fromkeys(("INTEGER", "INT64"), types.INTEGER),
    **dict.fromkeys(("FLOAT", "FLOAT64"), types.DOUBLE),
    **dict.fromkeys(("NUMERIC", "BIGNUMERIC"), types.DECIMAL),
    "STRING": types.TEXT,
    "DATE": types.DATE,
    "TIME": types.TIME,
    "DATETIME": types.TIMESTAMP,
    "TIMESTAMP": types.TIMESTAMPTZ,
    "JSON": types.JSON,
}
_PARAMETERS = {Kind.TIMESTAMPTZ: "TIMESTAMP", Kind.TIMESTAMP: "DATETIME", Kind.DATE: "DATE"}
_BUSY = ("quotaExceeded", "rateLimitExceeded", "backendError", "internalError", "jobRateLimitExceeded")


class BigQueryCatalogue(AskedSession):
    """A client; use `open_bigquery`."""

    dialect = "bigquery"
    title = "BigQuery"

    def __init__(self, connection: Connection, root: Path) -> None:
        super().__init__(connection)
        try:
            import google.cloud.bigquery  # noqa: F401
        except ImportError:
            raise self._cannot("its driver is not installed: pip install 'kpictl[bigquery]'") from None
        self._client: Any = self._asked(lambda: self._made(root))
        # Where tables without a project or dataset are looked up.
        self._project = str(self._options.get("project") or self._client.project)
        self._dataset = str(self._options.get("dataset") or self._options.get("schema") or "")

    def explain(self, statement: Statement, values: Mapping[str, datetime]) -> None:
        """A dry run; raises `Rejected` with BigQuery's place, and where it would read more than `maximum_bytes_billed`."""
        most, would = self._options.get("maximum_bytes_billed"), self.would_read(statement, values)
        if most is not None and would is not None and would > int(str(most)):
            message = f"it would read {would:,} bytes, more than `maximum_bytes_billed: {most}`"
            raise Rejected(QueryFailed.at(None, self._said(message)), Fault(message=message))

    def would_read(self, statement: Statement, values: Mapping[str, datetime]) -> int | None:
        """The bytes that a dry run tells: all of the columns and partitions that are read, whatever is found there."""
        from google.cloud import bigquery

        config = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False, use_legacy_sql=False)
        config.query_parameters = [
            bigquery.ScalarQueryParameter(each.name, _PARAMETERS[each.type.kind], values[each.name])
            for each in statement.parameters
        ]
        if self._dataset:
            config.default_dataset = f"{self._project}.{self._dataset}"
        job: Any = self._asked(
            lambda: self._client.query(
                statement.sql, job_config=config, retry=None, job_retry=None, timeout=self._timeout
            ),
            statement.sql,
        )
        told = job.total_bytes_processed
        return None if told is None else int(told)

    def columns(self, relation: str) -> tuple[EngineColumn, ...]:
        """The columns of a table or view: `t`, `dataset.t` or `project.dataset.t`."""
        table = self._asked(lambda: self._client.get_table(self._full(relation), retry=None, timeout=self._timeout))
        return tuple(_column(field) for field in table.schema)

    def relations(self) -> tuple[str, ...]:
        """Tables and views of the dataset by name; without a `dataset:`, none are listed."""
        if not self._dataset:
            return ()
        there = f"{self._project}.{self._dataset}"
        found = self._asked(
            lambda: [each.table_id for each in self._client.list_tables(there, retry=None, timeout=self._timeout)]
        )
        return tuple(sorted(found))

    def version(self) -> str:
        return f"BigQuery, project {self._project}"

    def close(self) -> None:
        """Ends the client's connections."""
        self._client.close()

    # -- one request

    def _made(self, root: Path) -> Any:
        from google.cloud import bigquery

        options = self._options
        pays = options.get("billing_project") or options.get("project")
        endpoint = options.get("endpoint")
        return bigquery.Client(
            project=None if pays is None else str(pays),
            credentials=self._credentials(root),
            location=str(options["location"]) if "location" in options else None,
            client_options={"api_endpoint": str(endpoint)} if endpoint else None,
        )

    def _credentials(self, root: Path) -> Any:
        """The key of a service account, an access token, none (`auth: none`, for an emulator), else Google's default."""
        options = self._options
        if "keyfile" in options or "keyfile_json" in options:
            from google.oauth2 import service_account

            if "keyfile" in options:
                told = json.loads((root / str(options["keyfile"])).read_text("utf-8"))
            else:
                given = options["keyfile_json"]
                told = dict(given) if isinstance(given, Mapping) else json.loads(str(given))
            return service_account.Credentials.from_service_account_info(told, scopes=_SCOPES)
        if "token" in options:
            from google.oauth2.credentials import Credentials

            return Credentials(str(options["token"]))
        if options.get("auth") == "none":
            from google.auth.credentials import AnonymousCredentials

            return AnonymousCredentials()
        import google.auth

        return google.auth.default(scopes=_SCOPES)[0]

    def _asked(self, work: Callable[[], _T], sql: str | None = None) -> _T:
        """Does the work within the time; whatever goes wrong becomes a diagnostic."""
        from google.api_core.exceptions import GoogleAPICallError
        from google.auth.exceptions import GoogleAuthError, RefreshError
        from requests.exceptions import RequestException

        if self._refused is not None:
            raise self._refused
        limit = self._timeout + _GRACE
        try:
            return watched(work, seconds=limit, stop=lambda: None, patience=0)
        except Overdue:
            raise self._lost(f"no answer within {limit:g} s") from None
        except GoogleAPICallError as error:
            raise self._failure(error, sql) from None
        except RefreshError as error:
            why = "its token is not taken, or is over" if "token" in self._options else one_line(error.args[0])
            raise self._cannot(why) from None
        except GoogleAuthError as error:
            raise self._cannot(one_line(error.args[0] if error.args else error)) from None
        except (RequestException, OSError) as error:
            if isinstance(error, OSError) and error.filename is not None:
                raise self._cannot(f"`keyfile:` {error.strerror}") from None
            why = (
                "what it answers is no JSON" if isinstance(error, ValueError) else f"no answer ({type(error).__name__})"
            )
            raise self._lost(why) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            # The driver reads the key and the answer without looking; either may be nonsense.
            if not hasattr(self, "_client"):
                raise self._cannot("its credentials cannot be read") from None
            raise self._lost("what it answers is no answer of BigQuery") from None

    def _failure(self, error: Any, sql: str | None) -> Refused:
        told = [each for each in (error.errors or ()) if isinstance(each, Mapping)]
        reason = next((str(each["reason"]) for each in told if "reason" in each), "")
        message = one_line(next((each["message"] for each in told if "message" in each), error.message))
        code = int(error.code or 0)
        if code == 401:
            return self._cannot(f"it knows no such token or key ({message})")
        if code >= 500 or code in (408, 429) or reason in _BUSY:
            return self._lost(message)
        if code not in (400, 403, 404):
            return self._lost(f"what it answers is no answer of BigQuery (status {code})")
        place = _PLACE.search(message)
        words = _PLACE.sub("", message)
        offset = offset_of(sql, int(place[1]), int(place[2])) if place is not None and sql is not None else None
        shown = redact(words, self._secrets)
        return Rejected(QueryFailed.at(None, self._said(words)), Fault(message=shown, offset=offset))

    def _full(self, relation: str) -> str:
        parts = relation.split(".")
        if len(parts) == 1 and not self._dataset:
            message = f"`{relation}` has no dataset, and the connection has no `dataset:`"
            raise Rejected(QueryFailed.at(None, self._said(message)), Fault(message=message))
        return ".".join([self._project, self._dataset][: max(0, 3 - len(parts))] + parts)


def open_bigquery(connection: Connection, root: Path) -> BigQueryCatalogue:
    """Makes the client of a `type: bigquery` connection; raises `Refused` (KPI901) where that fails."""
    return BigQueryCatalogue(connection, root)


def _column(field: Any) -> EngineColumn:
    native = str(field.field_type).upper()
    found = _TYPES.get(native)
    if found is not None and found.kind is Kind.DECIMAL and field.precision is not None:
        found = Type(Kind.DECIMAL, precision=int(field.precision), scale=int(field.scale or 0))
        native += f"({found.precision}, {found.scale})"
    if str(field.mode).upper() == "REPEATED":
        native = f"ARRAY<{native}>"
        found = None if found is None else Type(Kind.ARRAY, element=found)
    return EngineColumn(name=field.name, type=found, native=native)
