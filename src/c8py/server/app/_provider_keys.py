"""Fetches the keys of the outside OIDC provider: at the start, every few minutes, and when an unknown one turns up."""

import asyncio
import contextlib
import logging
import ssl
import urllib.request
from http.client import HTTPException
from typing import Final

import msgspec

from c8py.base import limits
from c8py.errors import ConfigError
from c8py.server.access import Provider
from c8py.server.settings import ProviderSettings

_log = logging.getLogger("c8py.server.app")
_DISCOVERY: Final = "/.well-known/openid-configuration"
_EVERY_S: Final = 300.0
_PAUSE_S: Final = 10.0  # whoever invents keys must not make us hammer the provider
_TIMEOUT_S: Final = 10.0
_FETCHED: Final = (OSError, HTTPException, ValueError)


class _Document(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, req: object, fp: object, code: int, msg: str, headers: object) -> None:
        """Nowhere: keys come from where the owner said."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class ProviderKeys:
    """Keeps the keys of a provider fresh.

    Args:
        settings: which provider.
        provider: gets the keys.

    Raises:
        ConfigError: the authority's certificate cannot be read.
    """

    def __init__(self, settings: ProviderSettings, provider: Provider) -> None:
        self._settings = settings
        self._provider = provider
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        try:
            context = ssl.create_default_context(cafile=settings.ca_certificate or None)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"expected the certificate of an authority in {settings.ca_certificate}, but: {error}",
                hint="check provider.ca_certificate",
            ) from error
        self._open = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirects()).open
        provider.on_unknown_key = self._wanted.set

    async def start(self) -> None:
        """Fetch them once, and keep them fresh; a provider that does not answer is asked again later."""
        await self._refresh()
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Fetch no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await self._wanted.wait()
            await self._refresh()

    async def _refresh(self) -> None:
        self._wanted.clear()
        try:
            count = self._provider.keys_are(await asyncio.to_thread(self._fetch))
        except (*_FETCHED, msgspec.MsgspecError) as error:
            _log.warning("expected the keys of %s, but: %s", self._settings.issuer, error)
        else:
            _log.info("%d keys of %s", count, self._settings.issuer)

    def _fetch(self) -> bytes:
        """The key set that the discovery document names.

        Raises:
            ValueError: the document is of another issuer, or too large.
            OSError: the provider does not answer.
        """
        # Tokens of some providers name an issuer that ends with a slash.
        found = msgspec.json.decode(self._get(self._settings.issuer.rstrip("/") + _DISCOVERY), type=_Document)
        if found.issuer != self._settings.issuer:
            raise ValueError(f"its discovery document is of the issuer {found.issuer[:200]!r}")
        return self._get(found.jwks_uri)

    def _get(self, url: str) -> bytes:
        if not url.startswith(("https://", "http://")):
            raise ValueError("expected an https address")
        with self._open(url, timeout=_TIMEOUT_S) as answer:
            body: bytes = answer.read(limits.DISCOVERY_BYTES_MAX + 1)
        if len(body) > limits.DISCOVERY_BYTES_MAX:
            raise ValueError(f"expected at most {limits.DISCOVERY_BYTES_MAX} bytes, but there are more")
        return body
