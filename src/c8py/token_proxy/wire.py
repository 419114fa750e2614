"""How a proxy's own requests go out: the HTTP client of `transport`, without its retries and without redirects."""

from datetime import timedelta

from c8py.auth import HttpRequest, HttpResponse
from c8py.base.limits import TOKEN_ANSWER_BYTES_MAX
from c8py.config import Settings
from c8py.errors import C8Error, ConnectionFailed
from c8py.token_proxy.driving import Sender
from c8py.transport.http import AsyncHttp, HttpFailure, async_http, http_error
from c8py.transport.proxy import way_to


class TokenWire:
    """Connections to token services.

    Args:
        network: certificates and times; nothing else of them is looked at.
        agent: how the proxy calls itself.
    """

    def __init__(self, network: Settings, *, agent: str) -> None:
        self._network = network
        self._agent = agent
        self._http: AsyncHttp | None = None

    def open(self) -> Sender:
        """Be ready to send.

        Raises:
            ConfigError: a certificate cannot be used.
        """
        http = self._http = async_http(self._network, agent=self._agent, for_tokens=True)
        timeout = timedelta(seconds=self._network.token_timeout_s)

        async def send(request: HttpRequest) -> HttpResponse:
            builder = http.request(request.method, request.url).headers(dict(request.headers))
            try:
                async with builder.body_bytes(request.body).timeout(timeout).build_streamed() as response:
                    # No more than is looked at, however much there is.
                    body = bytes(await response.body_reader.read(TOKEN_ANSWER_BYTES_MAX + 1) or b"")
                    headers = {name.lower(): value for name, value in response.headers.items()}
                    return HttpResponse(status=response.status, headers=headers, body=body)
            except HttpFailure as failure:
                address = way_to(self._network, request.url)
                raise _unanswered(http_error(failure, call="a token request", address=address)) from failure

        return send

    async def aclose(self) -> None:
        """Close them."""
        if self._http is not None:
            await self._http.close()


def _unanswered(error: C8Error) -> ConnectionFailed:
    """Whatever it was, there is no response."""
    return error if isinstance(error, ConnectionFailed) else ConnectionFailed(error.message)
