"""Who may come in: asks access on every call, and words its refusals as Camunda's gateways do."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from c8py.server.access import Access, AccessDenied, Caller, Sources
from c8py.server.gateway.refusals import Kind, Refusal

_NO_TOKEN = "Expected bearer token at header with key [authorization], but found nothing"  # noqa: S105  words of a refusal
_BAD_TOKEN = "Failed to parse bearer token, see cause for details"  # noqa: S105  the same


class Door:
    """The entrance to one cluster.

    Args:
        access: who decides.
        cluster_id: the cluster behind this door.
    """

    def __init__(self, access: Access, cluster_id: str) -> None:
        self._access = access
        self._cluster_id = cluster_id

    @property
    def sources(self) -> Sources:
        """Knows from which address a call comes."""
        return self._access.sources

    @contextmanager
    def while_allowed(self, caller: Caller) -> Generator[None]:
        """A call that may take long: it ends when its client is deleted, or its address no longer allowed.

        Args:
            caller: who was let in.

        Raises:
            Refusal: it has ended so.
        """
        task = asyncio.current_task()
        assert task is not None
        ended = False

        def end() -> None:
            nonlocal ended
            ended = True
            task.cancel()

        forget = self._access.on_end(caller, self._cluster_id, end)
        try:
            yield
        except asyncio.CancelledError:
            if not ended:
                raise
            task.uncancel()
            raise Refusal(Kind.UNAUTHENTICATED, f"{_BAD_TOKEN}: the client may no longer call this cluster") from None
        finally:
            forget()

    def enter_grpc(self, authorization: str | None, source: str) -> Caller:
        """Let a gRPC call in.

        Raises:
            Refusal: with the words that clients know from real gateways, and the reason after them.
        """
        try:
            return self._access.authorize(authorization, api="zeebe", cluster_id=self._cluster_id, source=source)
        except AccessDenied as denied:
            if denied.kind == "forbidden":
                raise Refusal(Kind.FORBIDDEN, denied.reason) from None
            if denied.denial == "missing":
                raise Refusal(Kind.UNAUTHENTICATED, _NO_TOKEN) from None
            raise Refusal(Kind.UNAUTHENTICATED, f"{_BAD_TOKEN}: {denied.reason}") from None

    def enter_rest(self, authorization: str | None, source: str) -> Caller:
        """Let a REST request in.

        Raises:
            Refusal: "Access Denied" where nothing was shown, else the reason.
        """
        try:
            return self._access.authorize(authorization, api="zeebe", cluster_id=self._cluster_id, source=source)
        except AccessDenied as denied:
            if denied.kind == "forbidden":
                raise Refusal(Kind.FORBIDDEN, denied.reason) from None
            detail = "Access Denied" if denied.denial == "missing" else denied.reason
            raise Refusal(Kind.UNAUTHENTICATED, detail) from None
