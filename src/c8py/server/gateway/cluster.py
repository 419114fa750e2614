"""One cluster that is served by the embedded engine: its host, its waiting requests, its streams.

The edges ask it for everything; it knows neither gRPC nor HTTP.
"""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.engine.readmodel import Queries, SearchRefused
from c8py.engine.records import Command, JobBatchRecord, ProcessInstanceCreationRecord, Response
from c8py.engine.runtime import JobStream, Outcome, Push
from c8py.server.gateway import commands
from c8py.server.gateway.host import EngineHost, Health, Runs
from c8py.server.gateway.polls import JobPolls
from c8py.server.gateway.refusals import Kind, Refusal, invalid
from c8py.server.gateway.streams import JobStreams, OpenStream
from c8py.server.settings import GatewaySettings

T = TypeVar("T")

PARTITION_ID: Final = 1


class ServedCluster:
    """A cluster of one broker with one partition.

    Args:
        cluster_id: its UUID.
        open_engine: opens its engine; called on the engine's thread.
        clock: the engine's.
        settings: waits and limits.
    """

    def __init__(
        self, cluster_id: str, open_engine: Callable[[], Runs], *, clock: Clock, settings: GatewaySettings
    ) -> None:
        self.cluster_id: Final = cluster_id
        self.settings: Final = settings
        self._host = EngineHost(
            open_engine,
            clock=clock,
            on_outcome=self._take_effect,
            queue_max=settings.requests_waiting_max,
        )
        self._polls = JobPolls(polls_max=settings.polls_waiting_max)
        self._streams = JobStreams(self._host, self._hand_back_pushed, streams_max=settings.polls_waiting_max)

    @property
    def healthy(self) -> bool:
        """Whether its partition has a working leader."""
        return self._host.health is Health.HEALTHY

    async def start(self) -> None:
        """Open the engine; what hinders that is raised here."""
        await self._host.start()

    def wind_down(self) -> None:
        """Let go of those who wait for jobs, so that servers can close."""
        self._polls.close()
        self._streams.fail_all("the gateway is shutting down")

    async def stop(self) -> None:
        """Finish what was accepted, and close the engine."""
        self.wind_down()
        await self._host.stop()

    def wake(self) -> None:
        """Look at the clock now; for clocks that are moved by hand."""
        self._host.wake()

    async def run(self, command: Command, *, timeout_s: float | None = None) -> Response:
        """Have a command processed.

        Args:
            command: without a request id.
            timeout_s: how long to wait for the answer; None is the gateway's own patience.

        Raises:
            Refusal: the engine's rejection, or there was no answer.
        """
        return await self._host.run(
            command, timeout_s=self.settings.request_timeout_s if timeout_s is None else timeout_s
        )

    async def create_and_await(self, value: ProcessInstanceCreationRecord, request_timeout_ms: int) -> Response:
        """Start an instance and wait until it has completed.

        Args:
            value: what to start.
            request_timeout_ms: zero or less is the gateway's own patience.
        """
        timeout_s = _bounded_s(request_timeout_ms) if request_timeout_ms > 0 else None
        return await self.run(commands.create_instance(value, awaited=True), timeout_s=timeout_s)

    async def activate(self, wanted: JobBatchRecord, request_timeout_ms: int) -> JobBatchRecord:
        """Hand out jobs, waiting for some if there are none.

        Args:
            wanted: what to hand out.
            request_timeout_ms: below zero asks once; zero waits as long as the gateway does by itself.
        """
        command = commands.activate_jobs(wanted)

        async def attempt() -> JobBatchRecord:
            response = await self._host.run(
                command, timeout_s=self.settings.request_timeout_s, orphaned=self._hand_back_answered
            )
            return _batch(response)

        wait_s = _bounded_s(request_timeout_ms) if request_timeout_ms else self.settings.long_polling_s
        return await self._polls.poll(wanted.type, attempt, wait_s=wait_s)

    async def open_stream(self, wanted: JobStream) -> OpenStream:
        """Have jobs pushed; close it with `close_stream`."""
        return await self._streams.open(wanted)

    def close_stream(self, stream: OpenStream) -> None:
        """End a stream; what was not read goes back."""
        self._streams.close(stream)

    def hand_back(self, job_key: int) -> None:
        """A job did not reach its worker: others may have it at once, with unchanged retries."""
        self._host.submit(commands.hand_back(job_key))

    async def query(self, question: Callable[[Queries], T]) -> T:
        """Ask the read model, beside the event loop: a large search may take its time.

        Raises:
            Refusal: the question is malformed, or the engine is not there.
        """
        queries = self._host.queries
        try:
            return await asyncio.to_thread(question, queries)
        except SearchRefused as refused:
            raise invalid(str(refused)) from None

    def _take_effect(self, outcome: Outcome) -> None:
        if outcome.pushed:
            self._streams.push(outcome.pushed)
        if outcome.available:
            self._polls.announce(outcome.available)

    def _hand_back_answered(self, response: Response) -> None:
        for job_key in _batch(response).job_keys:
            self.hand_back(job_key)

    def _hand_back_pushed(self, push: Push) -> None:
        self.hand_back(push.job_key)


def _batch(response: Response) -> JobBatchRecord:
    assert isinstance(response.value, JobBatchRecord)
    return response.value


def _bounded_s(timeout_ms: int) -> float:
    return min(timeout_ms / 1000, limits.REQUEST_WAIT_S_MAX)


def not_found(what: str, key: int) -> Refusal:
    """A read that finds nothing."""
    return Refusal(Kind.NOT_FOUND, f"expected to find {what} with key '{key}', but there is none")
