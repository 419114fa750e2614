"""Clusters of somebody else (SaaS or Self-Managed), shown beside ours: implements `console.RunsClusters`.

Only their addresses and a client's credentials are kept, the secret sealed. Whether one is well is found out as a
client would: a token, then the topology over REST; now and then, and when somebody asks. Nothing else is ever sent.
"""

import asyncio
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Final

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.errors import PlatformError
from c8py.server.access import Seal
from c8py.server.console import ClusterState, KindRefused, Place, Release
from c8py.server.store import Cluster, Store

_EVERY_S: Final = 60.0
_TIMEOUT_S: Final = 15.0
_TOKEN_SPARE_S: Final = 60.0
_SECRET: Final = "client_secret"  # noqa: S105  the name of an option


class Remote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where somebody else's cluster is, and who we are there.

    Attributes:
        grpc_address: host:port.
        rest_address: base of its REST API, without /v2.
        oauth_url: where its tokens are; "" for a cluster that asks for none.
        client_id: our client.
        client_secret: its secret; kept sealed.
        audience: of the token.
    """

    grpc_address: str
    rest_address: str
    oauth_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    audience: str = "zeebe.camunda.io"

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Remote(grpc_address={self.grpc_address!r}, rest_address={self.rest_address!r})"


class _Seen(msgspec.Struct, frozen=True):
    well: bool
    trouble: str
    version: str
    brokers: int
    partitions: int


class _Topology(msgspec.Struct, frozen=True, rename="camel"):
    cluster_size: int
    partitions_count: int
    gateway_version: str


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 300.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, req: object, fp: object, code: int, msg: str, headers: object) -> None:
        """Nowhere: a token goes to no other address than the one that was named."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class RemoteClusters:
    """Knows them.

    Args:
        store: keeps their records.
        seal: of their secrets.
        clock: when a token ends.
    """

    def __init__(self, store: Store, seal: Seal, *, clock: Clock) -> None:
        self._store = store
        self._seal = seal
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._tokens: dict[str, tuple[Secret, float]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._open = urllib.request.build_opener(_NoRedirects()).open

    async def start(self) -> None:
        """Look at them now and then."""
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait((self._looking,))

    def record_of(self, cluster: Cluster, remote: Remote) -> Cluster:
        """The record with these addresses in it, and the secret sealed.

        Raises:
            KindRefused: an address is none, or a client lacks its secret.
        """
        for name in ("rest_address", "oauth_url"):
            address: str = getattr(remote, name)
            if address and urllib.parse.urlsplit(address).scheme not in {"http", "https"}:
                raise KindRefused(f"expected {name} to begin with https://, but it is another", conflict=False)
        if not remote.rest_address or not remote.grpc_address:
            raise KindRefused("expected rest_address and grpc_address, but one of them is empty", conflict=False)
        if remote.oauth_url and not (remote.client_id and remote.client_secret):
            raise KindRefused("expected client_id and client_secret with oauth_url, but one is empty", conflict=False)
        told = msgspec.structs.asdict(remote)
        told[_SECRET] = (
            self._seal.seal(Secret(remote.client_secret), cluster.cluster_id) if remote.client_secret else ""
        )
        return msgspec.structs.replace(
            cluster, kind="remote", generation="remote", options={name: str(value) for name, value in told.items()}
        )

    async def test(self, cluster: Cluster) -> str:
        """Ask it for its topology; what hinders that, "" for nothing."""
        seen = await asyncio.to_thread(self._ask, cluster)
        self._seen[cluster.cluster_id] = seen
        return seen.trouble

    def found(self, cluster: Cluster) -> tuple[str, int, int]:
        """Version, brokers and partitions as it said last; "" and zeroes where it said nothing."""
        seen = self._seen.get(cluster.cluster_id)
        return ("", 0, 0) if seen is None else (seen.version, seen.brokers, seen.partitions)

    # -- for Console

    @property
    def releases(self) -> tuple[Release, ...]:
        """It has what it has."""
        return (Release(generation="remote"),)

    def fit(self, cluster: Cluster) -> Cluster:
        """As it is, if it has addresses."""
        if not cluster.options.get("rest_address"):
            raise KindRefused("expected the addresses of a remote cluster, but there are none", conflict=False)
        return cluster

    async def create(self, cluster: Cluster) -> None:
        """Look at it for the first time."""
        await self.test(cluster)

    async def change(self, cluster: Cluster) -> None:  # noqa: ARG002  as the seam has it
        """Not ours to change."""
        raise KindRefused("expected a cluster of ours, but this one is somebody else's", conflict=False)

    async def suspend(self, cluster: Cluster) -> None:
        """Not ours to put to rest."""
        await self.change(cluster)

    async def wake(self, cluster: Cluster) -> None:
        """Not ours to wake."""
        await self.change(cluster)

    async def delete(self, cluster: Cluster) -> None:
        """Forget it; nothing happens to the cluster itself."""
        self._seen.pop(cluster.cluster_id, None)
        self._tokens.pop(cluster.cluster_id, None)

    def state(self, cluster: Cluster) -> ClusterState:
        """How it was when it was last looked at."""
        seen = self._seen.get(cluster.cluster_id)
        if seen is None:
            return "Creating"
        return "Healthy" if seen.well else "Unhealthy"

    def trouble(self, cluster: Cluster) -> str:
        """What hindered the last look."""
        seen = self._seen.get(cluster.cluster_id)
        return "" if seen is None else seen.trouble

    def place(self, cluster: Cluster) -> Place:
        """Its own addresses."""
        rest = cluster.options.get("rest_address", "")
        return Place(
            grpc_address=cluster.options.get("grpc_address", ""), rest_address=rest, tls=rest.startswith("https:")
        )

    def heeds_allowlist(self, cluster: Cluster) -> bool:  # noqa: ARG002  as the seam has it
        """Not ours: it has one of its own."""
        return False

    # -- inside

    async def _look(self) -> None:
        while True:
            for cluster in self._store.clusters():
                if cluster.kind == "remote":
                    await self.test(cluster)
            await asyncio.sleep(_EVERY_S)

    def _ask(self, cluster: Cluster) -> _Seen:
        url = cluster.options.get("rest_address", "").rstrip("/") + "/v2/topology"
        try:
            token = self._token(cluster)
            headers = {} if token is None else {"Authorization": f"Bearer {token.reveal()}"}
            found = msgspec.json.decode(self._get(urllib.request.Request(url, headers=headers)), type=_Topology)  # noqa: S310  checked when it was kept
        except urllib.error.HTTPError as error:
            with error:
                return _Seen(False, f"expected an answer of {error.url}, but it was {error.code}", "", 0, 0)
        except (OSError, http.client.HTTPException, ValueError, PlatformError) as error:
            reason = getattr(error, "reason", None) or error
            return _Seen(False, f"expected the topology of {url}, but: {str(reason)[:200]}", "", 0, 0)
        return _Seen(True, "", found.gateway_version, found.cluster_size, found.partitions_count)

    def _token(self, cluster: Cluster) -> Secret | None:
        told, now_s = cluster.options, self._clock.monotonic_s()
        if not told.get("oauth_url"):
            return None
        known = self._tokens.get(cluster.cluster_id)
        if known is not None and now_s < known[1]:
            return known[0]
        form = {
            "grant_type": "client_credentials",
            "client_id": told["client_id"],
            "client_secret": self._seal.open(told[_SECRET], cluster.cluster_id).reveal(),
            "audience": told["audience"],
        }
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        content = json.dumps(form).encode()
        if "/protocol/openid-connect/" in told["oauth_url"]:
            # Keycloak reads forms only; SaaS documents JSON.
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(told["oauth_url"], data=content, headers=headers)  # noqa: S310  as above
        answer = msgspec.json.decode(self._get(request), type=_Token)
        # A token service refuses who asks too often: the token is kept for nearly all of its life.
        token = Secret(answer.access_token)
        self._tokens[cluster.cluster_id] = token, now_s + max(answer.expires_in - _TOKEN_SPARE_S, 1.0)
        return token

    def _get(self, request: urllib.request.Request) -> bytes:
        with self._open(request, timeout=_TIMEOUT_S) as answer:
            body: bytes = answer.read(limits.REMOTE_ANSWER_BYTES_MAX + 1)
        if len(body) > limits.REMOTE_ANSWER_BYTES_MAX:
            raise ValueError(f"there are more than {limits.REMOTE_ANSWER_BYTES_MAX} bytes")
        return body
