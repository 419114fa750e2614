"""What all groups of calls stand on: the connection of their client."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from c8py.client._async.connection import AsyncConnection


class AsyncCalls:
    """Calls by way of one connection.

    Args:
        connection: of the client.
    """

    def __init__(self, connection: "AsyncConnection") -> None:
        self._connection = connection

    def _tenant(self, tenant_id: str | None) -> str:
        return self._connection.settings.tenant_id if tenant_id is None else tenant_id

    async def _since(self, version: str, **said: object) -> None:
        """Refuse what is newer than the cluster: an older gateway would drop it without a word.

        Raises:
            NotSupported: something of it is said, and the cluster is older than this version.
        """
        for name, value in said.items():
            if value:
                await self._connection.version.must_be(version, name)
