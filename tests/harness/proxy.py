"""A proxy on a real socket that writes down what it is asked for, and leads names that exist nowhere to local ports."""

import base64
import contextlib
import socket
import threading
import time
from collections.abc import Mapping
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import NamedTuple

_CHUNK = 65536


class Asked(NamedTuple):
    """One request of a client.

    Attributes:
        line: the first one, as `CONNECT host:443 HTTP/1.1`.
        headers: names in lower case.
        passed: what the client sent through the tunnel.
    """

    line: str
    headers: Mapping[str, str]
    passed: bytearray


class Proxy:
    """Opens tunnels (CONNECT), and passes on requests of plain HTTP.

    Args:
        routes: from `host:port` as clients ask for it to the local port behind it.
        user: with a colon and a password, where the proxy wants them; others are answered 407.
        slow_s: how long it takes to open a tunnel.
    """

    def __init__(self, routes: Mapping[str, int], user: str = "", *, slow_s: float = 0.0) -> None:
        self.slow_s = slow_s
        self.routes = dict(routes)
        self.wanted = f"Basic {base64.b64encode(user.encode()).decode()}" if user else ""
        self.asked: list[Asked] = []
        self._server = _Listener(("127.0.0.1", 0), _handler(self))
        self.target = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.target}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def tunnels(self) -> list[str]:
        """The places that tunnels were asked for to."""
        return [asked.line.split()[1] for asked in self.asked if asked.line.startswith("CONNECT ")]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Listener(ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that break off are what some tests are about."""


def _handler(proxy: Proxy) -> type[StreamRequestHandler]:
    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode().strip()
            headers: dict[str, str] = {}
            while header := self.rfile.readline().decode().strip():
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            asked = Asked(line, headers, bytearray())
            proxy.asked.append(asked)
            if proxy.wanted and headers.get("proxy-authorization") != proxy.wanted:
                self._answer("407 Proxy Authentication Required")
            elif line.startswith("CONNECT "):
                self._tunnel(asked, proxy.routes.get(line.split()[1]))
            else:
                self._answer("200 OK")

        def _answer(self, status: str) -> None:
            self.wfile.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())

        def _tunnel(self, asked: Asked, port: int | None) -> None:
            if port is None:
                self._answer("502 Bad Gateway")
                return
            time.sleep(proxy.slow_s)
            with socket.create_connection(("127.0.0.1", port)) as behind:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(behind, self.connection, None), daemon=True)
                back.start()
                _pump(self.connection, behind, asked.passed)
                back.join(5)

    return Handler


def _pump(source: socket.socket, sink: socket.socket, seen: bytearray | None) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            if seen is not None:
                seen.extend(chunk)
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
