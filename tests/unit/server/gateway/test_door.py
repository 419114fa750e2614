"""Who may come in: every call is asked for its token, its cluster, its audience and its scope, on both protocols."""

from collections.abc import Callable

import grpc.aio
import pytest

from c8py.base.clock import ManualClock
from c8py.base.redact import Secret
from c8py.proto import gateway_pb2 as pb
from c8py.proto.gateway_pb2_grpc import RPCS, GatewayAsyncStub
from c8py.server.settings import BasicUser

AUDIENCE = "zeebe.camunda.io"
NOTHING = "Expected bearer token at header with key [authorization], but found nothing"
BROKEN = "Failed to parse bearer token, see cause for details"


async def refused(served, authorization: str | None) -> tuple[str, str]:
    """Status and words of a Topology call with this header; OK if it is let in."""
    async with grpc.aio.insecure_channel(served.addresses.grpc_address) as channel:
        metadata = () if authorization is None else (("authorization", authorization),)
        try:
            await GatewayAsyncStub(channel).Topology(pb.TopologyRequest(), metadata=metadata, timeout=10)
        except grpc.aio.AioRpcError as error:
            return error.code().name, error.details() or ""
    return "OK", ""


def problem_of(served, authorization: str | None) -> tuple[int, str]:
    """Status and detail of GET /v2/topology with this header."""
    answer = served.request("GET", "/v2/topology", headers={"authorization": authorization} if authorization else {})
    return answer.status, answer.json.get("detail", "")


async def test_without_a_token_nobody_comes_in(served) -> None:
    assert await refused(served, None) == ("UNAUTHENTICATED", NOTHING)
    answer = served.request("GET", "/v2/topology")
    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Access Denied",
        "instance": "/v2/topology",
    }


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer a.b.c", "Basic ZGVtbzpkZW1v", "nonsense"])
async def test_what_is_no_token_does_not_help(served, header: str) -> None:
    status, detail = await refused(served, header)
    assert status == "UNAUTHENTICATED"
    assert detail.startswith(BROKEN)
    assert problem_of(served, header)[0] == 401


async def test_a_changed_token_does_not_help(served) -> None:
    head, body, signature = served.token(AUDIENCE).split(".")
    changed = f"Bearer {head}.{body}.{signature[:-8]}AAAAAAAA"
    assert (await refused(served, changed))[0] == "UNAUTHENTICATED"
    assert problem_of(served, changed)[0] == 401


async def test_the_token_itself_is_let_in_on_both(served) -> None:
    header = f"Bearer {served.token(AUDIENCE)}"
    assert (await refused(served, header))[0] == "OK"
    assert problem_of(served, header)[0] == 200


@pytest.mark.parametrize("audience", ["operate.camunda.io", "tasklist.camunda.io", "optimize.camunda.io"])
async def test_a_token_for_another_api_does_not_help(served, audience: str) -> None:
    header = f"Bearer {served.token(audience)}"
    status, detail = await refused(served, header)
    assert (status, detail.startswith(BROKEN)) == ("UNAUTHENTICATED", True)
    assert problem_of(served, header) == (401, "The token is for another audience")


async def test_a_token_of_the_organization_does_not_help(served) -> None:
    header = f"Bearer {served.token('api.cloud.camunda.io', served.addresses.console_credentials_file)}"
    assert (await refused(served, header))[0] == "UNAUTHENTICATED"
    assert problem_of(served, header)[0] == 401


async def test_a_token_of_another_platform_does_not_help(served, serve: Callable[..., object]) -> None:
    header = f"Bearer {serve().token(AUDIENCE)}"  # type: ignore[attr-defined]
    assert (await refused(served, header))[0] == "UNAUTHENTICATED"
    assert problem_of(served, header)[0] == 401


async def test_a_token_ends_with_its_time(serve) -> None:
    clock = ManualClock()
    served = serve(clock=clock)
    header = f"Bearer {served.token(AUDIENCE)}"
    assert (await refused(served, header))[0] == "OK"
    clock.advance(86_401)
    status, detail = await refused(served, header)
    assert (status, detail) == ("UNAUTHENTICATED", f"{BROKEN}: The token has expired")
    assert problem_of(served, header) == (401, "The token has expired")


async def test_a_client_without_the_scope_is_known_and_may_not(serve) -> None:
    served = serve()
    console = {
        "authorization": f"Bearer {served.token('api.cloud.camunda.io', served.addresses.console_credentials_file)}",
        "content-type": "application/json",
    }
    path = f"/console-api/clusters/{served.addresses.cluster_id}/clients"
    made = served.request("POST", path, '{"clientName": "secrets only", "permissions": ["Secrets"]}', console).json
    fields = {
        "grant_type": "client_credentials",
        "audience": AUDIENCE,
        "client_id": made["clientId"],
        "client_secret": made["clientSecret"],
    }
    answer = served.form("/oauth/token", fields)
    if answer.status != 200:
        # The token service refuses it already: no token, no call.
        assert answer.status == 403
        return
    header = f"Bearer {answer.json['access_token']}"
    assert (await refused(served, header))[0] == "PERMISSION_DENIED"
    assert problem_of(served, header)[0] == 403


async def test_every_rpc_wants_a_token_before_it_reads_the_message(served, send_raw) -> None:
    async with grpc.aio.insecure_channel(served.addresses.grpc_address) as channel:
        for name in RPCS:
            with pytest.raises(grpc.aio.AioRpcError) as error:
                await send_raw(channel, name, b"\xff", timeout=10)
            assert (error.value.code().name, error.value.details()) == ("UNAUTHENTICATED", NOTHING), name


def test_every_path_wants_a_token_before_it_says_what_there_is(served) -> None:
    for path in (
        "/v2/topology",
        "/v2/no-such-thing",
        "/v2/jobs/1/completion",
        f"/{served.addresses.cluster_id}/v2/status",
    ):
        for method in ("GET", "POST", "DELETE"):
            assert served.request(method, path).status == 401


async def test_with_basic_the_user_comes_in_and_a_token_does_not(serve) -> None:
    served = serve(auth="basic", users=(BasicUser(name="ann", password=Secret("pass:word")),))
    right, wrong = "Basic YW5uOnBhc3M6d29yZA==", "Basic YW5uOndyb25n"
    assert (await refused(served, right))[0] == "OK"
    assert problem_of(served, right)[0] == 200
    for header in (wrong, None, "Bearer x"):
        assert (await refused(served, header))[0] == "UNAUTHENTICATED"
        assert problem_of(served, header)[0] == 401


async def test_without_auth_everybody_comes_in(serve) -> None:
    served = serve(auth="none")
    assert (await refused(served, None))[0] == "OK"
    assert problem_of(served, None)[0] == 200
