"""Commands and questions as requests of REST v2. Pure but for the boundaries of forms, which are random.

The paths are those of the table of operations.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from c8py.client.values import ActivationQuery, AnyKey, StartQuery, json_bytes, key_text, milliseconds
from c8py.errors import InvalidArgument
from c8py.models.operations import OPERATIONS
from c8py.transport import Part, RestRequest, multipart, safe_operation

Filter = msgspec.Struct | Mapping[str, object]
Sort = Sequence[str | msgspec.Struct]

_ROOT: Final = "/v2"


def request(
    operation: str,
    *,
    timeout_s: float,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
    body: object = None,
) -> RestRequest:
    """A request of an operation.

    Args:
        operation: its id in the table.
        timeout_s: for all attempts together, in seconds.
        path: values for the names in its path.
        query: what goes behind the `?`; None values are left out.
        body: what is said as JSON; None for no body.
    """
    row = OPERATIONS[operation]
    filled = row.path
    for name, value in (path or {}).items():
        filled = filled.replace(f"{{{name}}}", quote(value, safe=""))
    root = "" if row.path.startswith("/cluster/v2/") else _ROOT
    asked = {name: _query_text(value) for name, value in (query or {}).items() if value is not None}
    return RestRequest(
        call=operation,
        method=row.method,
        path=root + filled + (f"?{urlencode(asked)}" if asked else ""),
        body=None if body is None else json_bytes(body),
        # A server that has something else refuses whoever asks for JSON alone; its errors are JSON all the same.
        accept=f"{row.response_content}, application/problem+json" if row.response_content else "application/json",
        safe=safe_operation(operation, row.method),
        timeout_s=timeout_s,
    )


def deployment(files: Sequence[tuple[str, bytes]], *, tenant_id: str, timeout_s: float) -> RestRequest:
    """Deploy these files, all or none."""
    parts = [
        Part(name="resources", content=content, filename=name, content_type="application/octet-stream")
        for name, content in files
    ]
    parts += [Part(name="tenantId", content=tenant_id.encode())] if tenant_id else []
    return form(request("createDeployment", timeout_s=timeout_s), parts)


def form(plain: RestRequest, parts: Sequence[Part]) -> RestRequest:
    """The request with a form as its body."""
    # 128 random bits stand in no content.
    content_type, body = multipart(parts, boundary=f"c8py-{secrets.token_hex(16)}")
    return msgspec.structs.replace(plain, body=body, content_type=content_type)


def start(query: StartQuery) -> dict[str, object]:
    """The body of a start.

    Raises:
        InvalidArgument: neither process nor definition is named.
    """
    body: dict[str, object] = {}
    if query.process_id is not None:
        body["processDefinitionId"] = query.process_id
        body["processDefinitionVersion"] = query.version
    elif query.process_definition_key is not None:
        body["processDefinitionKey"] = key_text(query.process_definition_key)
    else:
        raise InvalidArgument("expected a process id or the key of a process definition, but got neither")
    optional = {"variables": query.variables, "tenantId": query.tenant_id, "tags": query.tags}
    return body | {name: value for name, value in optional.items() if value}


def activation(query: ActivationQuery) -> dict[str, object]:
    """The body of an activation of jobs."""
    body: dict[str, object] = {
        "type": query.type,
        "timeout": milliseconds(query.timeout_s),
        "maxJobsToActivate": query.max_jobs,
        "requestTimeout": 0 if query.request_timeout_s is None else milliseconds(query.request_timeout_s),
    }
    optional = {"worker": query.worker, "fetchVariable": query.fetch_variables, "tenantIds": query.tenant_ids}
    return body | {name: value for name, value in optional.items() if value}


def evaluation(
    decision_id: str | None, decision_key: AnyKey | None, variables: Mapping[str, object], *, tenant_id: str
) -> dict[str, object]:
    """The body of an evaluation of a decision.

    Raises:
        InvalidArgument: neither its id nor its key is named.
    """
    if decision_id is None and decision_key is None:
        raise InvalidArgument("expected the id or the key of a decision, but got neither")
    return given(
        decisionDefinitionId=decision_id,
        decisionDefinitionKey=None if decision_key is None else key_text(decision_key),
        variables=variables or None,
        tenantId=tenant_id or None,
    )


def given(**members: object) -> dict[str, object]:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def search(filter: Filter | None, sort: Sort, limit: int | None, after: str | None) -> dict[str, object]:  # noqa: A002
    """The body of a search.

    Args:
        filter: a struct of the models, or wire names and values.
        sort: structs of the models, or wire names, with a `-` before those that are to go down.
        limit: how many items at most; None is the server's own measure.
        after: the end cursor of the page before.
    """
    body: dict[str, object] = {}
    if filter is not None:
        body["filter"] = filter
    if sort:
        body["sort"] = [_sorted(item) for item in sort]
    page: dict[str, object] = given(limit=limit, after=after)
    if page:
        body["page"] = page
    return body


def page(**wanted: int | str | None) -> dict[str, object] | msgspec.UnsetType:
    """Which page of a search is wanted: limit, after, before, from_. UNSET, which leaves it to the server, for none."""
    return {name.rstrip("_"): value for name, value in wanted.items() if value is not None} or msgspec.UNSET


def sorted_by(names: Sequence[str]) -> list[object] | msgspec.UnsetType:
    """Wire names, with a `-` before those that are to go down, as the body of a search has them; UNSET for none."""
    return [_sorted(name) for name in names] or msgspec.UNSET


def _query_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _sorted(item: str | msgspec.Struct) -> object:
    if isinstance(item, msgspec.Struct):
        return item
    return {"field": item.removeprefix("-"), "order": "DESC" if item.startswith("-") else "ASC"}
