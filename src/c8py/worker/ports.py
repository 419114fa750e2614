"""What a worker needs of a client, and no more: `c8py.client.AsyncCamunda` offers it, tests give their own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from c8py.models.job import ActivatedJobResult
from c8py.models.keys import JobKey


class JobClient(Protocol):
    """The commands about jobs."""

    async def activate_jobs(
        self,
        type: str,  # noqa: A002  the client's own name for it
        *,
        max_jobs: int,
        timeout_s: float,
        worker: str,
        fetch_variables: Sequence[str] = (),
        request_timeout_s: float | None = None,
    ) -> list[ActivatedJobResult]:
        """Ask for jobs; a negative `request_timeout_s` does not wait for them."""
        ...

    def stream_jobs(
        self,
        type: str,  # noqa: A002
        *,
        timeout_s: float,
        worker: str,
        fetch_variables: Sequence[str] = (),
    ) -> AsyncIterator[ActivatedJobResult]:
        """Be given jobs as they come."""
        ...

    async def complete_job(self, key: JobKey, variables: Mapping[str, object] | None = None) -> None:
        """The job is done."""
        ...

    async def fail_job(
        self,
        key: JobKey,
        *,
        retries: int,
        message: str = "",
        backoff_s: float = 0.0,
        variables: Mapping[str, object] | None = None,
    ) -> None:
        """The job failed."""
        ...

    async def throw_error(
        self, key: JobKey, error_code: str, message: str = "", variables: Mapping[str, object] | None = None
    ) -> None:
        """The model's own error."""
        ...
