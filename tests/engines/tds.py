"""A server that speaks enough of TDS (MS-TDS) to log a client in and to answer batches with rows, errors or anything else.

Written from the protocol's specification, apart from the driver: packets, PRELOGIN (with TLS inside), LOGIN7, SQL batches.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

Cell = int | str | None
PRELOGIN, LOGIN, BATCH, ATTENTION, REPLY = 0x12, 0x10, 0x01, 0x06, 0x04
_ENCRYPTED, _NO_ENCRYPTION = 1, 2


@dataclass(frozen=True, slots=True)
class Wrong:
    """An error as a server tells it."""

    number: int
    message: str
    line: int = 1
    severity: int = 16


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes in place of an answer; what stands behind them is the end of the connection."""

    data: bytes


Answer = Sequence[tuple[Cell, ...]] | Sequence[Wrong] | Wrong | Raw | None
"""Rows, or what is wrong with a batch; None hangs."""


class Server:
    """Listens on `port` of localhost; `answer` tells what a batch is answered with, `login` what refuses a login."""

    def __init__(self, answer: Callable[[str], Answer], tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.login: Wrong | Raw | None = None
        self.batches: list[str] = []
        self.logins: list[bytes] = []
        self._tls = tls
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError), client:
            line = _Line(client)
            while True:
                kind, data = line.read()
                if kind == PRELOGIN:
                    line.write(REPLY, _prelogin(_NO_ENCRYPTION if self._tls is None else _ENCRYPTED))
                    if self._tls is not None:
                        line.encrypt(self._tls)
                elif kind == LOGIN:
                    self.logins.append(data)
                    if isinstance(self.login, Raw):
                        client.sendall(self.login.data)
                        return
                    line.write(REPLY, _welcome() if self.login is None else _error(self.login) + _done(2))
                elif kind == BATCH:
                    self._batch(line, data)
                elif kind == ATTENTION:
                    line.write(REPLY, _done(0x20))

    def _batch(self, line: _Line, data: bytes) -> None:
        (headers,) = struct.unpack_from("<I", data)
        text = data[headers:].decode("utf-16-le")
        self.batches.append(text)
        found = self.answer(text)
        if isinstance(found, Raw):
            line.raw(found.data)
            raise EOFError
        if found is not None:
            line.write(REPLY, _answered([found] if isinstance(found, Wrong) else found))


class _Line:
    """Packets on a socket, in clear or, once asked to, in TLS whose handshake travels in packets."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._inside = ssl.MemoryBIO()
        self._outside = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    def read(self) -> tuple[int, bytes]:
        data = b""
        while True:
            kind, status, length = struct.unpack(">BBH4x", self._exactly(8))
            data += self._exactly(length - 8)
            if status & 1:
                return kind, data

    def write(self, kind: int, data: bytes) -> None:
        for start in range(0, len(data), 4000):
            part = data[start : start + 4000]
            last = start + 4000 >= len(data)
            self.raw(struct.pack(">BBHHBB", kind, 1 if last else 0, len(part) + 8, 0, 1, 0) + part)

    def raw(self, data: bytes) -> None:
        if self._tls is not None:
            self._tls.write(data)
            data = self._outside.read()
        self._client.sendall(data)

    def encrypt(self, context: ssl.SSLContext) -> None:
        tls = context.wrap_bio(self._inside, self._outside, server_side=True)
        done = False
        while not done:
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                raise EOFError from None  # a client that does not trust it
            if told := self._outside.read():
                self.write(PRELOGIN, told)
            if not done:
                self._inside.write(self.read()[1])
        self._tls = tls

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self._some(count - len(data))
        return data

    def _some(self, most: int) -> bytes:
        while self._tls is not None:
            try:
                return self._tls.read(most)
            except ssl.SSLWantReadError:
                self._inside.write(self._received())
            except ssl.SSLError:
                raise EOFError from None
        return self._received(most)

    def _received(self, most: int = 65536) -> bytes:
        data = self._client.recv(most)
        if not data:
            raise EOFError
        return data


def _prelogin(encryption: int) -> bytes:
    # The table of options (token, place, length), its end, and the values: the version and whether it encrypts.
    table = struct.pack(">BHHBHHB", 0, 11, 6, 1, 17, 1, 0xFF)
    return table + struct.pack(">LH", 0x0C000000, 0) + bytes([encryption])


def _welcome() -> bytes:
    name = _short("Microsoft SQL Server")
    body = struct.pack("<B", 1) + struct.pack(">I", 0x74000004) + name + bytes((12, 0, 0, 0))
    return b"\xad" + struct.pack("<H", len(body)) + body + _done(0)


def _answered(found: Sequence[object]) -> bytes:
    wrong = [each for each in found if isinstance(each, Wrong)]
    if wrong:
        return b"".join(map(_error, wrong)) + _done(2)
    rows = [each for each in found if isinstance(each, tuple)]
    if not rows:
        return _done(0)
    whole = [all(isinstance(row[n], int | None) for row in rows) for n in range(len(rows[0]))]
    head = b"\x81" + struct.pack("<H", len(whole)) + b"".join(_column(f"c{n}", is_) for n, is_ in enumerate(whole))
    told = b"".join(b"\xd1" + b"".join(_cell(cell, is_) for cell, is_ in zip(row, whole, strict=True)) for row in rows)
    return head + told + _done(0x10, len(rows))


def _column(name: str, whole: bool) -> bytes:
    kind = b"\x26\x04" if whole else b"\xe7" + struct.pack("<H", 8000) + bytes((9, 4, 0xD0, 0, 52))
    return struct.pack("<IH", 0, 1) + kind + _short(name)


def _cell(cell: object, whole: bool) -> bytes:
    if whole:
        return b"\x00" if cell is None else b"\x04" + struct.pack("<i", cell)
    if cell is None:
        return b"\xff\xff"
    text = str(cell).encode("utf-16-le")
    return struct.pack("<H", len(text)) + text


def _error(wrong: Wrong) -> bytes:
    text = struct.pack("<H", len(wrong.message)) + wrong.message.encode("utf-16-le")
    body = struct.pack("<iBB", wrong.number, 1, wrong.severity) + text + _short("s") + _short("")
    body += struct.pack("<I", wrong.line)
    return b"\xaa" + struct.pack("<H", len(body)) + body


def _done(status: int, rows: int = 0) -> bytes:
    return b"\xfd" + struct.pack("<HHQ", status, 0, rows)


def _short(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("utf-16-le")
