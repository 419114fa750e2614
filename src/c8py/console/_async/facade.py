"""The client of the Administration API: clusters and their API clients."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

import msgspec

from c8py.auth import TokenCache, credentials_for
from c8py.base.clock import Clock, SystemClock
from c8py.config import Settings, load
from c8py.console.models import (
    ClientConnection,
    Cluster,
    ClusterClient,
    CreatedClusterClient,
    Permission,
    created_client,
)
from c8py.errors import ConfigError, ServerFault
from c8py.transport import AsyncRest, AsyncTokenSource, AsyncWire, RestRequest, async_headers, shared_cache

Answer = TypeVar("Answer")

_CLUSTERS = msgspec.json.Decoder(list[Cluster])
_CLIENTS = msgspec.json.Decoder(list[ClusterClient])
_CONNECTION = msgspec.json.Decoder(ClientConnection)


class AsyncConsole:
    """A client of the Administration API, for asyncio: what Console can do, without its pages.

    Connections are made with the first call and kept; `async with`, or `aclose()` at the end.

    Args:
        settings: with the credentials of an organization's client.
        cache: remembers tokens; None shares them with all clients that have the same settings.
        clock: tells the time; None is the machine's own.
        token: a function that gives the token of each call, in place of credentials of the settings.

    Raises:
        ConfigError: the settings have no such credentials, or no address.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        cache: TokenCache | None = None,
        clock: Clock | None = None,
        token: AsyncTokenSource | None = None,
    ) -> None:
        credentials = credentials_for(settings, "console") if token is None else token
        if settings.console_base_url is None:
            raise ConfigError(
                "expected the address of the Administration API, but there is none", hint="set CAMUNDA_CONSOLE_BASE_URL"
            )
        clock = clock or SystemClock()
        self.settings = settings
        self._wire = AsyncWire(settings)
        self._headers = async_headers(
            credentials, self._wire, settings, cache=cache or shared_cache(settings), clock=clock
        )
        self._api = AsyncRest(settings.console_base_url.rstrip("/"), self._wire, self._headers, clock)

    @classmethod
    def from_env(
        cls,
        *,
        credentials_file: Path | str | None = None,
        env_file: Path | str | None = None,
        profile: str | None = None,
        token: AsyncTokenSource | str | None = None,
        **overrides: object,
    ) -> Self:
        """A client with the settings of arguments, files, environment and profile, as `c8py.config.load` has them.

        Args:
            credentials_file: of an organization's client; None is the one that C8_CREDENTIALS names, if any.
            env_file: assignments, a line each; None is the one that CAMUNDA_LOAD_ENVFILE names, if any.
            profile: the name of a profile; None is the one in use, if any.
            token: a token as it stands, or a function that gives one.
            overrides: fields of `c8py.config.Settings`.

        Raises:
            ConfigError: something is missing, malformed or contradicts something else.
        """
        source = token if callable(token) else None
        overrides |= {} if source is not None else {"token": token}
        settings = load(overrides, credentials_file=credentials_file, env_file=env_file, profile=profile)
        return cls(settings, token=source)

    async def clusters(self) -> list[Cluster]:
        """The clusters of the organization.

        Raises:
            C8Error: the call failed.
        """
        return await self._ask("GetClusters", _CLUSTERS.decode, "GET", "/clusters")

    async def clients(self, cluster_id: str) -> list[ClusterClient]:
        """The API clients of a cluster.

        Raises:
            NotFound: there is no such cluster.
            C8Error: the call failed.
        """
        return await self._ask("GetClients", _CLIENTS.decode, "GET", _clients(cluster_id))

    async def create_client(
        self, cluster_id: str, name: str, permissions: Sequence[Permission] = ()
    ) -> CreatedClusterClient:
        """Make an API client. Its secret is in the answer, and nowhere else afterwards.

        Args:
            cluster_id: whose client.
            name: of the client, unlike all others of the cluster.
            permissions: what it may do; empty is everything.

        Raises:
            InvalidArgument: the name is taken, or not acceptable.
            NotFound: there is no such cluster.
            C8Error: the call failed.
        """
        body: dict[str, object] = {"clientName": name}
        if permissions:
            body["permissions"] = list(permissions)
        return await self._ask("CreateClient", created_client, "POST", _clients(cluster_id), body=body)

    async def get_client(self, cluster_id: str, client_id: str) -> ClientConnection:
        """What an API client needs besides its secret.

        Raises:
            NotFound: there is no such client.
            C8Error: the call failed.
        """
        return await self._ask("GetClient", _CONNECTION.decode, "GET", _client(cluster_id, client_id))

    async def delete_client(self, cluster_id: str, client_id: str) -> None:
        """Delete an API client.

        Raises:
            NotFound: there is no such client.
            C8Error: the call failed.
        """
        await self._api.send(self._request("DeleteClient", "DELETE", _client(cluster_id, client_id)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. A later call opens them again."""
        await self._headers.aclose()
        await self._wire.aclose()

    async def _ask(
        self, call: str, read: Callable[[bytes], Answer], method: str, path: str, *, body: object = None
    ) -> Answer:
        answer = await self._api.send(self._request(call, method, path, body))
        try:
            return read(answer)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            # The decoder's own words are left out: the answer may hold a secret.
            raise ServerFault(
                f"expected an answer to {call} in the form of the Administration API, but it is something else",
                hint=f"check that {self._api.address} is its address",
            ) from None

    def _request(self, call: str, method: str, path: str, body: object = None) -> RestRequest:
        return RestRequest(
            call=call,
            method=method,
            path=path,
            body=None if body is None else msgspec.json.encode(body),
            safe=method == "GET",
            timeout_s=self.settings.request_timeout_s,
        )


def _clients(cluster_id: str) -> str:
    return f"/clusters/{quote(cluster_id, safe='')}/clients"


def _client(cluster_id: str, client_id: str) -> str:
    return f"{_clients(cluster_id)}/{quote(client_id, safe='')}"
