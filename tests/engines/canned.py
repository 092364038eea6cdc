"""A server that answers every request with the same bytes, whatever they are, and remembers what it was asked."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress


class Canned:
    """Listens on `port` of localhost. `answers` maps the beginning of a request line to bytes; None hangs."""

    def __init__(self, answers: dict[str, bytes | None], tls: ssl.SSLContext | None = None) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.slow = 0.0
        """Seconds between two bytes."""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        if tls is not None:
            self._server = tls.wrap_socket(self._server, server_side=True)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except ssl.SSLError:
                continue  # a client that does not trust it
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            head = self._request(client)
            self.asked.append(head)
            found = next((body for start, body in self.answers.items() if head.startswith(start)), b"")
            if found is None:
                client.recv(1)  # until the other side gives up
                return
            if self.slow:
                for byte in found:
                    client.sendall(bytes([byte]))
                    time.sleep(self.slow)
            else:
                client.sendall(found)
            client.shutdown(socket.SHUT_WR)
            client.recv(1)

    def _request(self, client: socket.socket) -> str:
        data = b""
        while b"\r\n\r\n" not in data and (piece := client.recv(65536)):
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length and (piece := client.recv(65536)):
            body += piece
        return (head + b"\r\n\r\n" + body).decode()


def reply(body: str, *, status: str = "200 OK", kind: str = "application/json", more: str = "") -> bytes:
    """A whole HTTP answer; it says that the connection ends, lest a client asks again on one that just ended."""
    data = body.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n{more}\r\n"
    )
    return head.encode() + data
