"""Calls about deployments, process instances and their variables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from c8py.client._async.verbs import AsyncVerbs
from c8py.client.values import AnyKey, ResourceFile, StartQuery, Variables, document, key_text, resources
from c8py.config import Protocol

if TYPE_CHECKING:
    from c8py.models.process_instance import (
        CreateProcessInstanceResult,
        ProcessInstanceModificationActivateInstruction,
        ProcessInstanceModificationMoveInstruction,
        ProcessInstanceModificationTerminateInstruction,
    )
    from c8py.models.resource import DeleteResourceResponse, DeploymentResult


class AsyncProcessCalls(AsyncVerbs):
    """Deploy, start, cancel, change."""

    async def deploy(
        self, *files: ResourceFile, tenant_id: str | None = None, protocol: Protocol | None = None
    ) -> "DeploymentResult":
        """Deploy files, all or none.

        Args:
            files: paths, or pairs of a name and the content; the ending of the name says what it is.
            tenant_id: None is the client's own.
            protocol: None leaves it to the settings.

        Returns:
            What was deployed; the same content again gives the same keys and versions.

        Raises:
            InvalidArgument: a file cannot be read, or the cluster refuses the model and says why.
            C8Error: the call failed.
        """
        return await self._over(protocol).deploy(resources(files), tenant_id=self._tenant(tenant_id))

    async def start(
        self,
        process_id: str | None = None,
        *,
        version: int = -1,
        process_definition_key: AnyKey | None = None,
        variables: Variables | None = None,
        tenant_id: str | None = None,
        tags: Sequence[str] = (),
        business_id: str = "",
        protocol: Protocol | None = None,
    ) -> "CreateProcessInstanceResult":
        """Start an instance of a process.

        Args:
            process_id: of the model.
            version: of the process; -1 is the latest.
            process_definition_key: instead of id and version.
            variables: of the instance: a dict, a msgspec.Struct, a dataclass or a pydantic model.
            tenant_id: None is the client's own.
            tags: of the instance, since 8.8.
            business_id: of the instance, since 8.9.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: there is no such process.
            C8Error: the call failed. Of a `ConnectionFailed` that is marked as sent nobody knows whether it did.
        """
        query = await self._start_query(
            process_id,
            process_definition_key,
            version=version,
            variables=variables,
            tenant_id=tenant_id,
            tags=tags,
            business_id=business_id,
        )
        return await self._over(protocol).start(query)

    async def start_and_wait(
        self,
        process_id: str | None = None,
        *,
        version: int = -1,
        process_definition_key: AnyKey | None = None,
        variables: Variables | None = None,
        tenant_id: str | None = None,
        tags: Sequence[str] = (),
        business_id: str = "",
        timeout_s: float = 15.0,
        fetch_variables: Sequence[str] = (),
        protocol: Protocol | None = None,
    ) -> "CreateProcessInstanceResult":
        """Start an instance of a process, and wait until it has completed.

        Args:
            process_id: of the model.
            version: of the process; -1 is the latest.
            process_definition_key: instead of id and version.
            variables: of the instance: a dict, a msgspec.Struct, a dataclass or a pydantic model.
            tenant_id: None is the client's own.
            tags: of the instance, since 8.8.
            business_id: of the instance, since 8.9.
            timeout_s: how long to wait, in seconds; the instance goes on afterwards.
            fetch_variables: names of the variables wanted; empty for all.
            protocol: None leaves it to the settings.

        Returns:
            The instance, with the variables it ended with.

        Raises:
            DeadlineExceeded: it has not completed in time.
            C8Error: the call failed.
        """
        query = await self._start_query(
            process_id,
            process_definition_key,
            version=version,
            variables=variables,
            tenant_id=tenant_id,
            tags=tags,
            business_id=business_id,
        )
        return await self._over(protocol).start_and_wait(
            query, timeout_s=timeout_s, fetch_variables=tuple(fetch_variables)
        )

    async def cancel(self, process_instance_key: AnyKey, *, protocol: Protocol | None = None) -> None:
        """Cancel a process instance.

        Raises:
            NotFound: there is none with this key, or it has ended.
            C8Error: the call failed.
        """
        await self._over(protocol).cancel(process_instance_key)

    async def modify(
        self,
        process_instance_key: AnyKey,
        *,
        activate: "Sequence[ProcessInstanceModificationActivateInstruction]" = (),
        move: "Sequence[ProcessInstanceModificationMoveInstruction]" = (),
        terminate: "Sequence[ProcessInstanceModificationTerminateInstruction]" = (),
        protocol: Protocol | None = None,
    ) -> None:
        """Change which elements of a process instance are active, all at once.

        Args:
            process_instance_key: of the instance.
            activate: elements to be activated, with variables where wanted.
            move: tokens to go from one element to another, since 8.9.
            terminate: element instances to be ended.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: there is no such instance.
            InvalidArgument: an element is none of its process.
            C8Error: the call failed.
        """
        await self._since("8.9", move=move)
        await self._over(protocol).modify(process_instance_key, activate=activate, move=move, terminate=terminate)

    async def migrate(
        self,
        process_instance_key: AnyKey,
        target_process_definition_key: AnyKey,
        mappings: Mapping[str, str],
        *,
        protocol: Protocol | None = None,
    ) -> None:
        """Bring a process instance to another version, or another process.

        Args:
            process_instance_key: of the instance.
            target_process_definition_key: where to.
            mappings: id of each active element to the id of the element that takes its place.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: there is no such instance or definition.
            InvalidState: an active element has no place to go to.
            C8Error: the call failed.
        """
        from c8py.models.process_instance import MigrateProcessInstanceMappingInstruction  # noqa: PLC0415  its tag

        instructions = [
            MigrateProcessInstanceMappingInstruction(source_element_id=source, target_element_id=target)
            for source, target in mappings.items()
        ]
        await self._over(protocol).migrate(process_instance_key, target_process_definition_key, instructions)

    async def delete_resource(
        self, resource_key: AnyKey, *, delete_history: bool = False, protocol: Protocol | None = None
    ) -> "DeleteResourceResponse":
        """Delete a process definition, decision requirements, a form or another resource.

        Args:
            resource_key: of what was deployed.
            delete_history: its finished instances as well, since 8.9.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: there is no such resource.
            InvalidState: instances of it are running.
            C8Error: the call failed.
        """
        await self._since("8.9", delete_history=delete_history)
        return await self._over(protocol).delete_resource(resource_key, delete_history=delete_history)

    async def set_variables(
        self, scope_key: AnyKey, variables: Variables, *, local: bool = False, protocol: Protocol | None = None
    ) -> None:
        """Set variables of a process instance or an element instance.

        Args:
            scope_key: of the instance.
            variables: names and values.
            local: set them in this very scope; else each goes to the nearest scope above that has it.
            protocol: None leaves it to the settings.

        Raises:
            NotFound: there is no such instance.
            C8Error: the call failed.
        """
        await self._over(protocol).set_variables(scope_key, document(variables), local=local)

    async def _start_query(
        self,
        process_id: str | None,
        process_definition_key: AnyKey | None,
        *,
        version: int,
        variables: Variables | None,
        tenant_id: str | None,
        tags: Sequence[str],
        business_id: str,
    ) -> StartQuery:
        if tags or business_id:
            await self._since("8.8", tags=tags)
            await self._since("8.9", business_id=business_id)
        return StartQuery(
            process_id=process_id,
            version=version,
            process_definition_key=None if process_definition_key is None else key_text(process_definition_key),
            variables=document(variables),
            tenant_id=self._tenant(tenant_id),
            tags=tuple(tags),
            business_id=business_id,
        )
