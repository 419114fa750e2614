"""One REST API by method and path: its address, its credentials and its connections."""

from collections.abc import Mapping

from c8py.auth import TokenCache, credentials_for
from c8py.base.clock import Clock, SystemClock
from c8py.components.bodies import filled
from c8py.components.places import Place
from c8py.config import Settings
from c8py.transport import AsyncRest, AsyncTokenSource, AsyncWire, RestRequest, async_headers, shared_cache


class AsyncApi:
    """One REST API, for asyncio. Knows neither its operations nor its models.

    Args:
        settings: address and credentials.
        place: which API.
        cache: remembers tokens; None shares them with all clients that have the same settings.
        clock: tells the time; None is the machine's own.
        token: a function that gives the token of each call, in place of credentials of the settings.

    Raises:
        ConfigError: the settings have no such credentials, or no address.
    """

    def __init__(
        self,
        settings: Settings,
        place: Place,
        *,
        cache: TokenCache | None = None,
        clock: Clock | None = None,
        token: AsyncTokenSource | None = None,
    ) -> None:
        credentials = credentials_for(settings, place.credentials) if token is None else token
        self.address = place.address(settings)
        self._place = place
        self._timeout_s = settings.request_timeout_s
        self._wire = AsyncWire(settings)
        clock, cache = clock or SystemClock(), cache or shared_cache(settings)
        self._headers = async_headers(credentials, self._wire, settings, cache=cache, clock=clock)
        self._rest = AsyncRest(self.address, self._wire, self._headers, clock)
        nobody = async_headers(None, self._wire, settings, cache=cache, clock=clock)
        self._open = AsyncRest(self.address, self._wire, nobody, clock)

    async def send(
        self,
        call: str,
        *values: str | int,
        query: Mapping[str, object] | None = None,
        body: bytes | None = None,
        accept: str = "application/json",
        content_type: str = "application/json",
        timeout_s: float | None = None,
        anonymous: bool = False,
    ) -> bytes:
        """The body of the answer to a call.

        Args:
            call: method and path, `GET /clusters/{clusterUuid}`.
            values: for what stands in braces in the path, in order.
            query: what follows the `?`; None values are left out.
            body: None for none.
            accept: the media types that an answer may have.
            content_type: of the body.
            timeout_s: for all attempts together, in seconds; None is that of the settings.
            anonymous: whether the call goes without credentials.

        Raises:
            C8Error: the call failed, after as many attempts as made sense.
        """
        method, _, path = call.partition(" ")
        request = RestRequest(
            call=call,
            method=method,
            path=self._place.path(filled(path, values, query)),
            body=body,
            content_type=content_type,
            accept=accept,
            safe=method == "GET" or path.endswith("/search"),
            timeout_s=timeout_s or self._timeout_s,
        )
        return await (self._open if anonymous else self._rest).send(request)

    async def aclose(self) -> None:
        """Close all connections. A later call opens them again."""
        await self._headers.aclose()
        await self._wire.aclose()
