"""Calls about jobs and incidents."""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

from c8py.client._async.verbs import AsyncVerbs
from c8py.client.values import ActivationQuery, AnyKey, Variables, document
from c8py.config import Protocol
from c8py.errors import InvalidArgument

if TYPE_CHECKING:
    from c8py.models.job import ActivatedJobResult


class AsyncJobCalls(AsyncVerbs):
    """Take jobs, and say what came of them."""

    async def activate_jobs(
        self,
        type: str,  # noqa: A002  Camunda's word
        *,
        max_jobs: int,
        timeout_s: float,
        worker: str,
        fetch_variables: Sequence[str] = (),
        tenant_ids: Sequence[str] = (),
        request_timeout_s: float | None = None,
        with_lease: bool = False,
        retry: bool = True,
        protocol: Protocol | None = None,
    ) -> "list[ActivatedJobResult]":
        """Have jobs handed out; waits for the first one, and then for no more.

        Args:
            type: of the jobs.
            max_jobs: how many at most.
            timeout_s: how long they stay locked, in seconds.
            worker: a name, shown in Operate.
            fetch_variables: names of the variables wanted; empty for all.
            tenant_ids: whose jobs; empty is the client's own tenant.
            request_timeout_s: how long to wait for the first one, in seconds; None is the gateway's own measure (10),
                less than 0 is not at all.
            with_lease: give each job a token without which nobody can report it, since 8.10.
            retry: whether a call that fails in passing is made again; some callers wait in their own way.
            protocol: None leaves it to the settings.

        Returns:
            The jobs; none when the time went by without one.

        Raises:
            C8Error: the call failed.
        """
        query = ActivationQuery(
            type=type,
            worker=worker,
            timeout_s=timeout_s,
            fetch_variables=tuple(fetch_variables),
            tenant_ids=self._tenants(tenant_ids),
            max_jobs=max_jobs,
            request_timeout_s=request_timeout_s,
            with_lease=with_lease,
            retry=retry,
        )
        await self._since("8.10", with_lease=with_lease)
        return await self._over(protocol).activate_jobs(query)

    def stream_jobs(
        self,
        type: str,  # noqa: A002  Camunda's word
        *,
        timeout_s: float,
        worker: str,
        fetch_variables: Sequence[str] = (),
        tenant_ids: Sequence[str] = (),
        with_lease: bool = False,
    ) -> "AsyncGenerator[ActivatedJobResult, None]":
        """Have jobs pushed as they come up, over gRPC; those that wait already are not among them.

        Args:
            type: of the jobs.
            timeout_s: how long each stays locked, in seconds.
            worker: a name, shown in Operate.
            fetch_variables: names of the variables wanted; empty for all.
            tenant_ids: whose jobs; empty is the client's own tenant.
            with_lease: give each job a token without which nobody can report it, since 8.10.

        Returns:
            An iterator of jobs, without end; closing it ends the stream. It raises C8Error when the stream cannot be
            opened or breaks off; opening it again is the caller's matter.
        """
        query = ActivationQuery(
            type=type,
            worker=worker,
            timeout_s=timeout_s,
            fetch_variables=tuple(fetch_variables),
            tenant_ids=self._tenants(tenant_ids),
            with_lease=with_lease,
        )
        return self._over_grpc.stream_jobs(query)

    async def complete_job(
        self,
        key: AnyKey,
        variables: Variables | None = None,
        *,
        lease_token: str | None = None,
        retry: bool = True,
        protocol: Protocol | None = None,
    ) -> None:
        """Complete a job.

        Args:
            key: of the job.
            variables: what came of it: a dict, a msgspec.Struct, a dataclass or a pydantic model.
            lease_token: of the job, where it was handed out with one, since 8.10.
            retry: whether a call that fails in passing is made again; some callers wait in their own way.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: it is completed or gone already.
            InvalidState: it has failed, or thrown an error.
            C8Error: the call failed.
        """
        if lease_token is not None:
            await self._since("8.10", lease_token=lease_token)
        await self._over(protocol).complete_job(key, document(variables), lease_token=lease_token, retry=retry)

    async def fail_job(
        self,
        key: AnyKey,
        *,
        retries: int,
        message: str = "",
        backoff_s: float = 0.0,
        variables: Variables | None = None,
        lease_token: str | None = None,
        retry: bool = True,
        protocol: Protocol | None = None,
    ) -> None:
        """Fail a job.

        Args:
            key: of the job.
            retries: how many are left; with none left an incident comes up.
            message: shown in Operate.
            backoff_s: how long it is not handed out again, in seconds.
            variables: become local to the element.
            lease_token: of the job, where it was handed out with one, since 8.10.
            retry: whether a call that fails in passing is made again; some callers wait in their own way.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: it is completed or gone already.
            C8Error: the call failed.
        """
        await self._since("8.10", lease_token=lease_token)
        await self._over(protocol).fail_job(
            key,
            retries=retries,
            message=message,
            backoff_s=backoff_s,
            variables=document(variables),
            lease_token=lease_token,
            retry=retry,
        )

    async def throw_error(
        self,
        key: AnyKey,
        error_code: str,
        message: str = "",
        variables: Variables | None = None,
        *,
        lease_token: str | None = None,
        retry: bool = True,
        protocol: Protocol | None = None,
    ) -> None:
        """Throw an error of the model, for a boundary event to catch.

        Args:
            key: of the job.
            error_code: of the error.
            message: shown in Operate.
            variables: given to whoever catches it.
            lease_token: of the job, where it was handed out with one, since 8.10.
            retry: whether a call that fails in passing is made again; some callers wait in their own way.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: the job is completed or gone already.
            C8Error: the call failed.
        """
        await self._since("8.10", lease_token=lease_token)
        await self._over(protocol).throw_error(
            key, error_code, message=message, variables=document(variables), lease_token=lease_token, retry=retry
        )

    async def update_job(
        self,
        key: AnyKey,
        *,
        retries: int | None = None,
        timeout_s: float | None = None,
        priority: int | None = None,
        lease_token: str | None = None,
        retry: bool = True,
        protocol: Protocol | None = None,
    ) -> None:
        """Change a job's retries, its deadline, its priority, or several of them.

        Args:
            key: of the job.
            retries: how many are left, at least 1; None changes nothing.
            timeout_s: seconds from now until it is handed out to somebody else; None changes nothing.
            priority: jobs with a higher one are handed out first, since 8.10; None changes nothing.
            lease_token: of the job, where it was handed out with one, since 8.10.
            retry: whether a call that fails in passing is made again; some callers wait in their own way.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: it is completed or gone already.
            C8Error: the call failed.
        """
        if retries is None and timeout_s is None and priority is None:
            raise InvalidArgument("expected retries, timeout_s or priority to change, but got none of them")
        await self._since("8.10", priority=priority is not None, lease_token=lease_token)
        await self._over(protocol).update_job(
            key, retries=retries, timeout_s=timeout_s, priority=priority, lease_token=lease_token, retry=retry
        )

    async def resolve_incident(self, key: AnyKey, *, protocol: Protocol | None = None) -> None:
        """Resolve an incident, once its cause is mended; for a job without retries, give it some before.

        Raises:
            NotFound: there is no such incident.
            InvalidState: its job has no retries.
            C8Error: the call failed.
        """
        await self._over(protocol).resolve_incident(key)

    def _tenants(self, tenant_ids: Sequence[str]) -> tuple[str, ...]:
        own = self._connection.settings.tenant_id
        return tuple(tenant_ids) or ((own,) if own else ())
