"""What every noun of the REST API stands on: an operation by its id, asked over the connection of the client."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from msgspec import UNSET, UnsetType

from c8py.base.limits import DOWNLOAD_TIMEOUT_S
from c8py.client import rest_forms
from c8py.client._async.calls import AsyncCalls
from c8py.client.lenient import decode
from c8py.client.values import PHYSICAL_TENANTS_SINCE
from c8py.errors import ServerFault
from c8py.models.common import SearchQueryPageResponse
from c8py.models.operations import OPERATIONS
from c8py.transport import RestRequest

if TYPE_CHECKING:
    from c8py.client._async.connection import AsyncConnection

Answer = TypeVar("Answer")
Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)

_PLACES: Final = re.compile(r"{(\w+)}")


class Found(Protocol[Item_co]):
    """One page of a search."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What is on it."""
        ...

    @property
    def page(self) -> SearchQueryPageResponse:
        """Where it stands among the others."""
        ...


class AsyncNoun(AsyncCalls):
    """Calls about one kind of thing.

    Arguments have the names of the API. UNSET, the default of most, sends nothing; None sends null. A `tenant_id` that
    is left out is the client's own, if it has one. `timeout_s` is for
    all attempts of a call together, in seconds; None is the client's own. Every method raises `C8Error`: `NotSupported`
    where the operation, or what it is told, is newer than the cluster, before anything is sent.

    Args:
        connection: of the client.
        retry: whether a call that fails in passing is made again; some callers wait in their own way.
    """

    def __init__(self, connection: "AsyncConnection", *, retry: bool = True) -> None:
        super().__init__(connection)
        self._retry = retry

    async def _ask(
        self,
        operation: str,
        answer: type[Answer],
        *,
        path: tuple[str, ...] = (),
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        timeout_s: float | None,
    ) -> Answer:
        # Older clusters say nothing where newer ones say what came of it.
        sent = await self._sent(operation, path, query, body, timeout_s) or b"{}"
        return self._read(sent, answer, operation)

    async def _ask_if_any(
        self, operation: str, answer: type[Answer], *, path: tuple[str, ...] = (), timeout_s: float | None
    ) -> Answer | None:
        body = await self._sent(operation, path, None, None, timeout_s)
        return self._read(body, answer, operation) if body else None

    async def _tell(
        self,
        operation: str,
        *,
        path: tuple[str, ...] = (),
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        timeout_s: float | None,
    ) -> None:
        await self._sent(operation, path, query, body, timeout_s)

    async def _bytes(
        self,
        operation: str,
        *,
        path: tuple[str, ...] = (),
        query: Mapping[str, object] | None = None,
        timeout_s: float | None,
    ) -> bytes:
        return await self._sent(operation, path, query, None, timeout_s)

    async def _text(
        self,
        operation: str,
        *,
        path: tuple[str, ...] = (),
        query: Mapping[str, object] | None = None,
        timeout_s: float | None,
    ) -> str:
        try:
            return (await self._sent(operation, path, query, None, timeout_s)).decode()
        except UnicodeDecodeError as error:
            raise ServerFault(f"expected text as the answer to {operation}, but it is not UTF-8") from error

    async def _download(
        self, operation: str, *, path: tuple[str, ...], query: Mapping[str, object] | None, timeout_s: float | None
    ) -> AsyncGenerator[bytes, None]:
        request = await self._request(operation, path=path, query=query, timeout_s=timeout_s or DOWNLOAD_TIMEOUT_S)
        async with aclosing(self._connection.rest().download(request)) as chunks:
            async for chunk in chunks:  # sync: yield from chunks
                yield chunk  # async-only

    def _read(self, body: bytes, answer: type[Answer], operation: str) -> Answer:
        return decode(body, answer, call=operation, address=self._connection.settings.rest_address or "")

    async def _pages(
        self,
        ask: Callable[[str | None], Awaitable[Found[Item]]],  # sync: ask: Callable[[str | None], Found[Item]],
    ) -> AsyncIterator[Item]:
        after: str | None = None
        seen = 0
        while True:
            found = await ask(after)
            for item in found.items:  # sync: yield from found.items
                yield item  # async-only
            seen += len(found.items)
            cursor = found.page.end_cursor
            # The count of a large result ends at a limit of the server's, which it says.
            over = seen >= found.page.total_items and found.page.has_more_total_items is not True
            if over or not found.items or not cursor or cursor == after:
                return
            after = cursor

    async def _sent(
        self,
        operation: str,
        path: tuple[str, ...],
        query: Mapping[str, object] | None,
        body: Mapping[str, object] | None,
        timeout_s: float | None,
    ) -> bytes:
        request = await self._request(operation, path=path, query=query, body=body, timeout_s=timeout_s)
        return await self._connection.rest().send(request)

    async def _request(
        self,
        operation: str,
        *,
        path: tuple[str, ...] = (),
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        timeout_s: float | None,
    ) -> RestRequest:
        settings, version = self._connection.settings, self._connection.version
        row = OPERATIONS[operation]
        self._connection.rest()  # without an address nobody is asked, not even for the version
        await version.must_offer(row)
        for name, since in row.newer.items():
            if body and body.get(name):  # what is empty says nothing to anybody
                await version.must_be(since, f"{name} of {operation}")
        if settings.physical_tenant_id:
            await version.must_be(PHYSICAL_TENANTS_SINCE, "a physical tenant")
        return rest_forms.request(
            operation,
            timeout_s=timeout_s or settings.request_timeout_s,
            path=dict(zip(_PLACES.findall(row.path), path, strict=True)),
            query=query,
            body=None if body is None else {name: value for name, value in body.items() if value is not UNSET},
            physical_tenant_id=settings.physical_tenant_id,
            retry=self._retry,
        )

    def _own_tenant(self, tenant_id: str | UnsetType | None) -> str | UnsetType | None:
        return tenant_id if tenant_id is not UNSET else self._connection.settings.tenant_id or UNSET

    def _own_tenants(self, tenant_ids: Sequence[str] | UnsetType) -> Sequence[str] | UnsetType:
        own = self._connection.settings.tenant_id
        return tenant_ids if tenant_ids is not UNSET or not own else [own]
