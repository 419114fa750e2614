"""Answers over HTTP how a worker is: probes for an orchestrator, its state for people, its metrics for Prometheus.

Four pages on the worker's own event loop, that begin and end with the worker. Whoever asks needs no token; by default
they are for this machine alone.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Final

from c8py.worker.events import Event, PhaseChanged
from c8py.worker.metrics import Metrics
from c8py.worker.pages import Page, PageServer, as_json, as_text
from c8py.worker.worker import Worker

_log: Final = logging.getLogger("c8py.worker")


class Vitals:
    """The server. `GET /health`, `/ready`, `/status` and `/metrics`.

    Args:
        worker: whose.
        port: to listen on; 0 takes a free one.
        host: to listen on; a container whose probes come from outside wants 0.0.0.0.
    """

    def __init__(self, worker: Worker, *, port: int, host: str = "127.0.0.1") -> None:
        self._worker = worker
        self._metrics = Metrics()
        self._starting: asyncio.Task[None] | None = None
        pages = {
            "/health": self._health,
            "/ready": self._ready,
            "/status": self._status,
            "/metrics": self._numbers,
        }
        self._server = PageServer(pages, port=port, host=host)
        worker.observe(self._metrics)
        worker.observe(self._heard)

    @property
    def address(self) -> str | None:
        """Where it listens; None while it does not."""
        return self._server.address

    def _heard(self, event: Event) -> None:
        if not isinstance(event, PhaseChanged):
            return
        if event.phase == "working":
            self._starting = asyncio.create_task(listen(self._server, "this worker is"), name="vitals")
        elif event.phase == "stopped":
            if self._starting is not None:
                self._starting.cancel()
            self._server.close()

    async def _health(self) -> Page:
        return as_json({"phase": self._worker.state.phase})

    async def _ready(self) -> Page:
        state = self._worker.state
        idle = {one.type: one.idle for one in state.types if one.idle}
        status = HTTPStatus.OK if state.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return as_json({"ready": state.ready, "phase": state.phase, "idle": idle}, status)

    async def _status(self) -> Page:
        return as_json(self._worker.state)

    async def _numbers(self) -> Page:
        return as_text(self._metrics.text(self._worker.state))


async def listen(server: PageServer, whose: str) -> None:
    """Begin to answer, and say where; a port that is taken is said as well, and stops nobody.

    Args:
        server: of the pages.
        whose: how they are, in the words of the log: "this worker is".
    """
    try:
        await server.start()
    except OSError as error:
        _log.error("nobody can ask how %s: expected its health port to be free, but %s", whose, error)
    else:
        _log.info("health at %s/health, readiness at /ready, state at /status, metrics at /metrics", server.address)
