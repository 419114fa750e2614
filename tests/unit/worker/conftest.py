"""A gateway by hand that keeps the books, and an event loop on which hours pass in no time."""

import asyncio
import selectors
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import TypeVar

import pytest

from c8py.errors import C8Error, NotFound, NotSupported
from c8py.models.job import ActivatedJobResult
from c8py.models.keys import JobKey

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Where the loop would sleep until a timer is due, time jumps there instead."""

    offset_s = 0.0

    def select(self, timeout: float | None = None):
        if timeout is None:
            found = super().select(5)
            assert found, "the loop waits for something that nobody will ever do"
            return found
        found = super().select(0)
        if not found and timeout > 0:
            self.offset_s += timeout
        return found


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumps = _JumpingSelector()
        super().__init__(self.jumps)

    def time(self) -> float:
        return 1_000.0 + self.jumps.offset_s


class LoopClock:
    """The clock of the loop that runs."""

    def now_ms(self) -> int:
        return round(self.monotonic_s() * 1000)

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()


def job(key: int = 1, *, type_: str = "t", retries: int = 3, **variables: object) -> ActivatedJobResult:
    return ActivatedJobResult(
        type=type_,
        process_definition_id="p",
        process_definition_version=1,
        element_id="e",
        custom_headers={},
        worker="w",
        retries=retries,
        deadline=0,
        variables=variables,
        tenant_id="<default>",
        job_key=JobKey(str(key)),
        process_instance_key="1",  # pyright: ignore[reportArgumentType]
        process_definition_key="1",  # pyright: ignore[reportArgumentType]
        element_instance_key="1",  # pyright: ignore[reportArgumentType]
    )


class Gateway:
    """Hands out jobs as a cluster does: each once, to a poll or a stream, until it is reported.

    Attributes:
        faults: errors that the next calls of a command are answered with, by name of the command.
        open: keys handed out and not reported; `open_max` is the most there ever were.
    """

    def __init__(self, *, streams: bool = True) -> None:
        self.streams = streams
        self.waiting: dict[str, deque[ActivatedJobResult]] = {}
        self.pushed: dict[str, asyncio.Queue[ActivatedJobResult]] = {}
        self.faults: dict[str, deque[C8Error]] = {}
        self.open: set[str] = set()
        self.open_max = 0
        self.completed: dict[str, Mapping[str, object] | None] = {}
        self.failed: list[tuple[str, int, str, float]] = []
        self.extended: list[tuple[str, float | None]] = []
        self.thrown: list[tuple[str, str]] = []
        self.calls: Counter[str] = Counter()
        self.asked: list[int] = []
        self.waits: list[float | None] = []
        self.fetched: list[tuple[str, ...]] = []
        self.via_stream = 0
        self.streams_open_max = 0
        self.completion_s = 0.0
        self._came = asyncio.Event()

    def add(self, *jobs: ActivatedJobResult) -> None:
        """New jobs: pushed where a stream is open, else left for polls."""
        for one in jobs:
            stream = self.pushed.get(one.type)
            if stream is not None:
                self._hand_out(one)
                stream.put_nowait(one)
            else:
                self.waiting.setdefault(one.type, deque()).append(one)
        self._came.set()

    async def activate_jobs(
        self,
        type: str,  # noqa: A002  the client's own name for it
        *,
        max_jobs: int,
        timeout_s: float,
        worker: str,
        fetch_variables: Sequence[str] = (),
        request_timeout_s: float | None = None,
        with_lease: bool = False,
        retry: bool = True,
    ) -> list[ActivatedJobResult]:
        self._fault("activate")
        self.asked.append(max_jobs)
        self.waits.append(request_timeout_s)
        self.fetched.append(tuple(fetch_variables))
        assert request_timeout_s is not None
        until = asyncio.get_running_loop().time() + request_timeout_s
        while True:
            await asyncio.sleep(0.001)
            there = self.waiting.setdefault(type, deque())
            if there or request_timeout_s < 0 or asyncio.get_running_loop().time() >= until:
                taken = [there.popleft() for _ in range(min(max_jobs, len(there)))]
                for one in taken:
                    self._hand_out(one)
                return taken
            self._came.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._came.wait()
            except TimeoutError:
                return []

    async def stream_jobs(
        self,
        type: str,  # noqa: A002
        *,
        timeout_s: float,
        worker: str,
        fetch_variables: Sequence[str] = (),
        with_lease: bool = False,
    ) -> AsyncIterator[ActivatedJobResult]:
        self._fault("stream")
        if not self.streams:
            raise NotSupported("no streams here")
        queue: asyncio.Queue[ActivatedJobResult] = asyncio.Queue()
        self.pushed[type] = queue
        self.streams_open_max = max(self.streams_open_max, len(self.pushed))
        try:
            while True:
                one = await queue.get()
                self.via_stream += 1
                yield one
                self._fault("stream")
        finally:
            self.pushed.pop(type, None)

    async def complete_job(
        self,
        key: JobKey,
        variables: Mapping[str, object] | None = None,
        *,
        lease_token: str | None = None,
        retry: bool = True,
    ) -> None:
        await asyncio.sleep(self.completion_s)
        self._fault("complete")
        self._reported(key)
        self.completed[key] = variables

    async def fail_job(
        self,
        key: JobKey,
        *,
        retries: int,
        message: str = "",
        backoff_s: float = 0.0,
        variables: Mapping[str, object] | None = None,
        lease_token: str | None = None,
        retry: bool = True,
    ) -> None:
        self._fault("fail")
        self._reported(key)
        self.failed.append((key, retries, message, backoff_s))

    async def throw_error(
        self,
        key: JobKey,
        error_code: str,
        message: str = "",
        variables: Mapping[str, object] | None = None,
        *,
        lease_token: str | None = None,
        retry: bool = True,
    ) -> None:
        self._fault("throw")
        self._reported(key)
        self.thrown.append((key, error_code))

    async def update_job(
        self, key: JobKey, *, timeout_s: float | None = None, lease_token: str | None = None, retry: bool = True
    ) -> None:
        self._fault("update")
        if key not in self.open:
            raise NotFound(f"expected job {key}, but there is none")
        self.extended.append((key, timeout_s))

    def _hand_out(self, one: ActivatedJobResult) -> None:
        self.open.add(one.job_key)
        self.open_max = max(self.open_max, len(self.open))

    def _reported(self, key: JobKey) -> None:
        if key not in self.open:
            raise NotFound(f"expected job {key}, but there is none")
        self.open.discard(key)

    def _fault(self, command: str) -> None:
        self.calls[command] += 1
        planned = self.faults.get(command)
        if planned:
            raise planned.popleft()


@pytest.fixture(scope="session")
def virtual() -> Callable[[Coroutine[object, object, T]], T]:
    """Runs a coroutine on a loop where time jumps."""

    def run(main: Coroutine[object, object, T]) -> T:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            return runner.run(main)

    return run


@pytest.fixture(scope="session")
def make_job() -> Callable[..., ActivatedJobResult]:
    return job


@pytest.fixture(scope="session")
def make_gateway() -> Callable[..., Gateway]:
    return Gateway


@pytest.fixture(scope="session")
def loop_clock() -> LoopClock:
    return LoopClock()
