"""Answers over HTTP how a worker is: probes for an orchestrator, its state for people, its metrics for Prometheus.

A server of four pages on the worker's own event loop, so that an answer proves that the loop turns. It begins and ends
with the worker. Whoever asks needs no token; by default it listens on this machine alone.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import msgspec

from c8py.worker.events import Event, PhaseChanged
from c8py.worker.metrics import Metrics
from c8py.worker.worker import Worker

_log: Final = logging.getLogger("c8py.worker")
_REQUEST_BYTES_MAX: Final = 8 * 1024
_REQUEST_S: Final = 5.0
_JSON, _TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"

Page = tuple[HTTPStatus, str, bytes]


class Vitals:
    """The server. `GET /health`, `/ready`, `/status` and `/metrics`.

    Args:
        worker: whose.
        port: to listen on; 0 takes a free one.
        host: to listen on; a container whose probes come from outside wants 0.0.0.0.
    """

    def __init__(self, worker: Worker, *, port: int, host: str = "127.0.0.1") -> None:
        self._worker = worker
        self._host = host
        self._port = port
        self._metrics = Metrics()
        self._server: asyncio.Server | None = None
        self._starting: asyncio.Task[None] | None = None
        self._pages: dict[str, Callable[[], Page]] = {
            "/health": self._health,
            "/ready": self._ready,
            "/status": self._status,
            "/metrics": self._numbers,
        }
        worker.observe(self._metrics)
        worker.observe(self._heard)

    @property
    def address(self) -> str | None:
        """Where it listens; None while it does not."""
        if self._server is None or not self._server.sockets:
            return None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def _heard(self, event: Event) -> None:
        if not isinstance(event, PhaseChanged):
            return
        if event.phase == "working":
            self._starting = asyncio.create_task(self._start(), name="vitals")
        elif event.phase == "stopped":
            if self._starting is not None:
                self._starting.cancel()
            if self._server is not None:
                self._server.close()
                self._server = None

    async def _start(self) -> None:
        try:
            self._server = await asyncio.start_server(self._answer, self._host, self._port, limit=_REQUEST_BYTES_MAX)
        except OSError as error:
            _log.error("nobody can ask how this worker is: expected port %s to be free, but %s", self._port, error)
        else:
            _log.info("health at %s/health, readiness at /ready, state at /status, metrics at /metrics", self.address)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
                status, kind, body = self._page(head)
                writer.write(
                    f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {kind}\r\n"
                    f"content-length: {len(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n".encode()
                    + (b"" if head.startswith(b"HEAD ") else body)
                )
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked does not say what, or is gone
        finally:
            writer.close()

    def _page(self, head: bytes) -> Page:
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        page = self._pages.get(rest.partition(" ")[0].partition("?")[0])
        if page is None:
            return HTTPStatus.NOT_FOUND, _TEXT, b"/health /ready /status /metrics\n"
        if method not in {"GET", "HEAD"}:
            return HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"GET\n"
        return page()

    def _health(self) -> Page:
        return HTTPStatus.OK, _JSON, msgspec.json.encode({"phase": self._worker.state.phase})

    def _ready(self) -> Page:
        state = self._worker.state
        idle = {one.type: one.idle for one in state.types if one.idle}
        status = HTTPStatus.OK if state.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return status, _JSON, msgspec.json.encode({"ready": state.ready, "phase": state.phase, "idle": idle})

    def _status(self) -> Page:
        return HTTPStatus.OK, _JSON, msgspec.json.encode(self._worker.state)

    def _numbers(self) -> Page:
        return HTTPStatus.OK, _TEXT, self._metrics.text(self._worker.state).encode()
