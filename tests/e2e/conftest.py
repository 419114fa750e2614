"""Real processes and real sockets: nothing here imports what it tests."""

import http.client
import json
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from harness.crowds import Crowd
from harness.job_gateway import Books, JobGateway
from harness.platform import Platform


class Answer(msgspec.Struct, frozen=True):
    """What an HTTP call came back with."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self):
        return json.loads(self.text)


def call(
    method: str, url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None, timeout_s: float = 30
) -> Answer:
    """One HTTP call; a refusal is an answer, too, and so is one that comes before everything is said."""
    place = urllib.parse.urlsplit(url)
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
    connection = http.client.HTTPConnection(place.netloc, timeout=timeout_s)
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, place.path or "/", body=body, headers=form | (headers or {}))
        # A request that broke off leaves the connection in the middle of sending; the answer waits all the same.
        answer = http.client.HTTPResponse(connection.sock, method=method)
        answer.begin()
        return Answer(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        )
    finally:
        connection.close()


@pytest.fixture
def books() -> Books:
    """What became of the jobs of a stub gateway."""
    return Books()


@pytest.fixture
def gateway(books: Books) -> Iterator[JobGateway]:
    """A stub gateway over those books."""
    gateway = JobGateway(books)
    yield gateway
    gateway.close()


@pytest.fixture(scope="session", name="http")
def http_call() -> Callable[..., Answer]:
    return call


@pytest.fixture(scope="session")
def fetch_token() -> Callable[[Platform], str]:
    """A token of the platform's own cluster client, by plain HTTP."""

    def fetch(platform: Platform) -> str:
        credentials = platform.credentials()
        body = {
            "grant_type": "client_credentials",
            "audience": credentials["ZEEBE_TOKEN_AUDIENCE"],
            "client_id": credentials["ZEEBE_CLIENT_ID"],
            "client_secret": credentials["ZEEBE_CLIENT_SECRET"],
        }
        answer = call("POST", platform.ready["oauth_url"], body=urllib.parse.urlencode(body).encode())
        assert answer.status == 200, answer
        return answer.json()["access_token"]

    return fetch


@pytest.fixture(scope="session")
def token(platform: Platform, fetch_token: Callable[[Platform], str]) -> str:
    """One token for all tests that call the shared platform by hand."""
    return fetch_token(platform)


@pytest.fixture
def shared_data(tmp_path: Path) -> Path:
    """A folder for the data of platforms that follow each other."""
    return tmp_path / "shared"


@pytest.fixture
def crowds(start_platform: Callable[..., Platform], tmp_path: Path) -> Iterator[Callable[..., Crowd]]:
    """Makes crowds, each on a platform of its own with these options: nobody else asks its service for tokens."""
    made: list[Crowd] = []

    def make(*arguments: str) -> Crowd:
        made.append(Crowd(start_platform(*arguments), tmp_path / f"crowd-{len(made)}"))
        return made[-1]

    yield make
    for crowd in made:
        crowd.close()
