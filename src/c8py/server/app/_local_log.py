"""What the activity log says of the operations under /console-api/local: one line for each, once it has been done.

Owns the words. Every operation that is no mere look has to have its own here; local_routes asks for them.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from c8py.server.console import Journal
from c8py.server.store import Store

Endpoint = Callable[[Request], Awaitable[Response]]
_ONE: Final = "/clusters/{cluster}"


class Line(msgspec.Struct, frozen=True):
    """A line to be.

    Attributes:
        verb: created, updated or deleted.
        what: in words; {name} is the cluster, or what the answer names.
        entity: what it was done to.
        named: which part of the path, or else which member of the answer, has the entity's id.
    """

    verb: Literal["c", "u", "d"]
    what: str
    entity: str
    named: str


LINES: Final[dict[tuple[str, str], Line | None]] = {
    ("POST", "/backup"): Line("c", "backed up the platform", "platform backup", "folder"),
    ("POST", "/clusters"): Line("c", "created the cluster {name}", "cluster", "id"),
    ("DELETE", _ONE): Line("d", "deleted the cluster {name}", "cluster", "cluster"),
    # Changes nothing: it looks whether somebody else's cluster answers.
    ("POST", f"{_ONE}/test"): None,
    ("POST", f"{_ONE}/suspend"): Line("u", "suspended the cluster {name}", "cluster", "cluster"),
    ("POST", f"{_ONE}/resume"): Line("u", "resumed the cluster {name}", "cluster", "cluster"),
    ("POST", f"{_ONE}/restart"): Line("u", "restarted the brokers of the cluster {name}", "cluster", "cluster"),
    ("POST", f"{_ONE}/clients"): Line("c", "created a client of the cluster {name}", "client", "clientId"),
    ("POST", f"{_ONE}/backups"): Line("c", "began a backup of the cluster {name}", "backup", "backupId"),
    ("POST", f"{_ONE}/backups/{{backup}}/restore"): Line("u", "restored a backup of {name}", "backup", "backup"),
    ("DELETE", f"{_ONE}/backups/{{backup}}"): Line("d", "deleted a backup of {name}", "backup", "backup"),
    ("POST", "/hosts"): Line("c", "let the host {name} join", "host", "id"),
    ("DELETE", "/hosts/{host}"): Line("d", "removed the host {name}", "host", "host"),
    # Nobody's doing: a host says how its brokers are.
    ("POST", "/hosts/{host}/report"): None,
}


def told(journal: Journal, store: Store, method: str, path: str, endpoint: Endpoint) -> Endpoint:
    """The endpoint, which now leaves its line when it has done what was asked.

    Args:
        journal: where to.
        store: knows the names of clusters.
        method: of the route.
        path: of the route.
        endpoint: does the work; the caller's name stands in the state of its request, as `who`.
    """
    # No words, no route: an operation that nobody could trace is found when the platform starts.
    line = None if method == "GET" else LINES[method, path]
    if line is None:
        return endpoint

    async def and_told(request: Request) -> Response:
        cluster_id: str = request.path_params.get("cluster", "")
        # Looked up before: what is deleted has no name any more.
        found = store.cluster(cluster_id)
        response = await endpoint(request)
        if response.status_code < HTTPStatus.BAD_REQUEST:
            answer: dict[str, object] = msgspec.json.decode(bytes(response.body) or b"{}", type=dict[str, object])
            name = str(answer.get("name", "")) if found is None else found.name
            entity_id = str(request.path_params.get(line.named) or answer.get(line.named, ""))
            journal.write(
                request.state.who, line.what.format(name=name), verb=line.verb, entity=line.entity,
                entity_id=entity_id, parent="" if entity_id == cluster_id else cluster_id,
            )  # fmt: skip
        return response

    return and_told
