"""Every route of the Administration API and of the gateway, with every credential that must not open it.

Printed out of the tables that the platform serves from: a new route is in here without anybody remembering it.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable

import grpc.aio
import msgspec
import pytest
from starlette.routing import Mount

from c8py.base.clock import ManualClock, SystemClock
from c8py.models.operations import OPERATIONS as REST_OPERATIONS
from c8py.proto import gateway_pb2 as pb
from c8py.proto.gateway_pb2_grpc import RPCS, SERVICE, GatewayAsyncStub
from c8py.server.access import organization_permissions
from c8py.server.app._local_log import LINES
from c8py.server.console._api import OPERATIONS, PREFIX
from unit.server.conftest import STANDARD, Served
from unit.server.intruder import Intruder, filled, page_path, pages_of, routes_of

DEADLINE_S = 10.0
AUDIENCES = ("zeebe.camunda.io", "operate.camunda.io", "tasklist.camunda.io", "secrets.camunda.io")


@pytest.fixture(scope="module")
def intruder(served):
    return Intruder(served)


def path_of(template, cluster):
    return PREFIX + re.sub(r"{\w+}", "x", template.replace("{cluster}", cluster))


GUARDED = [row for row in OPERATIONS if row[2]]


# What nobody needs a token for, and why.
OPEN = {
    # The way to a token, and to the keys that it is verified with.
    ("POST", "/oauth/token"), ("POST", "/oauth/token/"), ("GET", "/.well-known/openid-configuration"),
    ("GET", "/.well-known/jwks.json"), ("POST", "/auth/realms/{realm}/protocol/openid-connect/token"),
    ("GET", "/auth/realms/{realm}/protocol/openid-connect/certs"),
    ("GET", "/auth/realms/{realm}/.well-known/openid-configuration"),
    # The same for everybody: what the API is, and what it tells the world.
    ("GET", "/console-api/openapi.json"), ("GET", "/console-api/docs"), ("GET", "/console-api/docs/{name}"),
    ("GET", "/console-api/meta/ip-ranges"),
    # Asked by what has no token: load balancers, Prometheus, a browser at its first page.
    ("GET", "/"), ("GET", "/health"), ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"),
}  # fmt: skip
MOUNTS = {"/v2", "/{cluster_id}/v2", "/operate", "/tasklist", "/optimize"}


@pytest.mark.parametrize("case", ["nothing", "nonsense", "cluster token", "foreign"])
def test_no_route_opens_to_others_but_those_that_are_for_everybody(intruder, serve, case):
    """A new route is in here by itself: it is guarded, or somebody has to write down why not."""
    headers = {
        "nothing": dict,
        "nonsense": lambda: {"authorization": "Bearer a.b.c"},
        "cluster token": lambda: intruder.bearer(intruder.cluster_token),
        "foreign": lambda: Intruder(serve()).admin,
    }[case]()
    guarded = routes_of(intruder.served) - OPEN
    assert len(guarded) > len(GUARDED)
    opened = {
        (method, path): answer.status
        for method, path in sorted(guarded)
        if (answer := intruder.served.request(method, filled(path, intruder.cluster), headers=headers)).status != 401
    }
    # It is the one thing that a cluster's own client may read here, and it lacks no scope in this case.
    allowed = {("GET", "/cluster-api/secrets")} if case == "cluster token" else set()
    assert set(opened) <= allowed, opened


def test_what_is_mounted_is_known(intruder):
    mounted = {route.path for route in intruder.served.platform.routes if isinstance(route, Mount)}
    assert mounted <= MOUNTS | {"/console/static"}


@pytest.mark.parametrize("case", ["nothing", "nonsense", "basic", "changed", "audience", "alg none"])
def test_no_operation_opens_to_what_is_no_token_of_it(intruder, case):
    head, body, signature = intruder.admin["authorization"].removeprefix("Bearer ").split(".")
    headers = {
        "nothing": {},
        "nonsense": {"authorization": "Bearer a.b.c"},
        "basic": {"authorization": "Basic ZGVtbzpkZW1v"},
        "changed": intruder.bearer(f"{head}.{body}.{signature[:-8]}AAAAAAAA"),
        "audience": intruder.bearer(intruder.cluster_token),
        "alg none": intruder.bearer(f"eyJhbGciOiJub25lIn0.{body}."),
    }[case]
    statuses = {
        (method, path): intruder.served.request(method, path_of(path, intruder.cluster), headers=headers).status
        for method, path, _, _ in GUARDED
    }
    assert set(statuses.values()) == {401}


def test_no_operation_opens_to_an_expired_token(serve):
    clock = ManualClock()
    served = serve(clock=clock)
    intruder = Intruder(served)
    clock.advance(86_401)
    for method, path, _, _ in GUARDED:
        assert served.request(method, path_of(path, intruder.cluster), headers=intruder.admin).status == 401


# Asked by a host that has joined, which proves itself by a secret of its own and has no token.
OF_HOSTS = {("POST", f"{PREFIX}/local/hosts/{{host}}/report")}


@pytest.mark.slow
def test_each_operation_wants_its_own_permission(intruder):
    """A client with every permission but this one is refused by each operation that needs it, before anything else."""
    local = [one for one in routes_of(intruder.served) - OF_HOSTS if one[1].startswith(f"{PREFIX}/local/")]
    wanted = {one: set() for one in local}
    for permission in sorted({row[2] for row in GUARDED}):
        others = [one for one in organization_permissions() if one != permission]
        headers = intruder.bearer(intruder.organization_client(others))
        for method, path, needed, _ in GUARDED:
            status = None
            if needed == permission:
                status = intruder.served.request(method, path_of(path, intruder.cluster), headers=headers).status
            assert status in {None, 403}, (method, path)
        for method, path in local:
            if intruder.served.request(method, filled(path, "x"), headers=headers).status == 403:
                wanted[method, path].add(permission)
    assert all(len(permissions) == 1 for permissions in wanted.values()), wanted
    changing = {one for one, permissions in wanted.items() if not any(name.startswith("read:") for name in permissions)}
    prefix = f"{PREFIX}/local"
    assert changing == {(method, prefix + path) for (method, path), line in LINES.items() if line is not None}


def test_a_cluster_of_nobody_here_is_nobodys(intruder):
    """Another organization's cluster is as good as none: with all permissions the answer is that there is none."""
    for method, path, _, _ in GUARDED:
        if "{cluster}" in path:
            foreign = path_of(path, "6d0c8f5e-3a53-4b0e-9a0b-0e5a4f1c8a11")
            body = None if method in {"GET", "DELETE"} else b"{}"
            assert intruder.served.request(method, foreign, body, intruder.admin).status in {400, 404}, path


