"""Deployments: several files, all or none."""

from hashlib import sha256
from typing import NamedTuple

from c8py.base.limits import DEPLOYMENT_RESOURCES_MAX
from c8py.engine.bpmn import ExecutableProcess, ModelRejected, read
from c8py.engine.records import (
    Command,
    DeploymentIntent,
    DeploymentRecord,
    ProcessIntent,
    ProcessMetadata,
    ProcessRecord,
    RejectionType,
    Resource,
)
from c8py.engine.state.views import StateView
from c8py.engine.writers import Writers

_SUFFIXES = (".bpmn", ".xml")


class _Refused(Exception):  # noqa: N818  caught in this module
    pass


class _Found(NamedTuple):
    resource: Resource
    checksum: bytes
    process: ExecutableProcess


def create(command: Command, value: DeploymentRecord, view: StateView, out: Writers) -> None:
    """Deploy: a file that changed gives new versions; what is the same as the latest versions stays as it is."""
    try:
        found = _read_all(value)
    except _Refused as refused:
        out.reject(command, RejectionType.INVALID_ARGUMENT, str(refused))
        return
    deployment_key = out.new_key()
    latest = [_same_as_latest(one, view) for one in found]
    # As in the real engine: what is deployed together stays together, so one new thing makes everything new.
    if None in latest:
        processes = tuple(_new_version(one, deployment_key, value.tenant_id, view, out) for one in found)
    else:
        processes = tuple(_duplicate(key, view) for key in latest if key is not None)
    done = DeploymentRecord(tenant_id=value.tenant_id, processes=processes)
    out.event(DeploymentIntent.CREATED, deployment_key, done)
    out.respond(command, DeploymentIntent.CREATED, deployment_key, done)


def _read_all(value: DeploymentRecord) -> list[_Found]:
    if not value.resources:
        raise _Refused("expected to deploy at least one resource, but none was given")
    if len(value.resources) > DEPLOYMENT_RESOURCES_MAX:
        raise _Refused(f"expected at most {DEPLOYMENT_RESOURCES_MAX} resources, but got {len(value.resources)}")
    found: list[_Found] = []
    wrong: list[str] = []
    for resource in value.resources:
        if not resource.name.lower().endswith(_SUFFIXES):
            wrong.append(f"'{resource.name}': expected a BPMN file (.bpmn or .xml), but this kind is not supported yet")
            continue
        try:
            checksum = sha256(resource.content).digest()
            found += [_Found(resource, checksum, process) for process in read(resource.name, resource.content)]
        except ModelRejected as rejected:
            wrong.append(str(rejected))
    names: dict[str, str] = {}
    for one in found:
        other = names.setdefault(one.process.id, one.resource.name)
        if other != one.resource.name:
            wrong.append(f"'{one.resource.name}': expected no process '{one.process.id}', but '{other}' has it already")
    if wrong:
        raise _Refused("expected to deploy valid resources, but found:\n" + "\n".join(wrong))
    return found


def _same_as_latest(one: _Found, view: StateView) -> int | None:
    key = view.process_key(one.process.id, view.latest_version(one.process.id))
    return key if key is not None and view.processes[key].checksum == one.checksum else None


def _new_version(one: _Found, deployment_key: int, tenant_id: str, view: StateView, out: Writers) -> ProcessMetadata:
    record = ProcessRecord(
        bpmn_process_id=one.process.id,
        version=view.latest_version(one.process.id) + 1,
        version_tag=one.process.version_tag,
        resource_name=one.resource.name,
        checksum=one.checksum,
        resource=one.resource.content,
        deployment_key=deployment_key,
        process_name=one.process.name,
        tenant_id=tenant_id,
    )
    key = out.new_key()
    out.event(ProcessIntent.CREATED, key, record)
    return _metadata(key, record, is_duplicate=False)


def _duplicate(key: int, view: StateView) -> ProcessMetadata:
    return _metadata(key, view.processes[key], is_duplicate=True)


def _metadata(key: int, record: ProcessRecord, *, is_duplicate: bool) -> ProcessMetadata:
    return ProcessMetadata(
        bpmn_process_id=record.bpmn_process_id,
        version=record.version,
        process_definition_key=key,
        resource_name=record.resource_name,
        checksum=record.checksum,
        is_duplicate=is_duplicate,
        deployment_key=record.deployment_key,
        version_tag=record.version_tag,
        tenant_id=record.tenant_id,
    )
