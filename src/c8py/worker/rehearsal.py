"""Calls a handler as if a job had come: same conversion, middleware and provided things, no cluster. For tests."""

from collections.abc import Mapping
from typing import cast

import msgspec

from c8py.base.clock import Clock
from c8py.errors import WorkerError
from c8py.models.job import ActivatedJobResult
from c8py.models.keys import (
    ElementId,
    ElementInstanceKey,
    JobKey,
    ProcessDefinitionId,
    ProcessDefinitionKey,
    ProcessInstanceKey,
    TenantId,
)
from c8py.worker.context import Clients
from c8py.worker.conversion import result_variables
from c8py.worker.events import Telling
from c8py.worker.execution import Execution, Means
from c8py.worker.held import Held
from c8py.worker.middleware import Middleware
from c8py.worker.processes import Processes
from c8py.worker.provision import provided
from c8py.worker.registry import Task
from c8py.worker.threads import Threads


class Rehearsal:
    """One call without a cluster.

    Args:
        client: given to handlers that ask for one.
        provide: what handlers are given by name.
        middleware: around the call.
        clock: tells the time.
    """

    def __init__(self, client: object, provide: Mapping[str, object], middleware: Middleware, clock: Clock) -> None:
        self._client = client
        self._provide = provide
        self._middleware = middleware
        self._clock = clock

    async def call(
        self, task: Task, variables: Mapping[str, object], *, headers: Mapping[str, str], retries: int
    ) -> dict[str, object]:
        """What a job with these variables would be completed with.

        Raises:
            BpmnError: the handler threw it.
            JobFailure: the handler raised it, or its arguments or its result do not fit.
            WorkerError: the variables are no JSON.
            Exception: whatever else the handler raised.
        """
        held = Held(task, _job(task, variables, headers, retries), self._clock.monotonic_s() + task.timeout_s)
        threads, processes, clients = Threads(1, "rehearsal"), Processes(1, "rehearsal"), Clients(self._client)
        async with provided(self._provide) as made:
            means = Means(
                clients=clients,
                provided=made,
                middleware=self._middleware,
                threads=threads,
                processes=processes,
                telling=Telling(),
                clock=self._clock,
            )
            try:
                result = await Execution(task, means).result(held)
            finally:
                held.ended = True
                threads.close()
                processes.close()
                clients.close()
        return result_variables(result) or {}


def _job(task: Task, variables: Mapping[str, object], headers: Mapping[str, str], retries: int) -> ActivatedJobResult:
    try:
        there: object = msgspec.json.decode(msgspec.json.encode(dict(variables)))
    except (TypeError, ValueError, RecursionError) as error:
        raise WorkerError(f"expected variables that JSON can say, but {error}") from error
    asked = {name: value for name, value in cast("dict[str, object]", there).items() if _is_fetched(task, name)}
    return ActivatedJobResult(
        type=task.type,
        process_definition_id=ProcessDefinitionId("rehearsal"),
        process_definition_version=1,
        element_id=ElementId("task"),
        custom_headers=dict(headers),
        worker="rehearsal",
        retries=retries,
        deadline=0,
        variables=asked,
        tenant_id=TenantId("<default>"),
        job_key=JobKey("1"),
        process_instance_key=ProcessInstanceKey("2"),
        process_definition_key=ProcessDefinitionKey("3"),
        element_instance_key=ElementInstanceKey("4"),
    )


def _is_fetched(task: Task, name: str) -> bool:
    """A handler in a test sees what it would see of a cluster, and no more."""
    return not task.fetch_variables or name in task.fetch_variables
