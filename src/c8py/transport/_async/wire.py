"""The HTTP connections of one client: those to its APIs, and those to the token service where that wants its own."""

from collections.abc import Callable

from c8py.base.twins import AsyncOwn
from c8py.config import Settings
from c8py.transport.agent import user_agent
from c8py.transport.http import AsyncHttp, async_http, has_own_token_connections
from c8py.transport.proxy import way_to


class AsyncWire:
    """The HTTP connections of one client, made when they are first needed, and anew in another loop.

    Args:
        settings: timeouts, certificates and proxies.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._agent = user_agent(settings)
        self._https: AsyncOwn[AsyncHttp] = AsyncOwn()
        self._token_https: AsyncOwn[AsyncHttp] = AsyncOwn()

    def http(self) -> AsyncHttp:
        """The HTTP client of this loop.

        Raises:
            ConfigError: a certificate or a proxy cannot be used.
        """
        return self._https.get(lambda: async_http(self._settings, agent=self._agent))

    def token_http(self) -> AsyncHttp:
        """The HTTP client of this loop for token requests.

        Raises:
            ConfigError: a certificate or a proxy cannot be used.
        """
        if not has_own_token_connections(self._settings):
            return self.http()
        return self._token_https.get(lambda: async_http(self._settings, agent=self._agent, for_tokens=True))

    def way_to(self, url: str) -> str:
        """The address, and the proxy on the way there if there is one, for errors."""
        return way_to(self._settings, url)

    def still_open(self) -> Callable[[], bool]:
        """Tells, whenever it is asked, whether the connections of now have not been closed meanwhile."""
        http = self.http()
        return lambda: self._https.holds(http)

    async def aclose(self) -> None:
        """Close the connections of this loop."""
        for made in (self._https.pop(), self._token_https.pop()):
            if made is not None:
                await made.close()
