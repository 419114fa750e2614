"""Every route of the Administration API and of the gateway, with every credential that must not open it.

Printed out of the tables that the platform serves from: a new route is in here without anybody remembering it.
"""

import json
import re
import socket
import time
from collections.abc import Callable

import grpc.aio
import msgspec
import pytest

from c8py.base.clock import ManualClock
from c8py.models.operations import OPERATIONS as REST_OPERATIONS
from c8py.proto import gateway_pb2 as pb
from c8py.proto.gateway_pb2_grpc import RPCS, SERVICE, GatewayAsyncStub
from c8py.server.access import organization_permissions
from c8py.server.console import _pages_cluster, _pages_instances, _pages_organization
from c8py.server.console._api import OPERATIONS, PREFIX

DEADLINE_S = 10.0
AUDIENCES = ("zeebe.camunda.io", "operate.camunda.io", "tasklist.camunda.io", "secrets.camunda.io")


class Intruder:
    """Tokens that are all good for something, and for nothing here."""

    def __init__(self, served) -> None:
        self.served = served
        self.cluster = served.addresses.cluster_id
        self.admin = self.bearer(served.token("api.cloud.camunda.io", served.addresses.console_credentials_file))
        self.cluster_token = served.token("zeebe.camunda.io")

    @staticmethod
    def bearer(token):
        return {"authorization": f"Bearer {token}"}

    def client(self, *, scopes=None, audience="zeebe.camunda.io", cluster=None):
        body = json.dumps({"clientName": f"c{time.monotonic_ns()}", **({"permissions": scopes} if scopes else {})})
        made = self.served.request(
            "POST", f"{PREFIX}/clusters/{cluster or self.cluster}/clients", body, self.admin
        ).json
        fields = {"grant_type": "client_credentials", "audience": audience, "client_id": made["clientId"],
                  "client_secret": made["clientSecret"]}  # fmt: skip
        return made["clientId"], self.served.form("/oauth/token", fields).json["access_token"]

    def organization_client(self, permissions):
        """By Console's own page, for the API has no operation for it."""
        page = self.served.request("GET", f"/console/org/{self.served.addresses.org_id}/administration-api/new")
        cookie = page.headers["set-cookie"].partition(";")[0]
        fields = {"form_token": re.findall(r'name="form_token" value="(\w+)"', page.text)[0],
                  "name": f"o{time.monotonic_ns()}", "permission": permissions}  # fmt: skip
        made = self.served.form(f"/console/org/{self.served.addresses.org_id}/administration-api", fields, {
            "cookie": cookie, "origin": self.served.addresses.http_address}).text  # fmt: skip
        client_id, secret = re.findall(r"Client (?:Id|Secret)</dt><dd><code>([^<]+)</code>", made)
        fields = {"grant_type": "client_credentials", "audience": "api.cloud.camunda.io", "client_id": client_id,
                  "client_secret": secret}  # fmt: skip
        return self.served.form("/oauth/token", fields).json["access_token"]


@pytest.fixture(scope="module")
def intruder(served):
    return Intruder(served)


def path_of(template, cluster):
    return PREFIX + re.sub(r"{\w+}", "x", template.replace("{cluster}", cluster))


GUARDED = [row for row in OPERATIONS if row[2]]


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


def test_each_operation_wants_its_own_permission(intruder):
    """A client with every permission but this one is refused by each operation that needs it, before anything else."""
    for permission in sorted({row[2] for row in GUARDED}):
        others = [one for one in organization_permissions() if one != permission]
        headers = intruder.bearer(intruder.organization_client(others))
        for method, path, needed, _ in GUARDED:
            status = None
            if needed == permission:
                status = intruder.served.request(method, path_of(path, intruder.cluster), headers=headers).status
            assert status in {None, 403}, (method, path)


def test_a_cluster_of_nobody_here_is_nobodys(intruder):
    """Another organization's cluster is as good as none: with all permissions the answer is that there is none."""
    for method, path, _, _ in GUARDED:
        if "{cluster}" in path:
            foreign = path_of(path, "6d0c8f5e-3a53-4b0e-9a0b-0e5a4f1c8a11")
            body = None if method in {"GET", "DELETE"} else b"{}"
            assert intruder.served.request(method, foreign, body, intruder.admin).status in {400, 404}, path