OTHER_TOKENS = ("nothing", "console", "scope", "cluster", "deleted", "expired", "foreign")


@pytest.fixture(scope="module")
def expired():
    """A platform where a token of its cluster has ended, and the token."""
    clock = ManualClock()
    served = Served(STANDARD, clock)
    token = served.token("zeebe.camunda.io")
    clock.advance(86_401)
    yield token, served
    served.stop()


@pytest.fixture(scope="module")
def other_platform():
    """Another organization: its tokens are as good as ours, and of another issuer and key."""
    served = Served(STANDARD, SystemClock())
    yield served
    served.stop()


@pytest.fixture
def presented(intruder, expired, other_platform, case):
    """A token that must not open what a platform has, and this platform."""
    served = intruder.served
    token: Callable[[], str] = {
        "nothing": lambda: "",
        "console": lambda: intruder.admin["authorization"].removeprefix("Bearer "),
        "scope": lambda: intruder.client(scopes=["Secrets"], audience="secrets.camunda.io")[1],
        "cluster": lambda: other_cluster(intruder),
        "deleted": lambda: deleted(intruder),
        "expired": lambda: expired[0],
        "foreign": lambda: other_platform.token("zeebe.camunda.io"),
    }[case]
    return token(), expired[1] if case == "expired" else served


