"""Answers over HTTP how all processes of a worker are, at one address. Each is asked anew for every answer."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from c8py.worker.metrics import Measured, exposition
from c8py.worker.pages import Page, PageServer, as_json, as_text
from c8py.worker.vitals import listen

if TYPE_CHECKING:
    from c8py.cli.fleet.fleet import Fleet


class FleetVitals:
    """The server. `GET /health`, `/ready`, `/status` and `/metrics`, as `Vitals` has them for one.

    Args:
        fleet: whose.
        port: to listen on; 0 takes a free one.
        host: to listen on.
    """

    def __init__(self, fleet: "Fleet", *, port: int, host: str) -> None:
        self._fleet = fleet
        pages = {
            "/health": self._health,
            "/ready": self._ready,
            "/status": self._status,
            "/metrics": self._numbers,
        }
        self._server = PageServer(pages, port=port, host=host)

    async def start(self) -> None:
        """Begin to answer, and say where."""
        await listen(self._server, "these workers are")

    def close(self) -> None:
        """Answer no more."""
        self._server.close()

    async def _health(self) -> Page:
        state = await self._fleet.state()
        status = HTTPStatus.SERVICE_UNAVAILABLE if state.silent else HTTPStatus.OK
        return as_json({"phase": state.phase, "silent": state.silent}, status)

    async def _ready(self) -> Page:
        state = await self._fleet.state()
        status = HTTPStatus.OK if state.ready else HTTPStatus.SERVICE_UNAVAILABLE
        waiting = [one.process for one in state.processes if one.state is None or not one.state.ready]
        return as_json({"ready": state.ready, "phase": state.phase, "waiting": waiting}, status)

    async def _status(self) -> Page:
        return as_json(await self._fleet.state())

    async def _numbers(self) -> Page:
        measured = await self._fleet.measured()
        return as_text(
            exposition([Measured(one.state, one.numbers, str(place)) for place, one in measured.items() if one])
        )
