"""What the REST API can do here: for each served operation one function from a request to a reply."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final, TypeVar

import msgspec

from c8py.engine.readmodel import Condition, Filter, Operator, Page, Queries, Result, Search, Sort
from c8py.engine.records import (
    NO_KEY,
    Command,
    DeploymentRecord,
    JobBatchRecord,
    ProcessInstanceCreationRecord,
    ProcessInstanceResultRecord,
    Resource,
)
from c8py.server.access import Caller
from c8py.server.gateway import commands
from c8py.server.gateway import rest_bodies as bodies
from c8py.server.gateway import rest_results as results
from c8py.server.gateway import rest_searchables as searchables
from c8py.server.gateway.cluster import ServedCluster, not_found
from c8py.server.gateway.refusals import Kind, Refusal, invalid
from c8py.server.gateway.rest_http import ClientGone, Problem, Reply, Request, json_reply
from c8py.server.gateway.rest_search import Searchable, SearchBody, key_of, search_of
from c8py.server.gateway.rest_uploads import read_upload
from c8py.server.gateway.topology import Place

B = TypeVar("B")
R = TypeVar("R")


class Call(msgspec.Struct):
    """A request that was let in, and where it goes."""

    request: Request
    cluster: ServedCluster
    caller: Caller
    place: Place

    def key(self, name: str) -> int:
        """A key in the path.

        Raises:
            Problem: it is no number of 64 bits.
        """
        text = self.request.keys[name]
        key = key_of(text)
        if key is None:
            raise Problem(400, f"Failed to convert '{name}' with value: '{text[:80]}'")
        return key

    async def body(self, kind: msgspec.json.Decoder[B], *, required: bool = False) -> B:
        """The body, read and checked."""
        return await bodies.decode(self.request, kind, self.cluster.settings.message_bytes_max, required=required)


Serve = Callable[[Call], Awaitable[Reply]]

_DONE: Final = Reply()

_command = bodies.decoder(bodies.CommandBody)
_create_instance = bodies.decoder(bodies.CreateInstanceBody)
_activate_jobs = bodies.decoder(bodies.ActivateJobsBody)
_complete_job = bodies.decoder(bodies.CompleteJobBody)
_fail_job = bodies.decoder(bodies.FailJobBody)
_throw_error = bodies.decoder(bodies.ThrowErrorBody)
_update_job = bodies.decoder(bodies.UpdateJobBody)
_set_variables = bodies.decoder(bodies.SetVariablesBody)
_search = bodies.decoder(SearchBody)


# -- the cluster


async def get_topology(call: Call) -> Reply:
    """The shape of the cluster."""
    return json_reply(results.topology(call.cluster, call.place))


async def get_status(call: Call) -> Reply:
    """Whether some partition has a healthy leader."""
    return Reply(204 if call.cluster.healthy else 503)


async def get_license(_call: Call) -> Reply:
    """No licence is asked for."""
    return json_reply({"validLicense": True, "licenseType": "unknown", "isCommercial": False, "expiresAt": None})


async def get_authentication(call: Call) -> Reply:
    """Who is calling."""
    tenant = {"tenantId": commands.tenant(""), "name": "Default", "description": None}
    return json_reply(
        {
            "username": call.caller.name or "anonymous",
            "displayName": call.caller.name or "anonymous",
            "email": None,
            "authorizedComponents": ["*"],
            "tenants": [tenant],
            "groups": [],
            "roles": [],
            "salesPlanType": None,
            "c8Links": {},
            "canLogout": False,
        }
    )


async def create_deployment(call: Call) -> Reply:
    """Deploy files."""
    upload = await read_upload(call.request, call.cluster.settings.message_bytes_max)
    resources = [Resource(name=each.name, content=each.content) for each in upload.files]
    response = await call.cluster.run(commands.deploy(resources, upload.fields.get("tenantId", "")))
    assert isinstance(response.value, DeploymentRecord)
    return json_reply(results.deployed(response.key, response.value))


# -- process instances


async def create_process_instance(call: Call) -> Reply:
    """Start an instance, and wait for its end if that is asked for."""
    body = await call.body(_create_instance, required=True)
    value = await _creation(call.cluster, body)
    if body.await_completion:
        work = call.cluster.create_and_await(value, body.request_timeout or 0)
        response = await call.request.while_connected(work)
    else:
        response = await call.cluster.run(commands.create_instance(value, awaited=False))
    assert isinstance(response.value, ProcessInstanceCreationRecord | ProcessInstanceResultRecord)
    return json_reply(results.created(response.value))


async def _creation(cluster: ServedCluster, body: bodies.CreateInstanceBody) -> ProcessInstanceCreationRecord:
    process_id, key = body.process_definition_id, None
    if body.process_definition_key is not None:
        key = key_of(str(body.process_definition_key))
        if key is None:
            raise invalid("expected processDefinitionKey to fit into 64 bits, but it does not")
    if process_id is None and key is None:
        raise invalid("At least one of [processDefinitionId, processDefinitionKey] is required.")
    if process_id is not None and key is not None:
        raise invalid("Only one of [processDefinitionId, processDefinitionKey] is allowed.")
    tag = body.process_definition_version_tag
    if tag is not None:
        if process_id is None or body.process_definition_version is not None:
            raise invalid("expected processDefinitionVersionTag beside processDefinitionId alone, but it is not")
        process_id, key = None, await _tagged(cluster, process_id, tag)
    return ProcessInstanceCreationRecord(
        bpmn_process_id=process_id or "",
        process_definition_key=NO_KEY if key is None else key,
        version=-1 if body.process_definition_version is None else body.process_definition_version,
        variables=body.variables or {},
        tenant_id=commands.tenant(body.tenant_id or ""),
        start_instructions=tuple(each.element_id for each in body.start_instructions or ()),
        runtime_instructions=tuple(each.after_element_id for each in body.runtime_instructions or ()),
        fetch_variables=tuple(body.fetch_variables or ()),
        tags=tuple(body.tags or ()),
        business_id=body.business_id or "",
    )


async def _tagged(cluster: ServedCluster, process_id: str, tag: str) -> int:
    """The key of the newest version with this tag."""
    search = Search(
        filter=Filter(
            (
                Condition("process_definition_id", Operator.EQ, process_id),
                Condition("version_tag", Operator.EQ, tag),
            )
        ),
        sort=(Sort("version", descending=True),),
        page=Page(limit=1),
    )
    found = await cluster.query(lambda queries: queries.search_process_definitions(search))
    if not found.items:
        raise Refusal(
            Kind.NOT_FOUND,
            f"expected to find a process '{process_id[:200]}' with version tag '{tag[:200]}', but there is none",
        )
    return found.items[0].process_definition_key


async def cancel_process_instance(call: Call) -> Reply:
    """Cancel an instance."""
    return await _run_bare(call, commands.cancel_instance(call.key("processInstanceKey")))


async def resolve_incident(call: Call) -> Reply:
    """Resolve an incident."""
    return await _run_bare(call, commands.resolve_incident(call.key("incidentKey")))


async def _run_bare(call: Call, command: Command) -> Reply:
    await call.body(_command)
    await call.cluster.run(command)
    return _DONE


async def set_variables(call: Call) -> Reply:
    """Set variables of a scope."""
    key = call.key("elementInstanceKey")
    body = await call.body(_set_variables, required=True)
    await call.cluster.run(commands.set_variables(key, body.variables, local=bool(body.local)))
    return _DONE


# -- jobs


async def activate_jobs(call: Call) -> Reply:
    """Hand out jobs, waiting for some if there are none."""
    body = await call.body(_activate_jobs, required=True)
    if body.with_lease:
        raise invalid("expected withLease to be false, for leases came with 8.10, but it is true")
    tenant_filter = body.tenant_filter or "PROVIDED"
    if tenant_filter not in {"PROVIDED", "ASSIGNED"}:
        raise invalid(f"expected tenantFilter to be PROVIDED or ASSIGNED, but it is '{tenant_filter[:80]}'")
    wanted = JobBatchRecord(
        type=body.type,
        worker=body.worker or "",
        timeout_ms=body.timeout,
        max_jobs=body.max_jobs_to_activate,
        fetch_variables=tuple(body.fetch_variable or ()),
        tenant_ids=commands.tenants(() if tenant_filter == "ASSIGNED" else body.tenant_ids or ()),
        bytes_max=call.cluster.settings.message_bytes_max,
    )
    batch = await call.request.while_connected(call.cluster.activate(wanted, body.request_timeout or 0))
    if batch.jobs and not await call.request.connected():
        for job_key in batch.job_keys:
            call.cluster.hand_back(job_key)
        raise ClientGone
    jobs = [results.activated_job(key, job) for key, job in zip(batch.job_keys, batch.jobs, strict=True)]
    return json_reply({"jobs": jobs})


async def complete_job(call: Call) -> Reply:
    """Complete a job."""
    key = call.key("jobKey")
    body = await call.body(_complete_job)
    await call.cluster.run(commands.complete_job(key, body.variables or {}))
    return _DONE


async def fail_job(call: Call) -> Reply:
    """Fail a job."""
    key = call.key("jobKey")
    body = await call.body(_fail_job)
    command = commands.fail_job(
        key,
        retries=body.retries or 0,
        error_message=body.error_message or "",
        retry_backoff_ms=body.retry_back_off or 0,
        variables=body.variables or {},
    )
    await call.cluster.run(command)
    return _DONE


async def throw_job_error(call: Call) -> Reply:
    """Throw a BPMN error from a job."""
    key = call.key("jobKey")
    body = await call.body(_throw_error, required=True)
    command = commands.throw_error(
        key, error_code=body.error_code, error_message=body.error_message or "", variables=body.variables or {}
    )
    await call.cluster.run(command)
    return _DONE


async def update_job(call: Call) -> Reply:
    """Change retries or timeout of a job, or both."""
    key = call.key("jobKey")
    changes = (await call.body(_update_job, required=True)).changeset
    if changes.priority is not None:
        raise Refusal(Kind.NOT_SUPPORTED, "expected retries or timeout in changeset, but priority came with 8.10")
    if changes.retries is None and changes.timeout is None:
        raise invalid("At least one of [retries, timeout] is required.")
    if changes.retries is not None:
        await call.cluster.run(commands.update_retries(key, changes.retries))
    if changes.timeout is not None:
        await call.cluster.run(commands.update_timeout(key, changes.timeout))
    return _DONE


# -- reading


async def get_process_definition_xml(call: Call) -> Reply:
    """The file that a process came from."""
    key = call.key("processDefinitionKey")
    xml = await call.cluster.query(lambda queries: queries.get_process_definition_xml(key))
    if xml is None:
        raise not_found("a process definition", key)
    return Reply(200, xml, b"text/xml")


def _get(what: str, name: str, ask: Callable[[Queries, int], R | None], show: Callable[[R], object]) -> Serve:
    async def serve(call: Call) -> Reply:
        key = call.key(name)
        row = await call.cluster.query(lambda queries: ask(queries, key))
        if row is None:
            raise not_found(what, key)
        return json_reply(show(row))

    return serve


def _find(what: Searchable, ask: Callable[[Queries, Search], Result[R]], show: Callable[[R], object]) -> Serve:
    async def serve(call: Call) -> Reply:
        search = search_of(await call.body(_search), what)
        return json_reply(results.page(await call.cluster.query(lambda queries: ask(queries, search)), show))

    return serve


async def search_variables(call: Call) -> Reply:
    """Find variables; long values are cut unless `truncateValues=false`."""
    whole = b"truncateValues=false" in call.request.query.split(b"&")
    show = partial(results.found_variable, whole=whole)
    return await _find(searchables.VARIABLES, Queries.search_variables, show)(call)


CALLS: Final[Mapping[str, Serve]] = {
    "getTopology": get_topology,
    "getStatus": get_status,
    "getLicense": get_license,
    "getAuthentication": get_authentication,
    "createDeployment": create_deployment,
    "createProcessInstance": create_process_instance,
    "cancelProcessInstance": cancel_process_instance,
    "resolveIncident": resolve_incident,
    "createElementInstanceVariables": set_variables,
    "activateJobs": activate_jobs,
    "completeJob": complete_job,
    "failJob": fail_job,
    "throwJobError": throw_job_error,
    "updateJob": update_job,
    "getProcessDefinitionXML": get_process_definition_xml,
    "getProcessDefinition": _get(
        "a process definition", "processDefinitionKey", Queries.get_process_definition, results.process_definition
    ),
    "getProcessInstance": _get(
        "a process instance", "processInstanceKey", Queries.get_process_instance, results.process_instance
    ),
    "getElementInstance": _get(
        "an element instance", "elementInstanceKey", Queries.get_element_instance, results.element_instance
    ),
    "getIncident": _get("an incident", "incidentKey", Queries.get_incident, results.incident),
    "getVariable": _get("a variable", "variableKey", Queries.get_variable, results.variable),
    "searchProcessDefinitions": _find(
        searchables.PROCESS_DEFINITIONS, Queries.search_process_definitions, results.process_definition
    ),
    "searchProcessInstances": _find(
        searchables.PROCESS_INSTANCES, Queries.search_process_instances, results.process_instance
    ),
    "searchElementInstances": _find(
        searchables.ELEMENT_INSTANCES, Queries.search_element_instances, results.element_instance
    ),
    "searchJobs": _find(searchables.JOBS, Queries.search_jobs, results.job),
    "searchIncidents": _find(searchables.INCIDENTS, Queries.search_incidents, results.incident),
    "searchVariables": search_variables,
}
