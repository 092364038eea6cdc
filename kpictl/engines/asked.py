"""What the connections have in common that are asked and run nothing: their options, their words, and how they end."""

from __future__ import annotations

from kpictl.diagnostics import Refused
from kpictl.engines.findings import CannotConnect, EngineLost
from kpictl.model.project import Connection
from kpictl.project.secrets import redact, secrets_of, spellings

_TIMEOUT = 60.0


class AskedSession:
    """A session with a service. What ended it is kept in `_refused`: nothing more is asked of one that is gone."""

    title: str
    """The service, as its messages begin."""
    whose: str = "service"
    """What somebody should look after when no answer comes."""

    def __init__(self, connection: Connection) -> None:
        self.name = connection.name
        self._bound = connection
        self._options = {key: value for key, value in connection.options.items() if value is not None}
        self._secrets = spellings(secrets_of(connection.options))
        self._timeout = float(str(self._options.get("timeout", self._options.get("statement_timeout", _TIMEOUT))))
        self._refused: Refused | None = None

    def _lost(self, why: str) -> Refused:
        help = [f"look after the {self.whose} and the network, then `kpictl debug`"]
        self._refused = Refused([EngineLost.at(None, self._said(why), help=help)])
        return self._refused

    def _cannot(self, why: str) -> Refused:
        message = f"connection `{self.name}` cannot be opened: {redact(why, self._secrets)}"
        help = ["`kpictl debug` tries every connection"]
        self._refused = Refused([CannotConnect.at(self._bound.place, message, help=help)])
        return self._refused

    def _said(self, what: str) -> str:
        return f"{self.title} ({self.name}): {redact(what, self._secrets)}"


def one_line(text: object) -> str:
    """A text of an engine without its lines."""
    return " ".join(str(text).split())