@pytest.mark.parametrize("case", OTHER_TOKENS)
def test_no_rest_operation_of_a_cluster_opens_to_another_token(presented):
    token, served = presented
    headers = Intruder.bearer(token) if token else {}
    for operation in REST_OPERATIONS.values():
        path = "/v2" + re.sub(r"{\w+}", "1", operation.path)
        assert served.request(operation.method, path, headers=headers).status == 401, operation.id


@pytest.mark.parametrize("case", OTHER_TOKENS)
async def test_no_rpc_opens_to_another_token(presented):
    token, served = presented
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    async for name, code in codes_of_all_rpcs(served, metadata):
        assert code is grpc.StatusCode.UNAUTHENTICATED, name


async def codes_of_all_rpcs(served, metadata):
    """With what each rpc that there is refuses a call."""
    async with grpc.aio.insecure_channel(served.addresses.grpc_address) as channel:
        for name, rpc in RPCS.items():
            path = f"/{SERVICE}/{name}"
            if rpc.server_streaming:
                answer = channel.unary_stream(path)(b"", metadata=metadata, timeout=DEADLINE_S).read()
            else:
                answer = channel.unary_unary(path)(b"", metadata=metadata, timeout=DEADLINE_S)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await answer
            yield name, refused.value.code()


async def test_no_call_comes_in_from_an_address_that_is_not_listed(serve):
    intruder = Intruder(serve())
    body = json.dumps({"ipallowlist": [{"ip": "192.0.2.1", "description": ""}]})
    path = f"{PREFIX}/clusters/{intruder.cluster}/ipallowlist"
    assert intruder.served.request("PUT", path, body, intruder.admin).status == 204
    for operation in REST_OPERATIONS.values():
        path = "/v2" + re.sub(r"{\w+}", "1", operation.path)
        headers = intruder.bearer(intruder.cluster_token) | {
            "x-forwarded-for": "192.0.2.1",
            "forwarded": "for=192.0.2.1",
        }
        assert intruder.served.request(operation.method, path, headers=headers).status == 403, operation.id
    metadata = (("authorization", f"Bearer {intruder.cluster_token}"), ("x-forwarded-for", "192.0.2.1"))
    async for name, code in codes_of_all_rpcs(intruder.served, metadata):
        assert code is grpc.StatusCode.PERMISSION_DENIED, name


@pytest.mark.parametrize("how", ["client deleted", "address no longer listed"])
async def test_an_open_job_stream_ends_with_the_right_to_it(serve, how):
    intruder = Intruder(serve())
    client_id, token = intruder.client()
    metadata = (("authorization", f"Bearer {token}"),)
    async with grpc.aio.insecure_channel(intruder.served.addresses.grpc_address) as channel:
        request = pb.StreamActivatedJobsRequest(type="t", worker="w", timeout=60_000)
        stream = GatewayAsyncStub(channel).StreamActivatedJobs(request, metadata=metadata, timeout=DEADLINE_S)
        await stream.initial_metadata()
        home = f"{PREFIX}/clusters/{intruder.cluster}"
        if how == "client deleted":
            answer = intruder.served.request("DELETE", f"{home}/clients/{client_id}", headers=intruder.admin)
        else:
            body = json.dumps({"ipallowlist": [{"ip": "192.0.2.1", "description": ""}]})
            answer = intruder.served.request("PUT", f"{home}/ipallowlist", body, intruder.admin)
        assert answer.status == 204
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await stream.read()
    assert ended.value.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("how", ["over the api", "on its page"])