@pytest.mark.parametrize("case", ["nothing", "console", "scope", "cluster", "deleted"])
def test_no_rest_operation_of_a_cluster_opens_to_another_token(intruder, case):
    token: Callable[[], str] = {
        "nothing": lambda: "",
        "console": lambda: intruder.admin["authorization"].removeprefix("Bearer "),
        "scope": lambda: intruder.client(scopes=["Secrets"], audience="secrets.camunda.io")[1],
        "cluster": lambda: other_cluster(intruder),
        "deleted": lambda: deleted(intruder),
    }[case]
    presented = token()
    headers = intruder.bearer(presented) if presented else {}
    for operation in REST_OPERATIONS.values():
        path = "/v2" + re.sub(r"{\w+}", "1", operation.path)
        assert intruder.served.request(operation.method, path, headers=headers).status == 401, operation.id


@pytest.mark.parametrize("case", ["nothing", "console", "scope", "cluster", "deleted"])
async def test_no_rpc_opens_to_another_token(intruder, case):
    presented = {
        "nothing": lambda: None,
        "console": lambda: intruder.admin["authorization"],
        "scope": lambda: "Bearer " + intruder.client(scopes=["Secrets"], audience="secrets.camunda.io")[1],
        "cluster": lambda: "Bearer " + other_cluster(intruder),
        "deleted": lambda: "Bearer " + deleted(intruder),
    }[case]()
    metadata = () if presented is None else (("authorization", presented),)
    async with grpc.aio.insecure_channel(intruder.served.addresses.grpc_address) as channel:
        for name, rpc in RPCS.items():
            path = f"/{SERVICE}/{name}"
            if rpc.server_streaming:
                answer = channel.unary_stream(path)(b"", metadata=metadata, timeout=DEADLINE_S).read()
            else:
                answer = channel.unary_unary(path)(b"", metadata=metadata, timeout=DEADLINE_S)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await answer
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED, name


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
    async with grpc.aio.insecure_channel(intruder.served.addresses.grpc_address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await GatewayAsyncStub(channel).Topology(pb.TopologyRequest(), metadata=metadata, timeout=DEADLINE_S)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


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


ORGANIZATION = "/console/org/{org}"
CLUSTER = ORGANIZATION + "/cluster/{cluster}"
FORMS = [
    *(CLUSTER + path for path, *_ in (*_pages_cluster.FORMS, *_pages_instances.FORMS)),
    *(ORGANIZATION + path for path, *_ in _pages_organization.FORMS),
    *("/console" + path for path, *_ in _pages_organization.OPEN_FORMS),
    "/console/clusters",
    *(CLUSTER + path for path in ("/change", "/suspend", "/wake", "/delete", "/api", "/api/client/{client}/delete")),
]


@pytest.mark.parametrize("path", FORMS)
def test_no_form_does_anything_without_its_token(served, path):
    places = {"org": served.addresses.org_id, "cluster": served.addresses.cluster_id}
    for headers in ({}, {"origin": "http://evil.example"}, {"cookie": "c8-console=" + "0" * 64}):
        filled = re.sub(r"{(\w+)}", lambda found: places.get(found[1], "x"), path)
        assert served.form(filled, {"name": "x", "ip": "10.0.0.1"}, headers).status == 403


TRAVERSALS = ("..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/platform.db", "....//....//platform.db", "platform.db%00.css")


@pytest.mark.parametrize("below", ["/console/static/", "/console-api/docs/", "/console/org/x/activity/", "/"])
@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_house(served, below, path):
    answer = served.request("GET", below + path)
    assert answer.status == 404
    assert b"SQLite" not in answer.body


@pytest.mark.parametrize("path", ["/oauth/token", "/console/sign-in", "/console-api/clusters", "/v2/topology"])
def test_a_hundred_megabytes_are_not_read(served, intruder, path):
    host, port = served.authority.split(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as connection:
        authorization = intruder.admin["authorization"]
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {authorization}\r\n"
            "content-type: application/json\r\ncontent-length: 104857600\r\n\r\n".encode()
        )
        sent, piece = 0, b" " * 65_536
        try:
            while sent < 104_857_600:
                connection.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        # It hung up long before all of it was there; what the kernels on both sides buffer is a few megabytes.
        assert sent < 50_000_000


def test_two_lengths_or_a_length_and_pieces_are_no_request(served):
    """What a proxy in front and the platform could read as two different requests."""
    host, port = served.authority.split(":")
    for lengths in (
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: 5\r\ntransfer-encoding: chunked\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as connection:
            connection.sendall(
                f"POST /oauth/token HTTP/1.1\r\nhost: localhost\r\n{lengths}\r\n0\r\n\r\nGET / ".encode()
            )
            assert connection.recv(64).startswith(b"HTTP/1.1 400")


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
