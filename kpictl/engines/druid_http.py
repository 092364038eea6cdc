"""One server that speaks HTTP: where it is, who asks, and one request with an end to its time and to its size.

No redirect is followed, so that a password goes nowhere but to the address in the profile. Certificates are checked
unless `verify: false` says otherwise. Every request has a connection of its own: nothing of a lost one is left.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kpictl.model.project import Connection
from kpictl.records import dataclass

LARGEST_ANSWER = 512 << 20
"""Bytes of an answer that are read; more is no KPI's."""
_LARGEST_ERROR = 64 << 10
_PIECE = 1 << 16
_PORT = 8888


class NoAddress(Exception):
    """The profile's keys make no address; the text says which, without any value that may be secret."""


class Unanswered(Exception):
    """No answer, or half of one: the network's words."""


class TooLarge(Exception):
    """An answer of more than `LARGEST_ANSWER` bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    reason: str
    kind: str
    """The content type."""
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server, and what each request to it carries."""

    host: str
    port: int
    path: str
    secure: ssl.SSLContext | None
    headers: Mapping[str, str] = field(repr=False)


class Call:
    """One request; `stop` ends it from another thread."""

    def __init__(self, address: Address, seconds: float) -> None:
        self._address = address
        if address.secure is None:
            self._line = http.client.HTTPConnection(address.host, address.port, timeout=seconds)
        else:
            self._line = http.client.HTTPSConnection(
                address.host, address.port, timeout=seconds, context=address.secure
            )

    def send(self, method: str, path: str, body: object = None, *, answer_within: float | None = None) -> Reply:
        """The whole reply; `answer_within` is the longest silence in seconds once the connection stands."""
        data = None if body is None else json.dumps(body).encode()
        try:
            self._line.connect()
            if answer_within is not None:
                self._line.sock.settimeout(answer_within)
            headers = {**self._address.headers, "Content-Type": "application/json", "Connection": "close"}
            self._line.request(method, self._address.path + path, data, headers)
            with self._line.getresponse() as response:
                kind = response.headers.get("Content-Type", "")
                limit = LARGEST_ANSWER if response.status == 200 else _LARGEST_ERROR
                read = _read(response, limit, cut=response.status != 200)
                return Reply(status=response.status, reason=response.reason, kind=kind, body=read)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswered(_words(error)) from None
        finally:
            self._line.close()

    def stop(self) -> None:
        """Shuts the connection, which ends whoever waits for it."""
        handle = self._line.sock
        if handle is not None:
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)


def address(connection: Connection, root: Path) -> Address:
    """Where a connection of the profile leads: `url`, or `host` and `port`."""
    options = {name: value for name, value in connection.options.items() if value is not None}
    text = str(options.get("url") or options.get("uri") or options.get("dsn") or "")
    if not text:
        if "host" not in options:
            raise NoAddress("it has no `url:`")
        scheme = "http" if str(options.get("sslmode", "disable")) == "disable" else "https"
        text = f"{scheme}://{options['host']}:{options.get('port', _PORT)}"
    try:
        found = urlsplit(text)
        host, port = found.hostname, found.port
    except ValueError:
        raise NoAddress("its `url:` cannot be read; a password's special characters are percent-encoded") from None
    if found.scheme not in ("http", "https") or not host:
        raise NoAddress("its `url:` is no address as https://druid-router:8888")
    if found.query or found.fragment:
        raise NoAddress("its `url:` must end with the host, the port or a path")
    secure = _secured(options, root) if found.scheme == "https" else None
    default = port or (443 if found.scheme == "https" else 80)
    path = found.path.rstrip("/").removesuffix("/druid/v2/sql")
    user = options.get("user") or (unquote(found.username) if found.username else None)
    password = options.get("password") or (unquote(found.password) if found.password else "")
    headers = _headers(options, None if user is None else f"{user}:{password}")
    return Address(host=host, port=default, path=path, secure=secure, headers=headers)


def _headers(options: Mapping[str, object], login: str | None) -> dict[str, str]:
    given = options.get("headers") or {}
    if not isinstance(given, Mapping):
        raise NoAddress("its `headers:` are no mapping of names to texts")
    found = {str(name): str(value) for name, value in given.items()}
    if "token" in options:
        found["Authorization"] = f"Bearer {options['token']}"
    elif login is not None:
        found["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    for name, value in found.items():
        if not (name.isascii() and value.isascii() and name.isprintable() and value.isprintable()):
            raise NoAddress(f"its header `{name[:40]!a}` is more than printable ASCII")
    return {"User-Agent": "kpictl", "Accept": "application/json", **found}


def _secured(options: Mapping[str, object], root: Path) -> ssl.SSLContext:
    def file(key: str) -> str | None:
        return str(root / str(options[key])) if key in options else None

    try:
        context = ssl.create_default_context(cafile=file("sslrootcert"))
        certificate = file("sslcert")
        if certificate is not None:
            context.load_cert_chain(certificate, file("sslkey"))
    except OSError as error:
        keys = [key for key in ("sslrootcert", "sslcert", "sslkey") if key in options]
        raise NoAddress(f"{', '.join(keys) or 'the certificates'}: {error.strerror or error}") from None
    if str(options.get("verify", "true")).lower() in ("false", "no", "off", "0"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _read(response: http.client.HTTPResponse, limit: int, *, cut: bool) -> bytes:
    pieces: list[bytes] = []
    length = 0
    while piece := response.read(_PIECE):
        pieces.append(piece)
        length += len(piece)
        if length > limit:
            if cut:
                break
            raise TooLarge
    declared = response.length  # what is left of a stated length: read() of a size does not tell
    if declared and not cut:
        raise http.client.IncompleteRead(b"", declared)
    return b"".join(pieces)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"it speaks no TLS that is understood here ({error.reason or 'no reason told'})"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer ended half way"
    if isinstance(error, http.client.BadStatusLine | http.client.LineTooLong | ValueError):
        return "what it answers is no HTTP"
    return " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
