"""Credentials, and a driver that plays the token service without any socket."""

import json

import pytest

from c8py.auth import ClientCredentials, HttpRequest, HttpResponse, MemoryCache, Patience, Pause, obtain, renew
from c8py.base.clock import ManualClock
from c8py.base.redact import Secret


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def credentials() -> ClientCredentials:
    return ClientCredentials(
        token_url="https://login.example/token", client_id="id", client_secret=Secret("s3cr~t"), audience="zeebe"
    )


@pytest.fixture
def patience() -> Patience:
    return Patience(uniform=lambda: 1.0, budget_s=30.0)


@pytest.fixture
def answer():
    def make(status: int = 200, body: object = None, **headers: str) -> HttpResponse:
        if body is None:
            body = {"access_token": "eyJtoken", "expires_in": 300, "token_type": "Bearer"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return HttpResponse(
            status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=content
        )

    return make


class Service:
    """Drives flows: hands out the answers in turn, moves the clock by pauses, remembers what was asked."""

    def __init__(self, clock: ManualClock, credentials: ClientCredentials, patience: Patience) -> None:
        self.clock = clock
        self.credentials = credentials
        self.patience = patience
        self.cache = MemoryCache()
        self.answers: list[HttpResponse | Exception] = []
        self.requests: list[HttpRequest] = []
        self.pauses: list[float] = []

    def obtaining(self, credentials: ClientCredentials | None = None):
        return obtain(credentials or self.credentials, cache=self.cache, clock=self.clock, patience=self.patience)

    def ask(self, credentials: ClientCredentials | None = None):
        return self.run(self.obtaining(credentials))

    def renew(self):
        return self.run(renew(self.credentials, cache=self.cache, clock=self.clock))

    def run(self, flow):
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    self.pauses.append(step.seconds)
                    self.clock.advance(step.seconds)
                    step = flow.send(None)
                    continue
                self.requests.append(step)
                said = self.answers.pop(0)
                step = flow.throw(said) if isinstance(said, Exception) else flow.send(said)
        except StopIteration as ended:
            return ended.value


@pytest.fixture
def service(clock, credentials, patience) -> Service:
    return Service(clock, credentials, patience)
