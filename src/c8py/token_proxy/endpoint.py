"""The HTTP side of a proxy, an ASGI application of its own: no framework in the way of a warm answer.

The path alone chooses the token service. Reads requests within limits; never logs a body or a header.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, TypeAlias, cast

from c8py.auth import ClientCredentials
from c8py.base.clock import Clock
from c8py.base.limits import TOKEN_PROXY_FIELD_CHARS_MAX
from c8py.base.redact import Secret
from c8py.serving.bodies import BodyTooLarge, BodyTooSlow, read_bounded
from c8py.serving.token_requests import Malformed, basic_client, form_fields, json_fields, media_type
from c8py.token_proxy import answers
from c8py.token_proxy.answers import Answer
from c8py.token_proxy.desk import Desk, Later, Refused
from c8py.token_proxy.figures import Figures, Outcome
from c8py.token_proxy.settings import ProxySettings
from c8py.token_proxy.upstreams import Upstream, paths_of

# Of ASGI; what uvicorn passes is looked at with a cast each time.
Scope: TypeAlias = Mapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, object]]]
Send: TypeAlias = Callable[[Mapping[str, object]], Awaitable[None]]

_READERS: Final = {"application/json": json_fields, "application/x-www-form-urlencoded": form_fields}
_ONCE: Final = frozenset((b"authorization", b"content-type", b"content-length"))
_CLOSE: Final = (b"connection", b"close")
_METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"


class Unreadable(Exception):  # noqa: N818  what came is judged, nothing broke
    """Not a token request that anybody could grant; carries the answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Endpoint:
    """Answers callers.

    Args:
        settings: limits, and who stands behind.
        desk: gives the tokens.
        figures: counts answers.
        clock: for what a token has left.
    """

    def __init__(self, settings: ProxySettings, desk: Desk, figures: Figures, clock: Clock) -> None:
        self._settings = settings
        self._upstreams: Mapping[str, Upstream] = paths_of(settings.upstreams)
        self._desk = desk
        self._figures = figures
        self._clock = clock
        self.ready = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        assert scope["type"] == "http", "neither lifespan nor web sockets are on"
        path = cast("str", scope["path"])
        upstream = self._upstreams.get(path)
        if upstream is None:
            answer = self._about_itself(cast("str", scope["method"]), path)
        elif scope["method"] != "POST":
            answer = answers.problem(405, "invalid_request", "expected POST, but it is another method", _allow("POST"))
        else:
            answer = await self._token(upstream, scope, receive)
        length = (b"content-length", str(len(answer.body)).encode())
        await send({"type": "http.response.start", "status": answer.status, "headers": [*answer.headers, length]})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    async def _token(self, upstream: Upstream, scope: Scope, receive: Receive) -> Answer:
        try:
            headers = _headers(scope)
            fields = _fields(headers, await self._body(headers, receive))
            credentials = _credentials(upstream, headers, fields)
        except Unreadable as unreadable:
            self._figures.answered(upstream.name, "malformed")
            return unreadable.answer
        anew = "no-cache" in headers.get(b"cache-control", "").lower()
        outcome = await self._desk.ask(upstream, credentials, anew=anew)
        word: Outcome
        if isinstance(outcome, Refused):
            word, answer = "refused", answers.refused(outcome.response)
        elif isinstance(outcome, Later):
            word = "limited" if outcome.limited else "unavailable"
            answer = answers.later(outcome.wait_s, limited=outcome.limited, reason=outcome.reason)
        else:
            word, answer = "served", answers.granted(outcome, self._clock.monotonic_s())
        self._figures.answered(upstream.name, word)
        return answer

    async def _body(self, headers: Mapping[bytes, str], receive: Receive) -> bytes:
        bytes_max, wait_s = self._settings.body_bytes_max, self._settings.body_wait_s
        too_large = f"expected a body of at most {bytes_max} bytes, but it is larger"
        # What has been announced as too large is not waited for.
        if int(headers.get(b"content-length", "0")) > bytes_max:
            raise Unreadable(answers.problem(413, "invalid_request", too_large, _CLOSE))
        try:
            return await read_bounded(_chunks(receive), bytes_max=bytes_max, wait_s=wait_s)
        except BodyTooLarge:
            raise Unreadable(answers.problem(413, "invalid_request", too_large, _CLOSE)) from None
        except BodyTooSlow:
            said = f"expected the body within {wait_s:g} seconds, but it did not end"
            raise Unreadable(answers.problem(408, "invalid_request", said, _CLOSE)) from None

    def _about_itself(self, method: str, path: str) -> Answer:
        if path not in {"/health", "/ready", "/metrics"}:
            return answers.problem(404, "not_found", "expected a path of this token proxy, but there is none like it")
        if method not in {"GET", "HEAD"}:
            return answers.problem(
                405, "invalid_request", "expected GET, but it is another method", _allow("GET, HEAD")
            )
        if path == "/metrics":
            return answers.text(200, self._figures.text(self._desk.gauges()), _METRICS)
        if path == "/ready" and not self.ready:
            return answers.text(503, "stopping\n")
        return answers.text(200, "ok\n")


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Nobody is there to be answered; what came is not acted upon.
            raise Unreadable(answers.problem(400, "invalid_request", "expected the whole body, but it broke off"))
        yield cast("bytes", message.get("body", b""))
        if not message.get("more_body", False):
            return


