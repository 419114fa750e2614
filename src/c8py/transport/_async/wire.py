"""The HTTP connections of one client: those to its APIs, and those to the token service where that wants its own."""

import threading

from c8py.base.twins import async_here
from c8py.config import Settings
from c8py.transport.agent import user_agent
from c8py.transport.http import AsyncHttp, async_http, has_own_token_connections


class AsyncWire:
    """The HTTP connections of one client, made when they are first needed, and anew in another loop.

    Args:
        settings: timeouts, certificates and proxies.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._agent = user_agent(settings)
        self._guard = threading.Lock()  # threads that call for the first time at once share one client
        self._http: AsyncHttp | None = None
        self._token_http: AsyncHttp | None = None
        self._belongs: object = None

    def http(self) -> AsyncHttp:
        """The HTTP client of this loop.

        Raises:
            ConfigError: a certificate or a proxy cannot be used.
        """
        with self._guard:
            self._leave_others()
            if self._http is None:
                self._http = async_http(self._settings, agent=self._agent)
            return self._http

    def token_http(self) -> AsyncHttp:
        """The HTTP client of this loop for token requests.

        Raises:
            ConfigError: a certificate or a proxy cannot be used.
        """
        if not has_own_token_connections(self._settings):
            return self.http()
        with self._guard:
            self._leave_others()
            if self._token_http is None:
                self._token_http = async_http(self._settings, agent=self._agent, for_tokens=True)
            return self._token_http

    async def aclose(self) -> None:
        """Close the connections."""
        made, self._http, self._token_http = (self._http, self._token_http), None, None
        if self._belongs == async_here():
            for http in made:
                if http is not None:
                    await http.close()

    def _leave_others(self) -> None:
        """Let go of clients that belong to another loop."""
        belongs = async_here()
        if self._belongs != belongs:
            self._http = self._token_http = None
            self._belongs = belongs
