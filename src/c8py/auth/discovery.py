"""Where an identity provider hands out tokens, by its own word: OpenID Connect Discovery, RFC 8414, RFC 8705 5. Pure.

A document decides where the secret is sent, so nothing is believed that could lead it astray: another issuer's
document, a redirect, an endpoint without TLS. Driven inside `ClientCredentials.token_request`.
"""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from c8py.auth.flow import Flow, HttpRequest, HttpResponse
from c8py.auth.retry_after import retry_after_s
from c8py.base.clock import Clock
from c8py.base.limits import DISCOVERY_BYTES_MAX, ERROR_TEXT_MAX
from c8py.errors import ConnectionFailed, TokenRateLimited, TokenRefused, TokenUnavailable

_SUFFIX: Final = "/.well-known/openid-configuration"
_OAUTH_INFIX: Final = "/.well-known/oauth-authorization-server"
_OK: Final = 200
_TOO_MANY: Final = 429
_REDIRECTS: Final = range(300, 400)
_LATER: Final = frozenset({408, 425, *range(500, 600)})
_NAMES: Final = "CAMUNDA_ISSUER_URL or CAMUNDA_WELL_KNOWN_CONFIGURATION_URL"


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's document.

    Attributes:
        url: of the document.
        issuer: whose document it must be; empty where its place tells nothing of that.
        mutual_tls: whether the client shows a certificate, for which a provider may have an endpoint of its own.
    """

    url: str
    issuer: str
    mutual_tls: bool = False


class _Endpoints(msgspec.Struct):
    token_endpoint: str | None = None


class _Document(msgspec.Struct):
    issuer: str
    token_endpoint: str
    mtls_endpoint_aliases: _Endpoints | None = None


_DOCUMENT: Final = msgspec.json.Decoder(_Document)


def discovery(*, issuer_url: str | None, well_known_url: str | None, mutual_tls: bool = False) -> Discovery | None:
    """The document that settings name; None where they name none.

    Args:
        issuer_url: whose tokens are wanted; its document stands at a known path below it.
        well_known_url: the document itself, where it stands elsewhere.
        mutual_tls: whether the client shows a certificate.
    """
    if well_known_url is not None:
        issuer = _issuer_of(well_known_url) if issuer_url is None else issuer_url
        return Discovery(url=well_known_url, issuer=issuer, mutual_tls=mutual_tls)
    if issuer_url is not None:
        return Discovery(url=issuer_url.rstrip("/") + _SUFFIX, issuer=issuer_url, mutual_tls=mutual_tls)
    return None


def token_endpoint(wanted: Discovery, *, clock: Clock) -> Flow[str]:
    """The address for token requests.

    Raises:
        TokenRefused: the document is not there, or not to be trusted; asking again changes nothing.
        TokenRateLimited: the provider says not now.
        TokenUnavailable: it did not answer, is in trouble, or the answer is no such document.
    """
    request = HttpRequest(method="GET", url=wanted.url, headers={"accept": "application/json"}, body=b"")
    try:
        response = yield request
    except ConnectionFailed as error:
        raise TokenUnavailable(
            f"expected the discovery document {wanted.url}, but it cannot be reached ({error.message})",
            hint=f"check {_NAMES} and the network",
        ) from error
    assert response is not None, "a request is answered or fails"
    if response.status != _OK:
        raise _not_there(response, wanted, clock)
    document = _read(response, wanted)
    _must_be_of_issuer(document, wanted)
    aliases = document.mtls_endpoint_aliases
    endpoint = (aliases.token_endpoint if wanted.mutual_tls and aliases else None) or document.token_endpoint
    _must_be_safe(endpoint, wanted)
    return endpoint


def _read(response: HttpResponse, wanted: Discovery) -> _Document:
    if len(response.body) <= DISCOVERY_BYTES_MAX:
        try:
            return _DOCUMENT.decode(response.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
    raise TokenUnavailable(
        f"expected a discovery document at {wanted.url}, but the answer is no JSON with issuer and token_endpoint",
        hint=f"check {_NAMES}, or give the token endpoint itself (CAMUNDA_OAUTH_URL)",
    )


def _must_be_of_issuer(document: _Document, wanted: Discovery) -> None:
    # Auth0's own has a slash at the end, and nobody types it.
    if not wanted.issuer or document.issuer.rstrip("/") == wanted.issuer.rstrip("/"):
        return
    said = document.issuer[:ERROR_TEXT_MAX]
    raise _untrusted(
        f"expected the discovery document of {wanted.issuer} at {wanted.url}, but it is that of {said!r}",
        hint=f"if that is the provider you mean, set CAMUNDA_ISSUER_URL={said}",
    )


def _must_be_safe(endpoint: str, wanted: Discovery) -> None:
    said = endpoint[:ERROR_TEXT_MAX]
    scheme = _scheme(endpoint)
    if not scheme:
        raise _untrusted(f"expected the URL of a token endpoint in {wanted.url}, but it is {said!r}")
    if scheme == "http" and _scheme(wanted.url) != "http":
        raise _untrusted(
            f"expected a token endpoint with https:// in {wanted.url}, but it is {said!r}, and the secret "
            "would travel in the clear",
            hint="have the provider's own address corrected (Keycloak: its hostname and proxy settings)",
        )


def _scheme(url: str) -> str:
    """`https` or `http`; empty where the text is no URL that a request could be sent to."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    plain = url.isascii() and url.isprintable() and " " not in url
    usable = plain and host and "@" not in parts.netloc and parts.scheme in {"https", "http"}
    return parts.scheme if usable else ""


def _not_there(response: HttpResponse, wanted: Discovery, clock: Clock) -> Exception:
    said = f"expected the discovery document {wanted.url}, but the answer is {response.status}"
    if response.status == _TOO_MANY:
        return TokenRateLimited(said, retry_after_s=retry_after_s(response.headers, clock))
    if response.status in _LATER:
        return TokenUnavailable(f"{said}: the provider is in trouble", hint="try again later")
    if response.status in _REDIRECTS:
        return TokenRefused(
            f"{said}, a redirect, which is not followed",
            status=response.status,
            hint=f"set {_NAMES} to where the document is",
        )
    return TokenRefused(said, status=response.status, hint=f"check {_NAMES}: realm, tenant and path")


def _untrusted(message: str, hint: str = "") -> TokenRefused:
    return TokenRefused(message, status=_OK, error="untrusted_discovery", hint=hint)


def _issuer_of(well_known_url: str) -> str:
    """The issuer whose document stands at this URL; empty where the URL has another form."""
    url = well_known_url.partition("?")[0].rstrip("/")
    if url.endswith(_SUFFIX):
        return url.removesuffix(_SUFFIX)
    host, infix, path = url.partition(_OAUTH_INFIX)
    return host + path if infix else ""
