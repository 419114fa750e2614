"""Real counterparts for all tests of this folder, whichever worker of xdist runs them: Zeebe, and Keycloak with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.authority import KEYSTORE_PASSWORD, Authority, Identity
from harness.keycloak import Keycloak
from harness.realm import AUDIENCE, realm, with_certificate, with_secret, with_signed_jwt
from harness.zeebe import Broker, Trusted

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


@pytest.fixture(scope="session")
def starting_keycloak(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Keycloak]:
    """Keycloak while it starts: a broker can start beside it."""
    running = Keycloak(tmp_path_factory.mktemp("keycloak"), authority)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def keycloak(
    starting_keycloak: Keycloak, signing_client: Identity, certified_client: Identity, real_secret: str
) -> Keycloak:
    """Keycloak with the realm camunda-platform, ready for calls: one client for each way to authenticate."""
    starting_keycloak.wait()
    clients = [
        with_secret("worker", real_secret),
        with_signed_jwt("signing", signing_client.certificate),
        with_certificate("certified", f"CN={certified_client.name}"),
    ]
    starting_keycloak.import_realm(realm(clients))
    return starting_keycloak


@pytest.fixture(scope="session")
def guarded_zeebe(
    tmp_path_factory: pytest.TempPathFactory,
    starting_keycloak: Keycloak,
    authority: Authority,
    request: pytest.FixtureRequest,
) -> Iterator[Broker]:
    """A Zeebe broker that wants tokens of Keycloak's, for which it asks Keycloak for keys when the first one comes."""
    trusted = Trusted(starting_keycloak.issuer(), AUDIENCE, authority.truststore, KEYSTORE_PASSWORD)
    broker = Broker(tmp_path_factory.mktemp("guarded"), trusted=trusted)
    request.getfixturevalue("keycloak")
    yield broker
    broker.stop()
