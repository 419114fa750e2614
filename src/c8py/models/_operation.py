"""What is known of one operation of the REST API. The table of them is `c8py.models.operations`."""

from collections.abc import Mapping
from importlib import import_module

import msgspec


class Operation(msgspec.Struct, frozen=True):
    """One operation.

    Attributes:
        id: its name in the API, for example `activateJobs`.
        method: GET, POST, PUT, PATCH or DELETE.
        path: below the address of the API, with `{names}` for what varies; `/cluster/v2/…` stands beside `/v2`.
        tag: the group it belongs to, as the API calls it.
        added_in: the version that brought it, for example `8.6`.
        request: the struct of the body, empty for none and for forms.
        response: the struct of the answer, `list[…]` of it, `str`, `bytes`, `dict[str, object]`, or empty for none.
        success_status: what the server answers when all went well.
        query: the names of the parameters after the `?`.
        query_required: those of them that have to be there.
        body_required: whether a request without a body is wrong.
        eventually_consistent: whether the answer may lag behind what the engine knows.
        scope: `cluster-wide` where it does not belong to one physical tenant.
        request_content: the media type of the body, where that is not JSON.
        response_content: the media type of the answer, where that is not JSON.
        deprecated: whether the API advises against it.
        newer: the members of the body that came after the operation itself, and the version that brought each.
    """

    id: str
    method: str
    path: str
    tag: str
    added_in: str
    request: str = ""
    response: str = ""
    success_status: int = 200
    query: tuple[str, ...] = ()
    query_required: tuple[str, ...] = ()
    body_required: bool = False
    eventually_consistent: bool = False
    scope: str = ""
    request_content: str = ""
    response_content: str = ""
    deprecated: bool = False
    newer: Mapping[str, str] = {}

    @property
    def module(self) -> str:
        """The module of `c8py.models` that has its structs."""
        return self.tag.lower().replace(" ", "_").replace("-", "_")

    def request_type(self) -> type | None:
        """The type of the body; None where there is no body, or a form. Loads the module of the tag."""
        return self._type(self.request)

    def response_type(self) -> type | None:
        """The type of the answer; None where there is none. Loads the module of the tag."""
        return self._type(self.response)

    def _type(self, name: str) -> type | None:
        builtin: dict[str, type | None] = {"": None, "str": str, "bytes": bytes, "dict[str, object]": dict[str, object]}
        if name in builtin:
            return builtin[name]
        module = import_module(f"c8py.models.{self.module}")
        item = name.removeprefix("list[").removesuffix("]")
        found: type = getattr(module, item)
        return found if item == name else list[found]
