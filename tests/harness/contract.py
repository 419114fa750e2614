"""A server that holds callers to the OpenAPI document of an API, on a real socket.

Every request is validated by openapi-core, which knows nothing of our models: method, path, parameters, media type,
body and forms. What that leaves open is checked here: names of parameters that do not exist, a body where none belongs,
the headers of parts of a form, the token, and whether the caller accepts what will come. What does not hold is answered
with 400 and the reason. What holds is answered with JSON made from the schema of the answer, which is validated too.
"""

import json
from email import message_from_bytes, policy
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from harness import counterparts
from harness.answering import HttpServer, Received, Reply
from harness.json_samples import Amount, JsonSamples
from harness.openapi import PART_HEADERS, Json

TEXTS: Final = {"text/xml": b"<?xml version='1.0'?><definitions/>", "application/octet-stream": bytes(range(256))}


class Broken(AssertionError):  # noqa: N818  no error of ours
    """A request, or an answer of our own, that the document does not allow."""


class Contract(HttpServer):
    """Answers whatever the document allows.

    Args:
        api: the OpenAPI document.
        token: what every call has to carry; empty for none.

    Attributes:
        turn: which of several alternatives the answers take.
        amount: how much of what may be absent the answers have.
        status: what to answer where an operation has it; None is the first status of each.
        more: put into every object of made answers, as a newer server may do.
        given: answers by operation id, in place of made ones.
        last: the body of the last answer, as it was before it became JSON or text.
        operation: the id of the operation that the last request belonged to.
    """

    def __init__(self, api: Json, *, token: str = "") -> None:
        self.api = api
        self.token = token
        self.turn = 0
        self.amount: Amount = "all"
        self.status: int | None = None
        self.more: dict[str, object] = {}
        self.given: dict[str, object] = {}
        self.last: object = None
        self.operation = ""
        self._checker = checker_of(api)
        super().__init__(self._answer_or_complain)
        counterparts.say(self.url, counterparts.CONTRACT)

    def _answer_or_complain(self, received: Received) -> Reply:
        try:
            return self._answer(received)
        except Exception as error:  # noqa: BLE001  whoever called gets to see it, whatever it is
            broken = isinstance(error, Broken)
            problem = {"title": "contract", "status": 400, "detail": str(error) if broken else repr(error)}
            return Reply(400, json.dumps(problem).encode(), {"content-type": "application/problem+json"})

    def _answer(self, received: Received) -> Reply:
        operation = self.check(received)
        self.operation = operation["operationId"]
        statuses = [int(status) for status in operation["responses"]]
        status = self.status if self.status in statuses else statuses[0]
        content = operation["responses"][str(status)].get("content")
        if content is None:
            self.last = None
            return Reply(status, b"", {})
        media = next(iter(content))
        if media in TEXTS:
            self.last = TEXTS[media]
            return Reply(status, TEXTS[media], {"content-type": media})
        self.last = self.given.get(self.operation, self._made(content[media]["schema"]))
        reply = Reply(status, json.dumps(self.last).encode(), {"content-type": media})
        if not self.more:  # which is what the document does not know of
            self._check_reply(received, reply)
        return reply

    def _made(self, schema: Json) -> object:
        samples = JsonSamples(self.api, pick=lambda count: self.turn % count, amount=self.amount, more=self.more)
        return samples.value(schema)

    def check(self, received: Received) -> Json:
        """What the document says of the operation that was called.

        Raises:
            Broken: the request is not as the document wants it.
        """
        request = _Request(received)
        try:
            self._checker.validate_request(request)
        except OpenAPIError as error:
            raise Broken(f"{received.method} {received.path}: {_told(error)}") from error
        operation = self._operation(received.method, request)
        query = {one["name"]: one["schema"] for one in operation["parameters"] if one["in"] == "query"}
        for name, text in request.parameters.query.items():
            _must(name in query, f"{operation['operationId']} has no parameter {name}")
            # openapi-core takes 1, yes and True as well.
            boolean = query[name].get("type") == "boolean"
            _must(not boolean or text in {"true", "false"}, f"{name}: expected true or false, but got {text!r}")
        _must("requestBody" in operation or not received.body, f"{operation['operationId']} has no body")
        accepted = received.headers.get("accept", "*/*")
        produced = [media for one in operation["responses"].values() for media in one.get("content", {})]
        fits = not produced or "*/*" in accepted or any(media in accepted for media in produced)
        _must(fits, f"{operation['operationId']} answers with {produced}, but the caller accepts {accepted}")
        wanted = f"Bearer {self.token}"
        _must(
            not self.token or received.headers.get("authorization") == wanted, "expected the token, but it is not there"
        )
        if received.headers.get("content-type", "").startswith("multipart/"):
            self._check_parts(operation, received)
        return operation

    def _operation(self, method: str, request: "_Request") -> Json:
        return self.api["paths"][request.pattern(self.api["paths"], method)][method.lower()]

    def _check_parts(self, operation: Json, received: Received) -> None:
        """What openapi-core passes over: the headers of parts, that there are no others, and that files have names."""
        form = operation["requestBody"]["content"]["multipart/form-data"]["schema"]
        known = self.api["components"]["schemas"][form["$ref"].rpartition("/")[2]]["properties"]
        described = PART_HEADERS.get(operation["operationId"], {})
        for part in parts(received):
            _must(part.name in known, f"{operation['operationId']} has no part {part.name}")
            one = known[part.name].get("items", known[part.name])
            is_file = "contentMediaType" in one
            _must(is_file == (part.filename is not None), f"part {part.name}: expected a file name for files alone")
            for header, schema in described.get(part.name, {}).items():
                if header in part.headers:
                    self.fits({"$ref": f"#/components/schemas/{schema}"}, json.loads(part.headers[header]))

    def fits(self, schema: Json, value: object) -> None:
        """Hold a value against a schema of the document.

        Raises:
            Broken: it does not fit.
        """
        from openapi_schema_validator import OAS31Validator

        errors = list(
            OAS31Validator(self.api | schema, format_checker=OAS31Validator.FORMAT_CHECKER).iter_errors(value)
        )
        _must(not errors, "; ".join(error.message for error in errors))

    def _check_reply(self, received: Received, reply: Reply) -> None:
        hold_answer(self._checker, received, reply)


