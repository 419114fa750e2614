"""Operations as requests of REST v2. Pure but for the boundaries of forms, which are random.

The paths are those of the table of operations.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from c8py.client.values import json_bytes
from c8py.models.operations import OPERATIONS
from c8py.transport import Part, RestRequest, multipart, safe_operation

_ROOT: Final = "/v2"


def request(
    operation: str,
    *,
    timeout_s: float,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, object] | None = None,
    body: object = None,
    physical_tenant_id: str = "",
    retry: bool = True,
) -> RestRequest:
    """A request of an operation.

    Args:
        operation: its id in the table.
        timeout_s: for all attempts together, in seconds.
        path: values for the names in its path.
        query: what goes behind the `?`; None values are left out.
        body: what is said as JSON; None for no body.
        physical_tenant_id: whose API is asked; "" is the default one's. Operations of the whole cluster have none.
        retry: whether to try again at all, but for a new token.
    """
    row = OPERATIONS[operation]
    filled = row.path
    for name, value in (path or {}).items():
        filled = filled.replace(f"{{{name}}}", quote(value, safe=""))
    root = _ROOT if not physical_tenant_id else f"/physical-tenants/{quote(physical_tenant_id, safe='')}{_ROOT}"
    root = "" if row.path.startswith("/cluster/v2/") else root
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
        retry=retry,
    )


def deployment(plain: RestRequest, files: Sequence[tuple[str, bytes]], *, tenant_id: str) -> RestRequest:
    """Deploy these files, all or none."""
    parts = [
        Part(name="resources", content=content, filename=name, content_type="application/octet-stream")
        for name, content in files
    ]
    parts += [Part(name="tenantId", content=tenant_id.encode())] if tenant_id else []
    return form(plain, parts)


def form(plain: RestRequest, parts: Sequence[Part]) -> RestRequest:
    """The request with a form as its body."""
    # 128 random bits stand in no content.
    content_type, body = multipart(parts, boundary=f"c8py-{secrets.token_hex(16)}")
    return msgspec.structs.replace(plain, body=body, content_type=content_type)


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
