"""Asks the outside OIDC provider: for its keys and places, and for the tokens of people who sign in to Console.

Keys are fetched at the start, every few minutes, and when an unknown one turns up.
"""

import asyncio
import base64
import contextlib
import logging
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from c8py.base import limits
from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.server.access import Endpoints, Provider
from c8py.server.settings import ProviderSettings

_log = logging.getLogger("c8py.server.app")
_DISCOVERY: Final = "/.well-known/openid-configuration"
_EVERY_S: Final = 300.0
_PAUSE_S: Final = 10.0  # whoever invents keys must not make us hammer the provider
_TIMEOUT_S: Final = 10.0
_EXCHANGES_MAX: Final = 2
_FETCHED: Final = (OSError, HTTPException, ValueError)


class _Document(msgspec.Struct, frozen=True):
    issuer: str
    jwks_uri: str
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    end_session_endpoint: str = ""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, req: object, fp: object, code: int, msg: str, headers: object) -> None:
        """Nowhere: keys come from where the owner said."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class AsksProvider:
    """Keeps the keys of a provider fresh, and exchanges codes.

    Args:
        settings: which provider.
        provider: gets the keys, and the places.

    Raises:
        ConfigError: the authority's certificate, or the file of the client's secret, cannot be read.
    """

    def __init__(self, settings: ProviderSettings, provider: Provider) -> None:
        self._settings = settings
        self._provider = provider
        self._wanted = asyncio.Event()
        # Each holds a thread of those that the whole platform shares, for as long as the provider takes.
        self._exchanges = asyncio.Semaphore(_EXCHANGES_MAX)
        self._task: asyncio.Task[None] | None = None
        try:
            context = ssl.create_default_context(cafile=settings.ca_certificate or None)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"expected the certificate of an authority in {settings.ca_certificate}, but: {error}",
                hint="check provider.ca_certificate",
            ) from error
        self._secret = _secret_in(settings.client_secret_file)
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
        except Exception as error:  # noqa: BLE001  whatever the provider says, it is asked again
            trace = None if isinstance(error, (*_FETCHED, msgspec.MsgspecError)) else error
            _log.warning("expected the keys of %s, but: %s", self._settings.issuer, error, exc_info=trace)
            self._wanted.set()  # after the pause, and not minutes later: the provider may just be starting
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
        self._provider.endpoints = Endpoints(
            authorization=_address(found.authorization_endpoint),
            token=_address(found.token_endpoint),
            end_session=_address(found.end_session_endpoint),
        )
        return self._get(found.jwks_uri)

    async def tokens(self, form: Mapping[str, str]) -> bytes:
        """What the provider's token endpoint answers to this form.

        Args:
            form: its fields, but for the client's own credentials.

        Raises:
            OSError: the provider does not answer, or refuses, or takes too long with those before.
            ValueError: it has no token endpoint, or its answer is none.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._exchanges.acquire()
        except TimeoutError:
            raise OSError("it is too slow; too many are waiting for it") from None
        try:
            return await asyncio.to_thread(self._exchange, form)
        finally:
            self._exchanges.release()

    def _exchange(self, form: Mapping[str, str]) -> bytes:
        headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
        client_id = self._settings.client_id
        if self._secret:
            # RFC 6749, 2.3.1: both parts are encoded before they are joined.
            pair = f"{quote(client_id, safe='')}:{quote(self._secret.reveal(), safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form = {**form, "client_id": client_id}
        place = self._provider.endpoints.token
        if not place:
            raise ValueError("it has no token endpoint")
        try:
            return self._get(urllib.request.Request(place, urlencode(form).encode(), headers))  # noqa: S310  it is http
        except urllib.error.HTTPError as error:
            with error:
                raise OSError(f"its token endpoint answered {error.code}") from None
        except HTTPException as error:
            raise OSError(f"its token endpoint answered no HTTP: {error}") from error

    def _get(self, asked: str | urllib.request.Request) -> bytes:
        url = asked if isinstance(asked, str) else asked.full_url
        if not url.startswith(("https://", "http://")):
            raise ValueError("expected an https address")
        with self._open(asked, timeout=_TIMEOUT_S) as answer:
            body: bytes = answer.read(limits.DISCOVERY_BYTES_MAX + 1)
        if len(body) > limits.DISCOVERY_BYTES_MAX:
            raise ValueError(f"expected at most {limits.DISCOVERY_BYTES_MAX} bytes, but there are more")
        return body


def _address(text: str) -> str:
    """The address of a place that browsers are sent to; "" for what is none."""
    return text if text.startswith(("https://", "http://")) and text.isprintable() and " " not in text else ""


def _secret_in(path: str) -> Secret:
    """The secret in this file; empty for no file.

    Raises:
        ConfigError: it cannot be read, or is empty.
    """
    if not path:
        return Secret("")
    try:
        secret = Secret(Path(path).read_text().strip())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"expected the secret of Console's client in {path}, but: {error}", hint="check provider.client_secret_file"
        ) from error
    if not secret:
        raise ConfigError(f"expected the secret of Console's client in {path}, but the file is empty")
    return secret
