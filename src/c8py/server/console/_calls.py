"""A call of the Administration API: checked before it gets to its operation, answered in JSON or with a problem."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from c8py.base import limits
from c8py.server.access import AccessDenied, Caller
from c8py.server.console._desk import Desk
from c8py.server.console._not_done import NotDone
from c8py.server.console._problems import problem
from c8py.server.store import Cluster
from c8py.serving.bodies import BodyTooLarge, BodyTooSlow, read_bounded

T = TypeVar("T")
OWN_SECRETS: Final = "own:connector-secrets"
"""Stands for a cluster's own client with the scope Secrets, in the place of a permission."""
_ENCODER: Final = msgspec.json.Encoder()


class Call:
    """One call, whose caller may make it.

    Args:
        request: as it came.
        caller: who makes it; nobody for what is open to all.
        desk: what can be done.
    """

    def __init__(self, request: Request, caller: Caller | None, desk: Desk) -> None:
        self.request: Final = request
        self.caller: Final = caller
        self.desk: Final = desk

    @property
    def who(self) -> str:
        """The caller's name, for the activity log."""
        return "" if self.caller is None else self.caller.name

    def part(self, name: str) -> str:
        """What stands in the path in this place."""
        return self.request.path_params[name]

    @property
    def cluster(self) -> Cluster:
        """The cluster in the path.

        Raises:
            NotDone: there is none.
        """
        found = self.desk.clients.cluster(self.part("cluster"))
        if found is None:
            raise NotDone(404, "expected the id of a cluster of this organization, but there is none")
        return found

    async def body(self, decoder: msgspec.json.Decoder[T], wants: str) -> T:
        """The body.

        Args:
            decoder: of its shape.
            wants: the fields that have to be there, for the one who left them out.

        Raises:
            NotDone: it is too large, too slow, or of another shape.
        """
        bytes_max = limits.CONSOLE_BODY_BYTES_MAX
        try:
            raw = await read_bounded(self.request.stream(), bytes_max=bytes_max, wait_s=limits.CONSOLE_BODY_WAIT_S_MAX)
            return decoder.decode(raw)
        except BodyTooLarge:
            raise NotDone(413, f"expected at most {bytes_max} bytes, but there are more") from None
        except BodyTooSlow:
            raise NotDone(408, "expected the whole body in time, but it did not end") from None
        # RecursionError: brackets alone, a thousand deep.
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise NotDone(400, f"expected JSON with {wants}, but the body is none") from None


Operation = Callable[[Call], Awaitable[Response]]


def guarded(desk: Desk, permission: str, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    """The operation as an endpoint, for those who may; a refusal becomes a problem document.

    Args:
        desk: what can be done.
        permission: what a client of the organization needs; "" is open to all.
        operation: what is done.
    """

    async def endpoint(request: Request) -> Response:
        try:
            caller = _authorized(desk, request, permission) if permission else None
            return await operation(Call(request, caller, desk))
        except AccessDenied as denied:
            status = 401 if denied.kind == "unauthenticated" else 403
            headers = {"www-authenticate": "Bearer"} if denied.kind == "unauthenticated" else None
            return problem(status, denied.reason, request.url.path, headers)
        except NotDone as refused:
            # The rest of a body that is not wanted.
            headers = {"connection": "close"} if refused.status in {408, 413} else None
            return problem(refused.status, refused.detail, request.url.path, headers)

    return endpoint


def _authorized(desk: Desk, request: Request, permission: str) -> Caller:
    """The caller, who has the permission; a cluster's own client with the scope Secrets may read its secrets.

    Raises:
        AccessDenied: nobody, or somebody who may not.
    """
    authorization, cluster_id = request.headers.get("authorization"), request.path_params.get("cluster")
    if permission == OWN_SECRETS:
        return desk.access.authorize(authorization, api="secrets", own=True)
    try:
        return desk.access.authorize(authorization, api="console", permission=permission)
    except AccessDenied as denied:
        if permission != "read:connector-secrets" or denied.denial != "audience" or cluster_id is None:
            raise
    return desk.access.authorize(authorization, api="secrets", cluster_id=cluster_id)


def answer(body: object) -> Response:
    """A JSON answer that nobody keeps."""
    return Response(_ENCODER.encode(body), media_type="application/json", headers={"cache-control": "no-store"})


def nothing() -> Response:
    """Done, and no more to say."""
    return Response(status_code=204)
