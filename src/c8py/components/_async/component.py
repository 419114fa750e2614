"""What every client of an API beside the cluster stands on: making one, ending one, asking an operation."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self, TypeVar

from c8py.auth import TokenCache
from c8py.base.clock import Clock
from c8py.components import bodies
from c8py.components._async.api import AsyncApi
from c8py.components.pages import After, Behind, Numbered, Sorted
from c8py.components.places import PLACES
from c8py.config import Settings, load
from c8py.transport import AsyncTokenSource

Answer = TypeVar("Answer")
Item = TypeVar("Item")
Task = TypeVar("Task", bound=Sorted)


class AsyncComponent:
    """A client of one API, for asyncio.

    Connections are made with the first call and kept; `async with`, or `aclose()` at the end. What is None is not sent.
    Every call raises `C8Error`: `NotFound`, `InvalidArgument`, `PermissionDenied` and the others of `c8py.errors`.

    Args:
        settings: with address and credentials.
        cache: remembers tokens; None shares them with all clients that have the same settings.
        clock: tells the time; None is the machine's own.
        token: a function that gives the token of each call, in place of credentials of the settings.

    Raises:
        ConfigError: the settings have no such credentials, or no address.
    """

    PLACE: ClassVar[str]

    def __init__(
        self,
        settings: Settings,
        *,
        cache: TokenCache | None = None,
        clock: Clock | None = None,
        token: AsyncTokenSource | None = None,
    ) -> None:
        self.settings = settings
        self._api = AsyncApi(settings, PLACES[self.PLACE], cache=cache, clock=clock, token=token)

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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections. A later call opens them again."""
        await self._api.aclose()

    async def _ask(
        self,
        call: str,
        answer: type[Answer],
        *values: str | int,
        query: Mapping[str, object] | None = None,
        body: object = None,
        anonymous: bool = False,
    ) -> Answer:
        said = bodies.encoded(body)
        read = await self._api.send(call, *values, query=query, body=said, anonymous=anonymous)
        return bodies.decoded(read, answer, call=call, address=self._api.address)

    async def _tell(
        self,
        call: str,
        *values: str | int,
        query: Mapping[str, object] | None = None,
        body: object = None,
        anonymous: bool = False,
    ) -> None:
        await self._api.send(call, *values, query=query, body=bodies.encoded(body), anonymous=anonymous)

    async def _text(self, call: str, *values: str | int) -> str:
        read = await self._api.send(call, *values, accept="*/*")
        return bodies.text(read, call=call, address=self._api.address)

    async def _behind(
        self,
        ask: Callable[[After], Awaitable[Behind[Item]]],  # sync: ask: Callable[[After], Behind[Item]],
    ) -> AsyncIterator[Item]:
        after: After = ()
        while True:
            found = await ask(after)
            for item in found.items:  # sync: yield from found.items
                yield item  # async-only
            # The count that goes along ends at 10,000, whatever there is.
            if not found.items or not found.sort_values or found.sort_values == after:
                return
            after = found.sort_values

    async def _behind_last(
        self,
        ask: Callable[[Sequence[str]], Awaitable[list[Task]]],  # sync: ask: Callable[[Sequence[str]], list[Task]],
    ) -> AsyncIterator[Task]:
        after: Sequence[str] = ()
        while True:
            found = await ask(after)
            for item in found:  # sync: yield from found
                yield item  # async-only
            if not found or not found[-1].sort_values or found[-1].sort_values == after:
                return
            after = found[-1].sort_values

    async def _numbered(
        self,
        ask: Callable[[int], Awaitable[Numbered[Item]]],  # sync: ask: Callable[[int], Numbered[Item]],
    ) -> AsyncIterator[Item]:
        page = seen = 0
        while True:
            found = await ask(page)
            for item in found.items:  # sync: yield from found.items
                yield item  # async-only
            page, seen = page + 1, seen + len(found.items)
            if not found.items or seen >= found.total:
                return