def _headers(scope: Scope) -> dict[bytes, str]:
    """By name; one that decides about the request must not be there twice."""
    found: dict[bytes, str] = {}
    for name, value in cast("list[tuple[bytes, bytes]]", scope["headers"]):
        if name in found and name in _ONCE:
            said = f"expected {name.decode('latin-1')} once, but it is there twice"
            raise Unreadable(answers.problem(400, "invalid_request", said, _CLOSE))
        found[name] = value.decode("latin-1")
    return found


def _fields(headers: Mapping[bytes, str], body: bytes) -> dict[str, str]:
    reader = _READERS.get(media_type(headers.get(b"content-type")))
    if reader is None:
        said = f"expected Content-Type {' or '.join(_READERS)}, but it is another"
        raise Unreadable(answers.problem(400, "invalid_request", said))
    try:
        # As SaaS has it: what stands in the body is what counts.
        return {**basic_client(headers.get(b"authorization")), **reader(body)}
    except Malformed as error:
        raise Unreadable(answers.problem(400, "invalid_request", str(error))) from None


def _credentials(upstream: Upstream, headers: Mapping[bytes, str], fields: Mapping[str, str]) -> ClientCredentials:
    grant = fields.get("grant_type", "")
    if grant != "client_credentials":
        said = "expected grant_type client_credentials, but it is another"
        raise Unreadable(answers.problem(400, "unsupported_grant_type" if grant else "invalid_request", said))
    if any(len(text) > TOKEN_PROXY_FIELD_CHARS_MAX for text in fields.values()):
        said = f"expected no field longer than {TOKEN_PROXY_FIELD_CHARS_MAX} characters, but one is"
        raise Unreadable(answers.problem(400, "invalid_request", said))
    client_id, secret = fields.get("client_id", ""), fields.get("client_secret", "")
    if not client_id or not secret:
        challenge = ((b"www-authenticate", b'Basic realm="token proxy"'),) if b"authorization" in headers else ()
        said = "expected client_id and client_secret, but one is missing"
        raise Unreadable(answers.problem(401, "invalid_client", said, *challenge))
    return ClientCredentials(
        token_url=upstream.token_url,
        client_id=client_id,
        client_secret=Secret(secret),
        audience=fields.get("audience", ""),
        scope=fields.get("scope", ""),
        resource=fields.get("resource", ""),
        method=upstream.method,
    )


def _allow(methods: str) -> tuple[bytes, bytes]:
    return (b"allow", methods.encode())