async def test_a_call_that_waits_for_jobs_ends_with_its_client(serve, how):
    """Over both protocols, and whoever deletes the client."""
    intruder = Intruder(serve())
    served = intruder.served
    client_id, token = intruder.client()
    metadata = (("authorization", f"Bearer {token}"),)
    wanted = {"type": "t", "worker": "w", "timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": 60_000}
    over_rest = asyncio.create_task(
        asyncio.to_thread(
            served.request, "POST", "/v2/jobs/activation", json.dumps(wanted),
            Intruder.bearer(token) | {"content-type": "application/json"},
        )
    )  # fmt: skip
    async with grpc.aio.insecure_channel(served.addresses.grpc_address) as channel:
        request = pb.ActivateJobsRequest(
            type="t", worker="w", timeout=60_000, maxJobsToActivate=1, requestTimeout=60_000
        )
        over_grpc = GatewayAsyncStub(channel).ActivateJobs(request, metadata=metadata, timeout=DEADLINE_S)
        reading = asyncio.ensure_future(over_grpc.read())
        deadline_s = time.monotonic() + DEADLINE_S
        while len(served.platform.gateway.cluster(intruder.cluster)._polls) < 2:
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.01)
        await asyncio.to_thread(delete_client, intruder, client_id, how)
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await reading
    assert ended.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert (await over_rest).status == 401


def delete_client(intruder, client_id, how):
    served = intruder.served
    if how == "over the api":
        path = f"{PREFIX}/clusters/{intruder.cluster}/clients/{client_id}"
        assert served.request("DELETE", path, headers=intruder.admin).status == 204
        return
    path = f"/console/org/{served.addresses.org_id}/cluster/{intruder.cluster}/api/client/{client_id}/delete"
    page = served.request("GET", path)
    fields = {"form_token": re.findall(r'name="form_token" value="(\w+)"', page.text)[0]}
    headers = {"cookie": page.headers["set-cookie"].partition(";")[0], "origin": served.addresses.http_address}
    assert served.form(path, fields, headers).status == 303


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://evil.example"}, {"cookie": "c8-console=" + "0" * 64}], ids=str
)
def test_no_form_does_anything_without_its_token(served, headers):
    paths = pages_of(served, "POST")
    assert len(paths) > 30
    for path in paths:
        assert served.form(page_path(served, path), {"name": "x", "ip": "10.0.0.1"}, headers).status == 403, path


# The way in, what every page is drawn with, and what is on no page.
OPEN_PAGES = {
    "/console/sign-in", "/console/sign-in/provider", "/console/sign-in/callback", "/console/join/{link}",
    "/console/static/{name}", "/console/{path:path}",
}  # fmt: skip


def test_no_page_opens_to_who_has_not_signed_in(serve):
    served = serve(sign_in="always")
    paths = pages_of(served, "GET")
    assert len(paths) > 20
    for path in set(paths) - OPEN_PAGES:
        assert served.request("GET", page_path(served, path)).status == 403, path


def other_cluster(intruder):
    """A token for another cluster of the same organization."""
    known = getattr(intruder, "other", None)
    if known is None:
        parameters = intruder.served.request("GET", f"{PREFIX}/clusters/parameters", headers=intruder.admin).json
        body = {"name": "other", "planTypeId": parameters["clusterPlanTypes"][0]["uuid"],
                "channelId": parameters["channels"][0]["uuid"], "regionId": parameters["regions"][0]["uuid"],
                "generationId": parameters["channels"][0]["defaultGeneration"]["uuid"]}  # fmt: skip
        made = intruder.served.request("POST", f"{PREFIX}/clusters", msgspec.json.encode(body), intruder.admin).json
        known = intruder.other = intruder.client(cluster=made["clusterId"])[1]
    return known


def deleted(intruder):
    """A token whose client is gone."""
    client_id, token = intruder.client()
    path = f"{PREFIX}/clusters/{intruder.cluster}/clients/{client_id}"
    assert intruder.served.request("DELETE", path, headers=intruder.admin).status == 204
    return token
