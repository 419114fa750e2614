"""A platform in this process, on free ports, asked over real sockets."""

import asyncio
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import msgspec
import pytest

from c8py.base.clock import Clock, SystemClock
from c8py.server.addresses import Addresses
from c8py.server.app import Platform
from c8py.server.settings import OAuthSettings, Settings

ANSWER_WAIT_S = 10.0
STANDARD = Settings(http_port=0, grpc_port=0, oauth=OAuthSettings(rate_per_s=0))


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Served:
    """A platform whose event loop runs in a thread of its own."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.platform = Platform(settings, clock=clock)
        try:
            self.addresses: Addresses = self._run(self.platform.start())
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        if self._loop.is_closed():
            return
        self._run(self.platform.stop())
        self._end()

    def request(
        self, method: str, path: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(self.authority, timeout=ANSWER_WAIT_S)
        try:
            connection.request(method, path, body, dict(headers or {}))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def form(self, path: str, fields: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Answer:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, urlencode(fields, doseq=True), {**kind, **(headers or {})})

    def token(self, audience: str, file: str = "") -> str:
        """A token of a ready-made client."""
        variables = self.variables(file or self.addresses.credentials_file)
        kind = "CAMUNDA_CONSOLE" if "CAMUNDA_CONSOLE_CLIENT_ID" in variables else "ZEEBE"
        fields = {
            "grant_type": "client_credentials",
            "audience": audience,
            "client_id": variables[f"{kind}_CLIENT_ID"],
            "client_secret": variables[f"{kind}_CLIENT_SECRET"],
        }
        return self.form("/oauth/token", fields).json["access_token"]

    @staticmethod
    def variables(file: str) -> dict[str, str]:
        with open(file) as lines:  # noqa: PTH123
            pairs = (line.removeprefix("export ").rstrip("\n").split("=", 1) for line in lines)
            return {name: value.strip("'") for name, value in pairs}

    @property
    def authority(self) -> str:
        return self.addresses.http_address.removeprefix("http://")

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(ANSWER_WAIT_S)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWER_WAIT_S)
        self._loop.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts platforms on free ports; all of them end with the test."""
    started: list[Served] = []

    def start(*, clock: Clock | None = None, **settings: object) -> Served:
        started.append(Served(msgspec.structs.replace(STANDARD, **settings), clock or SystemClock()))
        return started[-1]

    yield start
    for served in started:
        served.stop()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One platform for all tests of a file that do not mind what the others left; tokens without limit."""
    running = Served(STANDARD, SystemClock())
    yield running
    running.stop()


class Hook:
    """A webhook that answers as the test wants, and keeps what came."""

    def __init__(self) -> None:
        self.status, self.seen = 204, []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.seen.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(hook.status)
                self.send_header("location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as it is named there
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.server.shutdown()
    made.server.server_close()
