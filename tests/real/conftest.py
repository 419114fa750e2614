"""Real counterparts for all tests of this folder, whichever worker of xdist runs them: Zeebe, and Keycloak with it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from c8py.client import AsyncCamunda
from harness.authority import KEYSTORE_PASSWORD, Authority, Identity
from harness.keycloak import Keycloak
from harness.realm import AUDIENCE, realm, with_certificate, with_secret, with_signed_jwt
from harness.zeebe import Broker, Trusted
from harness.zeebe_engine import Engine88

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real)
            # Each of them takes half a gigabyte and a core to start: with --dist loadgroup one worker runs them all.
            item.add_marker(pytest.mark.xdist_group("zeebe"))


@pytest.fixture(scope="session")
def zeebe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Zeebe broker without authentication, ready for calls."""
    broker = Broker(tmp_path_factory.mktemp("zeebe"))
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def engine_8_8(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine88]:
    """The engine of Zeebe 8.8 behind gRPC, ready for calls."""
    engine = Engine88(tmp_path_factory.mktemp("engine"))
    yield engine
    engine.stop()


@pytest.fixture(params=["grpc", "rest", "grpc of 8.8"])
def protocol(request: pytest.FixtureRequest) -> str:
    """How a command is said: over both protocols to Zeebe 8.6, and over gRPC to the engine of 8.8."""
    return request.param.partition(" ")[0]


@pytest.fixture
async def camunda(request: pytest.FixtureRequest) -> AsyncIterator[AsyncCamunda]:
    """A client of the server that the test is for: a broker, unless the protocol is that of 8.8."""
    newer = getattr(request.node, "callspec", None) and "8.8" in request.node.callspec.params.get("protocol", "")
    server = request.getfixturevalue("engine_8_8" if newer else "zeebe")
    addresses = {"grpc_address": f"grpc://{server.grpc_address}"}
    addresses |= {} if newer else {"rest_address": server.rest_address}
    async with AsyncCamunda.from_env(**addresses) as client:
        yield client


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Vouches for Keycloak and for clients; no machine trusts it by itself."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def signing_client(authority: Authority) -> Identity:
    """The key that the client `signing` signs assertions with."""
    return authority.identity("signing", rsa_key=True)


@pytest.fixture(scope="session")
def certified_client(authority: Authority) -> Identity:
    """The certificate that the client `certified` shows."""
    return authority.identity("certified")


@pytest.fixture(scope="session")
def real_secret() -> str:
    """The secret of the client `worker`: it holds whatever a form or a header must escape."""
    return "p~ss.w-rd_&=%+ :/ä"


class SelfManaged(NamedTuple):
    """Keycloak with the realm camunda-platform, and a broker that wants its tokens."""

    keycloak: Keycloak
    zeebe: Broker


@pytest.fixture(scope="session")
def self_managed(
    tmp_path_factory: pytest.TempPathFactory,
    authority: Authority,
    signing_client: Identity,
    certified_client: Identity,
    real_secret: str,
) -> Iterator[SelfManaged]:
    """Both, ready for calls; the realm has one client for each way to authenticate."""
    keycloak = Keycloak(tmp_path_factory.mktemp("keycloak"), authority)
    try:
        # They start side by side: the broker asks Keycloak for its keys only when the first token comes.
        trusted = Trusted(keycloak.issuer(), AUDIENCE, authority.truststore, KEYSTORE_PASSWORD)
        broker = Broker(tmp_path_factory.mktemp("guarded"), trusted=trusted)
        try:
            keycloak.wait()
            clients = [
                with_secret("worker", real_secret),
                with_signed_jwt("signing", signing_client.certificate),
                with_certificate("certified", subject=f"CN={certified_client.name}", authority=authority.subject),
            ]
            keycloak.import_realm(realm(clients))
            yield SelfManaged(keycloak, broker)
        finally:
            broker.stop()
    finally:
        keycloak.stop()


@pytest.fixture(scope="session")
def keycloak(self_managed: SelfManaged) -> Keycloak:
    """A real Keycloak with a realm like Camunda's."""
    return self_managed.keycloak


@pytest.fixture(scope="session")
def guarded_zeebe(self_managed: SelfManaged) -> Broker:
    """A Zeebe broker that wants tokens of this Keycloak."""
    return self_managed.zeebe


@pytest.fixture
def guarded_settings(
    guarded_zeebe: Broker, keycloak: Keycloak, authority: Authority, tmp_path: Path
) -> dict[str, object]:
    """Settings that lead to the guarded broker, whoever calls; tokens by URL, remembered for one test."""
    return {
        "grpc_address": f"grpc://{guarded_zeebe.grpc_address}",
        "rest_address": guarded_zeebe.rest_address,
        "oauth_url": keycloak.token_url(),
        "audience": AUDIENCE,
        "ca_certificate": authority.pem,
        "token_cache_dir": tmp_path / "tokens",
    }