def checker_of(api: Json) -> OpenAPI:
    """What holds requests and answers against this document."""
    # The document is printed by ourselves from facts; its own validator costs seconds and has its own test.
    config = Config(
        spec_validator_cls=None,  # pyright: ignore[reportArgumentType]  None is looked for
        extra_media_type_deserializers={
            "application/problem+json": json.loads,
            "text/csv": lambda body, **_parameters: body.decode(),
        },
    )
    return OpenAPI.from_dict(api, config=config)


def hold_answer(checker: OpenAPI, received: Received, reply: Reply) -> None:
    """Hold an answer against the document.

    Raises:
        Broken: the document has no such status for the operation, or another shape.
    """
    try:
        checker.validate_response(_Request(received), _Answer(reply))
    except OpenAPIError as error:
        raise Broken(f"our own answer to {received.method} {received.path}: {_told(error)}") from error


class FormPart(NamedTuple):
    """One part of a form."""

    name: str
    filename: str | None
    headers: dict[str, str]


def parts(received: Received) -> list[FormPart]:
    """The parts of a form, in order."""
    head = f"content-type: {received.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + received.body, policy=policy.HTTP)
    return [
        FormPart(
            name=str(part.get_param("name", header="content-disposition")),
            filename=part.get_filename(),
            headers={name.lower(): str(value) for name, value in part.items()},
        )
        for part in message.iter_parts()
    ]


class _Places(RequestParameters):
    """Parameters whose places in the path are read as servers read them: unquoted, each by itself."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "path":
            value = {place: unquote(text) for place, text in value.items()}
        super().__setattr__(name, value)


class _Request:
    """A request as openapi-core wants to see it."""

    def __init__(self, received: Received) -> None:
        self.host_url = "http://localhost"
        self.method = received.method.lower()
        self.path, _, query = received.path.partition("?")
        self.body = received.body or None
        self.content_type = received.headers.get("content-type", "")
        self.parameters: RequestParameters = _Places(
            path={},
            query=ImmutableMultiDict(parse_qsl(query, keep_blank_values=True)),
            header=Headers(received.headers),
            cookie=ImmutableMultiDict(),
        )

    def pattern(self, paths: Json, method: str) -> str:
        """The path of the document that this one belongs to: of those that fit, the one with the fewest places."""
        segments = self.path.split("/")
        fitting = [
            path for path, methods in paths.items() if method.lower() in methods and _same(path.split("/"), segments)
        ]
        return min(fitting, key=lambda path: path.count("{"))


class _Answer:
    """An answer as openapi-core wants to see it."""

    def __init__(self, reply: Reply) -> None:
        self.data = reply.body
        self.status_code = reply.status or 0
        self.content_type = reply.headers.get("content-type", "")
        self.headers = Headers(reply.headers)


def _same(pattern: list[str], segments: list[str]) -> bool:
    return len(pattern) == len(segments) and all(
        wanted.startswith("{") or wanted == segment for wanted, segment in zip(pattern, segments, strict=True)
    )


def _must(held: bool, complaint: str) -> None:  # noqa: FBT001  the condition of an assertion
    if not held:
        raise Broken(complaint)


def _told(error: BaseException) -> str:
    """The innermost reasons, which say what and where."""
    while error.__cause__ is not None:
        error = error.__cause__
    reasons = getattr(error, "schema_errors", None)
    if not reasons:
        return repr(error)
    return "; ".join(f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in reasons)
