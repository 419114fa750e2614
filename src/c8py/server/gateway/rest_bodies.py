"""The bodies of REST requests: what may stand in them, and how they are read.

Strict where Camunda is: an unknown property, a wrong type or another media type is refused. `decode` is the one door.
"""

from typing import Annotated, Final, TypeVar

import msgspec

from c8py.server.gateway.refusals import invalid
from c8py.server.gateway.rest_http import Problem, Request
from c8py.server.gateway.variables import refuse_depth

B = TypeVar("B")

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
# Keys are text since 8.8; clients of 8.6 and 8.7 send numbers.
Key = Annotated[str, msgspec.Meta(pattern="^-?[0-9]{1,19}$")] | Int64
Reference = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Document = dict[str, object]


class Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Base of all bodies: camelCase, and nothing unknown."""


class CommandBody(Body):
    """A command that is said by its path; the body may be left out."""

    operation_reference: Reference | None = None


class StartInstruction(Body):
    """Start before this element."""

    element_id: str


class RuntimeInstruction(Body):
    """Terminate after this element."""

    after_element_id: str
    type: str = "TERMINATE_PROCESS_INSTANCE"


class CreateInstanceBody(Body):
    """Start an instance, by key, by id and version, or by id and version tag."""

    process_definition_id: str | None = None
    process_definition_key: Key | None = None
    process_definition_version: Int32 | None = None
    process_definition_version_tag: str | None = None
    variables: Document | None = None
    tenant_id: str | None = None
    operation_reference: Reference | None = None
    start_instructions: list[StartInstruction] | None = None
    runtime_instructions: list[RuntimeInstruction] | None = None
    await_completion: bool | None = None
    fetch_variables: list[str] | None = None
    request_timeout: Int64 | None = None
    tags: list[str] | None = None
    business_id: str | None = None


class ActivateJobsBody(Body):
    """Hand out jobs."""

    type: str
    timeout: Int64
    max_jobs_to_activate: Int32
    worker: str | None = None
    fetch_variable: list[str] | None = None
    request_timeout: Int64 | None = None
    tenant_ids: list[str] | None = None
    tenant_filter: str | None = None
    with_lease: bool | None = None


class CompleteJobBody(Body):
    """Complete a job; `result` belongs to listeners and ad-hoc sub-processes, whose jobs this engine does not make."""

    variables: Document | None = None
    result: Document | None = None
    job_lease_token: str | None = None
    business_id: str | None = None


class FailJobBody(Body):
    """Fail a job."""

    retries: Int32 | None = None
    error_message: str | None = None
    retry_back_off: Int64 | None = None
    variables: Document | None = None
    job_lease_token: str | None = None


class ThrowErrorBody(Body):
    """Throw a BPMN error."""

    error_code: str
    error_message: str | None = None
    variables: Document | None = None
    job_lease_token: str | None = None


class Changeset(Body):
    """What to change of a job."""

    retries: Int32 | None = None
    timeout: Int64 | None = None
    priority: Int32 | None = None


class UpdateJobBody(Body):
    """Change a job."""

    changeset: Changeset
    operation_reference: Reference | None = None
    job_lease_token: str | None = None


class SetVariablesBody(Body):
    """Set variables."""

    variables: Document
    local: bool | None = None
    operation_reference: Reference | None = None


_JSON: Final = "application/json"


def decoder(kind: type[B]) -> msgspec.json.Decoder[B]:
    """A decoder for one kind of body; built once."""
    return msgspec.json.Decoder(kind)


async def decode(request: Request, kind: msgspec.json.Decoder[B], bytes_max: int, *, required: bool = False) -> B:
    """Read and check the body of a request.

    Args:
        request: whose body was not read yet.
        kind: what it has to be.
        bytes_max: how large it may be.
        required: whether it may be empty; an empty one reads as `{}`.

    Raises:
        Problem: no JSON, or not marked as JSON.
        Refusal: JSON of another form.
        ClientGone: the connection broke off.
    """
    content = await request.body(bytes_max)
    if not content.strip() or (not required and content.strip() == b"null"):
        if required:
            raise Problem(400, "Required request body is missing")
        return kind.decode(b"{}")
    media_type = request.media_type()
    if media_type != _JSON and not media_type.endswith("+json"):
        raise Problem(415, f"expected the content type {_JSON}, but it is {media_type[:80] or 'not given'}")
    refuse_depth(content)
    try:
        return kind.decode(content)
    except msgspec.ValidationError as error:
        raise invalid(f"expected a body of the form that this operation has, but: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem(400, "Failed to read request") from None
