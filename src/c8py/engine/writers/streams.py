"""Who wants jobs pushed. Known while the engine runs, never stored: what a push did is in the events."""

import msgspec

from c8py.engine.records import DEFAULT_TENANT, JobRecord


class JobStream(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants jobs of a type pushed as they become activatable.

    Attributes:
        timeout_ms: how long a pushed job is locked.
        fetch_variables: names wanted; empty means all visible ones.
    """

    type: str
    worker: str
    timeout_ms: int
    fetch_variables: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = (DEFAULT_TENANT,)


class Push(msgspec.Struct, frozen=True):
    """A job that is activated already and belongs to this stream; give it back with `JobIntent.YIELD` if it is gone."""

    stream_id: int
    job_key: int
    job: JobRecord


class JobStreams:
    """The open streams. Those of one type take turns, so that none starves."""

    def __init__(self) -> None:
        self._last_id = 0
        self._types: dict[str, dict[int, JobStream]] = {}

    def open(self, stream: JobStream) -> int:
        """Register; the new stream is the last in turn."""
        self._last_id += 1
        self._types.setdefault(stream.type, {})[self._last_id] = stream
        return self._last_id

    def close(self, stream_id: int) -> None:
        """Forget; an unknown id is ignored."""
        for job_type, streams in self._types.items():
            if streams.pop(stream_id, None) is not None:
                if not streams:
                    del self._types[job_type]
                return

    def next_for(self, job_type: str, tenant_id: str) -> tuple[int, JobStream] | None:
        """Whose turn it is to get a job of this type and tenant."""
        streams = self._types.get(job_type)
        if not streams:
            return None
        for stream_id, stream in streams.items():
            if tenant_id in stream.tenant_ids:
                streams[stream_id] = streams.pop(stream_id)
                return stream_id, stream
        return None
