"""What the cluster is, so that what it cannot know is refused before it is sent."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from c8py.base.clock import Clock
from c8py.base.limits import VERSION_AGE_S_MAX
from c8py.errors import ApiError, NotSupported
from c8py.models.operations import Operation

_NUMBERS: Final = re.compile(r"(\d+)\.(\d+)")
_OLDEST: Final = (8, 6)  # every cluster that has a REST API at all offers what was there then


class AsyncClusterVersion:
    """The version of one cluster, asked for when it first matters, and again after a while: clusters are upgraded.

    Args:
        ask: asks for it.
        clock: tells the time.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[str]],  # sync: ask: Callable[[], str],
        clock: Clock,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._text = ""
        self._asked_s: float | None = None

    async def text(self) -> str:
        """As the gateway says it, for example `8.8.21`; empty where it does not say."""
        now_s = self._clock.monotonic_s()
        if self._asked_s is None or now_s - self._asked_s > VERSION_AGE_S_MAX:
            try:
                self._text = await self._ask()
            except ApiError:
                self._text = ""  # who may not ask for the topology may still do what was wanted
            self._asked_s = now_s
        return self._text

    async def must_offer(self, operation: Operation) -> None:
        """Refuse an operation that is newer than the cluster.

        Raises:
            NotSupported: it is.
        """
        await self.must_be(operation.added_in, operation.id)

    async def must_be(self, version: str, wanted: str) -> None:
        """Refuse what came with a version that the cluster is older than.

        Args:
            version: for example `8.10`.
            wanted: what came with it.

        Raises:
            NotSupported: the cluster is older.
        """
        needed = _version(version)
        if needed <= _OLDEST:
            return
        text = await self.text()
        known = _version(text)
        if known and known < needed:
            raise NotSupported(
                f"expected a cluster of version {version} or newer for {wanted}, but it is {text}",
                hint="upgrade the cluster, or do without",
            )


def _version(text: str) -> tuple[int, ...]:
    found = _NUMBERS.match(text)
    return (int(found[1]), int(found[2])) if found else ()
