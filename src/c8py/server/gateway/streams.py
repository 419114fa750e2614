"""Job streams: jobs that the engine pushes, buffered in small measure for each client that reads.

A client that reads slower than jobs come gets no more than its buffer; what exceeds it is handed back to the engine
and announced to those who poll. Jobs that were not written when a client leaves are handed back as well.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

from c8py.base import limits
from c8py.engine.runtime import JobStream, Push
from c8py.server.gateway.host import EngineHost, Runs
from c8py.server.gateway.refusals import Kind, Refusal

HandBack = Callable[[Push], None]


class OpenStream:
    """What one client reads; iterate over it, and close it whatever happens.

    Args:
        buffer_max: how many jobs may wait for the client.
        hand_back: takes a job that this client does not get.
    """

    def __init__(self, *, buffer_max: int, hand_back: HandBack) -> None:
        self.stream_id = 0
        self._buffer_max = buffer_max
        self._hand_back = hand_back
        self._buffer: deque[Push] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._failure: Refusal | None = None
        self._closed = False

    def offer(self, push: Push) -> None:
        """Take a job for the client, or hand it back."""
        if self._closed or len(self._buffer) >= self._buffer_max:
            self._hand_back(push)
            return
        self._buffer.append(push)
        self._wake_reader()

    def fail(self, refusal: Refusal) -> None:
        """End the stream: the client is told why."""
        self._failure = refusal
        self._wake_reader()

    def close(self) -> None:
        """Hand back what was not taken; nothing is accepted from now on."""
        self._closed = True
        while self._buffer:
            self._hand_back(self._buffer.popleft())

    def __aiter__(self) -> AsyncIterator[Push]:
        return self

    async def __anext__(self) -> Push:
        while not self._buffer:
            if self._failure is not None:
                raise self._failure
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._buffer.popleft()

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


class JobStreams:
    """The open streams of one cluster.

    Args:
        host: where the engine is.
        hand_back: takes jobs that no client gets.
        streams_max: how many may be open at a time; one more is refused.
        buffer_max: how many jobs may wait for one client.
    """

    def __init__(
        self,
        host: EngineHost,
        hand_back: HandBack,
        *,
        streams_max: int = limits.JOB_STREAMS_MAX,
        buffer_max: int = limits.STREAM_BUFFER_JOBS_MAX,
    ) -> None:
        self._host = host
        self._hand_back = hand_back
        self._streams_max = streams_max
        self._buffer_max = buffer_max
        self._open: dict[int, OpenStream] = {}

    def __len__(self) -> int:
        return len(self._open)

    async def open(self, wanted: JobStream) -> OpenStream:
        """Register a stream; jobs that become activatable from now on may be pushed to it.

        Raises:
            Refusal: too many are open already, or the engine is not there.
        """
        if len(self._open) >= self._streams_max:
            raise Refusal(
                Kind.RESOURCE_EXHAUSTED,
                f"expected fewer than {self._streams_max} job streams, but the gateway is at its limit",
            )
        stream = OpenStream(buffer_max=self._buffer_max, hand_back=self._hand_back)

        def register(engine: Runs) -> None:
            # On the engine's thread, so that no push can come before its stream is known.
            stream.stream_id = engine.open_stream(wanted)
            self._open[stream.stream_id] = stream

        try:
            await self._host.call(register)
        except asyncio.CancelledError:
            self.close(stream)
            raise
        return stream

    def close(self, stream: OpenStream) -> None:
        """Forget a stream; what its client did not take is handed back."""

        def unregister(engine: Runs) -> None:
            if self._open.pop(stream.stream_id, None) is not None:
                engine.close_stream(stream.stream_id)

        stream.close()
        self._host.post(unregister)

    def push(self, pushes: Sequence[Push]) -> None:
        """Jobs that the engine has activated for streams."""
        for push in pushes:
            stream = self._open.get(push.stream_id)
            if stream is None:
                self._hand_back(push)
            else:
                stream.offer(push)

    def fail_all(self, why: str) -> None:
        """End every stream: the engine that fed them is gone."""
        streams, self._open = self._open, {}
        for stream in streams.values():
            stream.fail(Refusal(Kind.UNAVAILABLE, why))
