"""Opens a session over TDS, Microsoft's protocol, with python-tds; its TLS is checked against the system's certificates.

The driver's own check of the host's name reads `get_extension` of a certificate, which pyOpenSSL 26 does not have any more,
and takes `DNS:` off by `lstrip`; so the check here stands in its place. A session that the service sends on to another host
(connection policy Redirect) is checked against that host's name.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kpictl.engines.watched import watched

_CONNECT = 10.0
_PORT = 1433


class NotTrusted(Exception):
    """No TLS came about: the server's certificate is not of an authority that is trusted, or it speaks no TLS 1.2."""


def connected(options: Mapping[str, Any], root: Path, seconds: float) -> Any:
    """A session with autocommit; raises what the driver raises, `NotTrusted` and `Overdue`."""
    import pytds
    from OpenSSL import SSL
    from pytds import tls

    host, port = _server(options)
    token = options.get("token")
    wait = min(float(str(options.get("connect_timeout", _CONNECT))), seconds)
    encrypted = str(options.get("encrypt", True)).lower() not in ("false", "no", "0", "optional")
    trusted = str(options.get("trust_server_certificate", False)).lower() in ("true", "yes", "1")
    if encrypted:
        tls.validate_host = _takes_any if trusted else _is_of
        tls.verify_cb = _takes_any if trusted else _as_verified

    def work() -> Any:
        try:
            return pytds.connect(
                dsn=host,
                port=port,
                database=_first(options, "database", "dbname"),
                user=None if token else _first(options, "user"),
                password=None if token else _first(options, "password"),
                access_token_callable=(lambda: str(token)) if token else None,
                timeout=seconds,
                login_timeout=wait,
                autocommit=True,
                cafile=_certificates(options, root) if encrypted else None,
                appname="kpictl",
                disable_connect_retry=True,
            )
        except SSL.Error as error:
            raise NotTrusted("; ".join(each[-1] for each in error.args[0]) or "TLS failed") from None
        except Exception as error:
            if type(error) is not Exception:  # a server that insists on TLS though none was offered
                raise
            raise NotTrusted("it takes encrypted connections alone; leave `encrypt:` out") from None

    return watched(work, seconds=wait + 2, stop=lambda: None, patience=0)


def _server(options: Mapping[str, Any]) -> tuple[str, int]:
    """`server:` or `host:`, with a port behind a comma or in `port:`."""
    given = _first(options, "server", "host")
    if given is None:
        raise ValueError("it has no `server:`")
    host, _, port = given.removeprefix("tcp:").partition(",")
    return host, int(port or str(options.get("port", _PORT)))


def _first(options: Mapping[str, Any], *keys: str) -> str | None:
    return next((str(options[key]) for key in keys if options.get(key) is not None), None)


def _certificates(options: Mapping[str, Any], root: Path) -> str:
    """A file with the certificates that are trusted: the connection's own, else the system's, else those of certifi."""
    own = options.get("sslrootcert")
    if own is not None:
        return str(root / str(own))
    there = ssl.get_default_verify_paths().cafile
    if there is not None:
        return there
    import certifi

    return str(certifi.where())


def _as_verified(connection: Any, certificate: Any, error: int, depth: int, taken: int) -> bool:
    return taken == 1


def _takes_any(*of: object, **named: object) -> bool:
    return True


def _is_of(*, cert: Any, name: bytes) -> bool:
    """Whether a certificate names a host, itself or by a `*` for its first label (RFC 6125, 6.4)."""
    from cryptography import x509

    try:
        names = cert.to_cryptography().extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    host = name.decode("ascii").lower().rstrip(".")
    known = [each.lower() for each in names.get_values_for_type(x509.DNSName)]
    addresses = [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    label, _, rest = host.partition(".")
    return host in known or host in addresses or bool(label and rest and f"*.{rest}" in known)
