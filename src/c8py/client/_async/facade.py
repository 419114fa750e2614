"""The client: what a cluster can be told and asked, as methods of one class. The methods stand in modules by noun."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from c8py.auth import TokenCache
from c8py.base.clock import Clock, SystemClock
from c8py.client._async.connection import AsyncConnection
from c8py.client._async.events import AsyncEventCalls
from c8py.client._async.jobs import AsyncJobCalls
from c8py.client._async.processes import AsyncProcessCalls
from c8py.client._async.waiting import wait_until
from c8py.config import Protocol, Settings, load
from c8py.transport import AsyncTokenSource, shared_cache

if TYPE_CHECKING:
    from c8py.models.cluster import TopologyResponse

Answer = TypeVar("Answer")


class AsyncCamunda(AsyncProcessCalls, AsyncJobCalls, AsyncEventCalls):
    """A client of one cluster, for asyncio.

    Connections are made with the first call and kept; `async with`, or `aclose()` at the end.

    Args:
        settings: addresses and credentials, as `c8py.config.load` puts them together.
        cache: remembers tokens; None shares them with all clients that have the same settings.
        clock: tells the time; None is the machine's own.
        token: a function that gives the token of each call, in place of credentials of the settings. It is asked
            before every call, and once more after a refusal; keeping tokens is its own matter.

    Raises:
        ConfigError: the credentials cannot be used, or lack something that the token service wants.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        cache: TokenCache | None = None,
        clock: Clock | None = None,
        token: AsyncTokenSource | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        cache = cache or shared_cache(settings)
        super().__init__(AsyncConnection(settings, cache=cache, clock=self._clock, token=token))

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
            credentials_file: as Console hands it out; None is the one that C8_CREDENTIALS names, if any.
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

    @property
    def settings(self) -> Settings:
        """What this client goes by."""
        return self._connection.settings

    async def topology(self, *, protocol: Protocol | None = None) -> "TopologyResponse":
        """The cluster as its gateway sees it.

        Args:
            protocol: None leaves it to the settings.

        Raises:
            C8Error: the call failed.
        """
        return await self._over(protocol).topology()

    async def wait_until(
        self,
        look: Callable[[], Awaitable[Answer]],  # sync: look: Callable[[], Answer],
        wanted: Callable[[Answer], bool] = lambda _: True,
        *,
        timeout_s: float = 10.0,
    ) -> Answer:
        """Ask until the answer is the wanted one: what REST finds may lag a moment behind what has happened.

        Args:
            look: asks, such as `lambda: camunda.process_instances.get(key)`; `NotFound` counts as not yet.
            wanted: whether this answer is the one; left out, any answer is.
            timeout_s: how long to go on asking, in seconds.

        Raises:
            DeadlineExceeded: it did not come in time.
            C8Error: asking failed for another reason than that there is nothing yet.
        """
        return await wait_until(look, wanted, timeout_s=timeout_s, clock=self._clock)

    async def authorization(self) -> str:
        """The Authorization header that calls carry now, for other programs; empty where they need none. It is secret.

        Raises:
            AuthError: there is no token to be had.
        """
        return await self._connection.header()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. A later call opens them again."""
        await self._connection.aclose()
