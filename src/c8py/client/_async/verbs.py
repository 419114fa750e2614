"""What the verbs of the client stand on: each is said over gRPC or over REST, whichever is wished or there."""

from functools import cached_property
from typing import TYPE_CHECKING

from c8py.client._async.nouns import AsyncNouns
from c8py.client._async.over_rest import AsyncOverRest
from c8py.config import Protocol

if TYPE_CHECKING:
    from c8py.client._async.over_grpc import AsyncOverGrpc


class AsyncVerbs(AsyncNouns):
    """Chooses the way of a verb; the nouns beside it know REST only."""

    def _over(self, protocol: Protocol | None) -> "AsyncOverGrpc | AsyncOverRest":
        """The way that a verb takes which both offer.

        Args:
            protocol: the caller's wish; None leaves it to the settings, which prefer gRPC where its address is known.

        Raises:
            ConfigError: the address of the wished one is not known.
        """
        settings = self._connection.settings
        chosen = protocol or settings.prefer or "grpc"
        if protocol is None and settings.grpc_address is None:
            chosen = "rest"
        elif protocol is None and settings.rest_address is None:
            chosen = "grpc"
        return self._over_grpc if chosen == "grpc" else self._over_rest

    @cached_property
    def _over_grpc(self) -> "AsyncOverGrpc":
        # It loads grpcio and protobuf, as the gateway does: users of REST need not pay for that.
        from c8py.client._async.over_grpc import AsyncOverGrpc  # noqa: PLC0415

        return AsyncOverGrpc(self._connection)

    @cached_property
    def _over_rest(self) -> AsyncOverRest:
        return AsyncOverRest(self._connection)
