"""What happens to tokens of a real Keycloak while clients run: they end, secrets and keys change, permissions come."""

import asyncio
import contextlib

import pytest

from c8py.client import AsyncCamunda
from c8py.errors import TokenRefused, Unauthenticated
from c8py.worker import Worker
from harness.platform import C8, plain_environment
from harness.processes import Program
from harness.realm import AUDIENCE, REALM, audience_mapper, with_secret

ENOUGH_S = 30.0
SHORT_S = 4


@pytest.fixture
def client_of(guarded_settings):
    """Clients of the broker, with the credentials of one application."""
    return lambda client_id, secret="right", **more: AsyncCamunda.from_env(
        **guarded_settings | {"client_id": client_id, "client_secret": secret} | more
    )


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["grpc", "rest"])
async def test_a_worker_goes_on_while_its_tokens_end(keycloak, client_of, order_model, protocol):
    name = f"short-{protocol}"
    keycloak.add(with_secret(name, "right", token_lifetime_s=SHORT_S))
    model = order_model.read_text().replace('id="order"', f'id="{name}"').replace("charge-card", name)
    async with client_of(name, prefer=protocol) as camunda:
        await camunda.deploy((f"{name}.bpmn", model.encode()))
        amount, worker = 0, Worker(camunda, max_jobs=4)

        @worker.task(name)
        async def charge(amount: int) -> dict[str, object]:
            return {"charged": amount}

        working = asyncio.create_task(worker.run_async(signals=False))
        try:
            async with asyncio.timeout(ENOUGH_S):
                while len(keycloak.token_requests(name)) < 3:
                    amount += 1
                    ended = await camunda.start_and_wait(name, variables={"amount": amount}, timeout_s=ENOUGH_S)
                    assert ended.variables["charged"] == amount
        finally:
            worker.stop()
            statistics = await working
    assert statistics.completed >= amount
    assert set(keycloak.token_requests(name)) == {""}


async def test_a_permission_that_comes_later_costs_one_more_token_request(keycloak, client_of):
    """The token in hand lacks the audience: whoever was refused with it is served by one forced refresh for all."""
    key = keycloak.add(with_secret("late", "right", audience=None))
    async with client_of("late") as camunda:
        await camunda.authorization()
        keycloak.admin("POST", f"/{REALM}/clients/{key}/protocol-mappers/models", audience_mapper(AUDIENCE))
        seen = await asyncio.gather(*(camunda.topology(protocol=protocol) for protocol in ("grpc", "rest") * 10))
    assert {topology.gateway_version for topology in seen} == {"8.6.0"}
    assert keycloak.token_requests("late") == ["", ""]


async def test_a_permission_that_never_comes_costs_one_more_token_request_as_well(keycloak, client_of):
    keycloak.add(with_secret("never", "right", audience=None))
    async with client_of("never") as camunda:
        for protocol in ("grpc", "rest", "rest", "grpc"):
            with pytest.raises(Unauthenticated):
                await camunda.topology(protocol=protocol)
    assert keycloak.token_requests("never") == ["", ""]


@pytest.mark.parametrize("protocol", ["grpc", "rest"])
async def test_a_token_of_a_key_that_is_gone_is_renewed_once(keycloak, client_of, protocol):
    """The realm's keys change between the making of the token and the broker's first look at its key."""
    name = f"rotated-key-{protocol}"
    keycloak.add(with_secret(name, "right"))
    with new_signing_key(keycloak):
        async with client_of(name) as camunda:
            await camunda.authorization()
    async with client_of(name) as camunda:
        assert (await camunda.topology(protocol=protocol)).gateway_version == "8.6.0"
    assert keycloak.token_requests(name) == ["", ""]


async def test_new_keys_of_the_realm_are_nobodys_concern(keycloak, client_of):
    keycloak.add(with_secret("before", "right"))
    keycloak.add(with_secret("after", "right"))
    async with client_of("before") as before:
        await before.topology()
        with new_signing_key(keycloak):
            async with client_of("after") as after:
                await asyncio.gather(*(camunda.topology() for camunda in (before, after, before, after)))
    assert keycloak.token_requests("before") == keycloak.token_requests("after") == [""]


@contextlib.contextmanager
def new_signing_key(keycloak):
    """Within, tokens are signed with a key that nobody has seen before."""
    made = {
        "name": "next",
        "providerId": "rsa-generated",
        "providerType": "org.keycloak.keys.KeyProvider",
        "config": {"priority": ["1000"], "keySize": ["2048"]},
    }
    keycloak.admin("POST", f"/{REALM}/components", made)
    added = keycloak.admin("GET", f"/{REALM}/components?type=org.keycloak.keys.KeyProvider&name=next")
    yield
    for component in added:
        keycloak.admin("DELETE", f"/{REALM}/components/{component['id']}")


async def test_a_secret_that_is_rotated_ends_with_the_token(keycloak, client_of):
    key = keycloak.add(with_secret("rotated-secret", "right", token_lifetime_s=SHORT_S))
    async with client_of("rotated-secret") as old:
        await old.topology()
        fresh = keycloak.admin("POST", f"/{REALM}/clients/{key}/client-secret")["value"]
        with pytest.raises(TokenRefused) as refused:
            await _call_on(old)
        # Another secret is another pair: nobody waits for the end of what was remembered of the old one.
        async with client_of("rotated-secret", fresh) as new:
            assert (await new.topology()).gateway_version == "8.6.0"
    assert refused.value.status == 401
    assert fresh not in str(refused.value)


@pytest.mark.slow
def test_ten_processes_at_once_make_one_token_request(keycloak, guarded_settings, tmp_path):
    keycloak.add(with_secret("crowd", "right"))
    environment = plain_environment(
        CAMUNDA_GRPC_ADDRESS=str(guarded_settings["grpc_address"]),
        CAMUNDA_AUTHORIZATION_SERVER_URL=keycloak.token_url(),
        CAMUNDA_CA_CERTIFICATE_PATH=str(keycloak.authority.pem),
        CAMUNDA_CLIENT_ID="crowd",
        CAMUNDA_CLIENT_SECRET="right",
        CAMUNDA_TOKEN_CACHE_DIR=str(tmp_path / "tokens"),
    )
    programs = [
        Program([C8, "topology", "--json"], folder=tmp_path, name=f"c8-{number}", environment=environment)
        for number in range(10)
    ]
    assert [program.wait(deadline_s=ENOUGH_S) for program in programs] == [0] * 10
    assert keycloak.token_requests("crowd") == [""]


async def _call_on(camunda):
    async with asyncio.timeout(ENOUGH_S):
        while True:
            await camunda.topology()
