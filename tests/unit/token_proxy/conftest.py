"""A proxy's desk and endpoint in virtual time, before a token service that is made up: hours pass in milliseconds."""

import asyncio
import json
import selectors
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode

import pytest

from c8py.auth import ClientCredentials, HttpRequest, HttpResponse, MemoryCache
from c8py.base.redact import Secret
from c8py.errors import ConnectionFailed
from c8py.token_proxy.desk import Desk
from c8py.token_proxy.endpoint import Endpoint
from c8py.token_proxy.figures import Figures
from c8py.token_proxy.settings import ProxySettings
from c8py.token_proxy.upstreams import read_upstream

START_MS = 1_773_570_600_000
URL = "https://login.example/oauth/token"


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing: the time to wait passes at once."""

    passed_s = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout is None:
            msg = "expected something to happen, but everybody waits for ever"
            raise RuntimeError(msg)
        if not ready:
            # A little more, so that rounding leaves nothing undone.
            self.passed_s += max(timeout or 0.0, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is the sum of all waiting."""

    def __init__(self) -> None:
        self.jumping = _Jumping()
        super().__init__(self.jumping)

    def time(self) -> float:
        return 1_000_000.0 + self.jumping.passed_s


class LoopClock:
    """The loop's time, as the house tells it."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.skew_s = 0.0

    def now_ms(self) -> int:
        return START_MS + round((self.loop.time() + self.skew_s) * 1000)

    def monotonic_s(self) -> float:
        return self.loop.time()


class Service:
    """A token service: accepts some secrets, can be slow, down, limited, or talk nonsense."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.secrets = {"id": {"right"}}
        self.answer: Callable[[dict[str, str]], HttpResponse | None] | None = None
        self.delay_s = 0.0
        self.lifetime_s = 3600
        self.asked: list[tuple[float, dict[str, str]]] = []

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        fields = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.asked.append((self.clock.monotonic_s(), fields))
        await asyncio.sleep(self.delay_s)
        if self.answer is not None:
            found = self.answer(fields)
            if found is not None:
                return found
        if fields.get("client_secret") not in self.secrets.get(fields["client_id"], set()):
            return said(401, {"error": "access_denied", "error_description": "Unauthorized"}, x_trace="7")
        token = f"eyJ{len(self.asked)}-{fields.get('audience', '')}"
        return said(200, {"access_token": token, "scope": "abc", "expires_in": self.lifetime_s, "token_type": "Bearer"})

    @property
    def times_s(self) -> list[float]:
        return [at_s - 1_000_000.0 for at_s, _ in self.asked]


def said(status: int, body: object, **headers: str) -> HttpResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {"content-type": "application/json"}
    return HttpResponse(
        status=status, headers=kind | {name.replace("_", "-"): text for name, text in headers.items()}, body=content
    )


def down(_fields: dict[str, str]) -> HttpResponse:
    raise ConnectionFailed("nobody is there", sent=False)


class House:
    """A desk and its endpoint, with what stands around them."""

    def __init__(self, runner: asyncio.Runner) -> None:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        self.run = runner.run
        self.clock = LoopClock(loop)
        self.service = Service(self.clock)
        self.upstream = read_upstream(URL)
        self.settings = ProxySettings(upstreams=(self.upstream,))
        self.figures = Figures()
        self.tokens = MemoryCache(10_000)
        self.restart()

    def restart(self) -> None:
        """As if the process had ended and begun again."""
        self.desk = Desk(
            self.settings.upstreams,
            self.service,
            tokens=self.tokens,
            clock=self.clock,
            figures=self.figures,
            uniform=lambda: 0.5,
        )
        self.endpoint = Endpoint(self.settings, self.desk, self.figures, self.clock)

    def serve(self, *upstreams: str) -> None:
        self.settings = ProxySettings(upstreams=tuple(map(read_upstream, upstreams)))
        self.restart()

    def credentials(self, client_id: str = "id", secret: str = "right", audience: str = "zeebe") -> ClientCredentials:
        return ClientCredentials(
            token_url=self.upstream.token_url, client_id=client_id, client_secret=Secret(secret), audience=audience
        )

    async def ask(self, secret: str = "right", *, client_id: str = "id", audience: str = "zeebe", anew: bool = False):
        return await self.desk.ask(self.upstream, self.credentials(client_id, secret, audience), anew=anew)

    async def request(
        self,
        fields: dict[str, str] | bytes | None = None,
        *,
        path: str = "/oauth/token",
        method: str = "POST",
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        kind: str = "application/x-www-form-urlencoded",
        chunks: list[bytes] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """One request at the ASGI door."""
        if fields is None:
            fields = {
                "grant_type": "client_credentials",
                "client_id": "id",
                "client_secret": "right",
                "audience": "zeebe",
            }
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        given = [("content-type", kind), *(headers.items() if isinstance(headers, dict) else headers or [])]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in given],
        }
        coming = [body] if chunks is None else chunks
        messages = [
            {"type": "http.request", "body": chunk, "more_body": number + 1 < len(coming)}
            for number, chunk in enumerate(coming)
        ]
        sent = []

        async def receive():
            if not messages:
                await asyncio.sleep(3600)
            return messages.pop(0)

        async def send(message):
            sent.append(message)

        await self.endpoint(scope, receive, send)
        headers_out = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers_out, sent[1]["body"]


@pytest.fixture(name="said")
def answering() -> Callable[..., HttpResponse]:
    """Makes an answer: status, body, headers."""
    return said


@pytest.fixture(name="down")
def nobody_there() -> Callable[[dict[str, str]], HttpResponse]:
    """An answer that does not come."""
    return down


@pytest.fixture
def house():
    """Everything of a proxy but its sockets; `house.run` runs a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        made = House(runner)
        yield made
        made.run(made.desk.aclose())
