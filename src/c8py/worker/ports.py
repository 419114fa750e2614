"""What a worker needs of a client, and no more: `c8py.client.AsyncCamunda` offers it, tests give their own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol, TypedDict

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
        with_lease: bool = False,
        retry: bool = True,
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
        with_lease: bool = False,
    ) -> AsyncIterator[ActivatedJobResult]:
        """Be given jobs as they come."""
        ...

    async def complete_job(
        self,
        key: JobKey,
        variables: Mapping[str, object] | None = None,
        *,
        lease_token: str | None = None,
        retry: bool = True,
    ) -> None:
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
        lease_token: str | None = None,
        retry: bool = True,
    ) -> None:
        """The job failed."""
        ...

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
        """The model's own error."""
        ...

    async def update_job(
        self, key: JobKey, *, timeout_s: float | None = None, lease_token: str | None = None, retry: bool = True
    ) -> None:
        """Move the job's deadline: so many seconds from now."""
        ...


class Lease(TypedDict, total=False):
    """The argument that a command about a leased job needs."""

    lease_token: str


def leased(job: ActivatedJobResult) -> Lease:
    """The lease of a job, where it came with one."""
    return _NO_LEASE if job.job_lease_token is None else {"lease_token": job.job_lease_token}


_NO_LEASE: Lease = {}
