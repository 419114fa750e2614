"""What all groups of calls stand on: the connection of their client."""

from c8py.client._async.connection import AsyncConnection


class AsyncCalls:
    """Calls by way of one connection.

    Args:
        connection: of the client.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    def _tenant(self, tenant_id: str | None) -> str:
        return self._connection.settings.tenant_id if tenant_id is None else tenant_id
