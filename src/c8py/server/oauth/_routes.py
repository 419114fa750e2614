"""The HTTP side of the token service: reads requests within limits, writes answers in the words of SaaS or Keycloak."""

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from c8py.base.clock import Clock
from c8py.server.access import Issuers, Keys, Sources
from c8py.server.oauth._service import Granted, KeycloakGranted, Refused, TokenService
from c8py.server.settings import OAuthSettings
from c8py.server.store import Store
from c8py.serving.bodies import BodyTooLarge, BodyTooSlow, read_bounded
from c8py.serving.rate_limit import RateLimit, source_of
from c8py.serving.token_requests import Duplicated, Malformed, basic_client, form_fields, json_fields, media_type

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_REALM: Final = "camunda-platform"
_ENCODER: Final = msgspec.json.Encoder()


class _RefusedBody(msgspec.Struct, frozen=True):
    error: str
    error_description: str


def oauth_routes(  # the parts of a platform, each by name
    settings: OAuthSettings,
    *,
    store: Store,
    keys: Keys,
    issuers: Issuers,
    clock: Clock,
    sources: Sources,
    of_brokers: Callable[[str], bool] = lambda _cluster_id: False,
) -> list[Route]:
    """The routes of the token service, ready to be mounted at the root."""
    endpoints = _Endpoints(
        settings,
        service=TokenService(settings, store, keys, issuers, clock=clock, of_brokers=of_brokers),
        limit=RateLimit(settings.limit, clock=clock),
        keys=keys,
        issuers=issuers,
        sources=sources,
    )
    realm = "/auth/realms/{realm}"
    return [
        Route("/oauth/token", endpoints.saas, methods=["POST"]),
        Route("/oauth/token/", endpoints.saas, methods=["POST"]),
        Route("/.well-known/openid-configuration", endpoints.saas_discovery),
        Route("/.well-known/jwks.json", endpoints.key_set),
        Route(realm + "/protocol/openid-connect/token", endpoints.keycloak, methods=["POST"]),
        Route(realm + "/protocol/openid-connect/certs", endpoints.key_set),
        Route(realm + "/.well-known/openid-configuration", endpoints.keycloak_discovery),
    ]


class _Endpoints:
    """One method, one address."""

    def __init__(
        self,
        settings: OAuthSettings,
        *,
        service: TokenService,
        limit: RateLimit,
        keys: Keys,
        issuers: Issuers,
        sources: Sources,
    ) -> None:
        self._sources = sources
        self._settings = settings
        self._service = service
        self._limit = limit
        self._keys = keys
        self._issuers = issuers

    async def saas(self, request: Request) -> Response:
        """POST /oauth/token."""
        header = request.headers.get(self._sources.header) if self._sources.header else None
        source = self._sources.of(request.client.host if request.client else "", header)
        refused_for_s = self._limit.refused_for_s(source_of(source))
        if refused_for_s > 0:
            return _rate_limited(refused_for_s)
        body = await self._body(request)
        if isinstance(body, Refused):
            return _answer(body)
        kind = media_type(request.headers.get("content-type"))
        readers: dict[str, Callable[[bytes], dict[str, str]]] = {_JSON: json_fields, _FORM: form_fields}
        if kind not in readers:
            return _answer(
                Refused(400, "invalid_request", f"expected Content-Type {_JSON} or {_FORM}, but it is another")
            )
        try:
            fields = readers[kind](body)
        except Malformed as error:
            return _answer(Refused(400, "invalid_request", str(error)))
        # Camunda documents the body alone; pyzeebe has always sent the header, and SaaS takes it.
        header = request.headers.get("authorization")
        return _answer(self._service.saas({**basic_client(header), **fields}))

    async def keycloak(self, request: Request) -> Response:
        """POST /auth/realms/camunda-platform/protocol/openid-connect/token; without a rate limit, as Keycloak's."""
        if request.path_params["realm"] != _REALM:
            return _no_realm()
        body = await self._body(request)
        if isinstance(body, Refused):
            return _answer(body)
        # Keycloak reads forms only: any other body is one without fields.
        is_form = media_type(request.headers.get("content-type")) == _FORM
        try:
            fields = form_fields(body) if is_form else {}
        except Duplicated:
            return _answer(Refused(400, "invalid_grant", "duplicated parameter"))
        except Malformed as error:
            return _answer(Refused(400, "invalid_request", str(error)))
        header = request.headers.get("authorization")
        return _answer(self._service.keycloak({**fields, **basic_client(header)}), challenge=header is not None)

    async def key_set(self, request: Request) -> Response:
        """The public keys; the same at both addresses."""
        if request.path_params.get("realm", _REALM) != _REALM:
            return _no_realm()
        return Response(self._keys.public_set(), media_type=_JSON, headers={"cache-control": "max-age=300"})

    async def saas_discovery(self, request: Request) -> Response:  # noqa: ARG002  the signature of an endpoint
        """What OIDC libraries ask first, for tokens of /oauth/token."""
        base = self._issuers.saas
        return _discovery(self._issuers.saas, token=f"{base}oauth/token", keys=f"{base}.well-known/jwks.json")

    async def keycloak_discovery(self, request: Request) -> Response:
        """What OIDC libraries ask first, for tokens of the realm."""
        if request.path_params["realm"] != _REALM:
            return _no_realm()
        base = f"{self._issuers.keycloak}/protocol/openid-connect"
        return _discovery(self._issuers.keycloak, token=f"{base}/token", keys=f"{base}/certs")

    async def _body(self, request: Request) -> bytes | Refused:
        bytes_max, wait_s = self._settings.body_bytes_max, self._settings.body_wait_s
        try:
            return await read_bounded(request.stream(), bytes_max=bytes_max, wait_s=wait_s)
        except BodyTooLarge:
            return Refused(413, "invalid_request", f"expected a body of at most {bytes_max} bytes, but it is larger")
        except BodyTooSlow:
            return Refused(408, "invalid_request", f"expected the body within {wait_s:g} seconds, but it did not end")


def _answer(outcome: Granted | KeycloakGranted | Refused, *, challenge: bool = False) -> Response:
    headers = {"cache-control": "no-store", "pragma": "no-cache"}
    if not isinstance(outcome, Refused):
        return Response(_ENCODER.encode(outcome), media_type=_JSON, headers=headers)
    if outcome.status in {408, 413}:
        # The rest of the body is not wanted.
        headers["connection"] = "close"
    if outcome.status == HTTPStatus.UNAUTHORIZED and challenge:
        headers["www-authenticate"] = f'Basic realm="{_REALM}"'
    body = _RefusedBody(outcome.error, outcome.error_description)
    return Response(_ENCODER.encode(body), outcome.status, headers=headers, media_type=_JSON)


def _rate_limited(refused_for_s: float) -> Response:
    wait_s = math.ceil(refused_for_s)
    body = _RefusedBody(
        "too_many_requests", f"Too many token requests from this address; wait {wait_s} s, and cache your tokens"
    )
    headers = {"cache-control": "no-store", "retry-after": str(wait_s)}
    return Response(_ENCODER.encode(body), 429, headers=headers, media_type=_JSON)


def _no_realm() -> Response:
    return Response(b'{"error":"Realm does not exist"}', 404, media_type=_JSON)


def _discovery(issuer: str, *, token: str, keys: str) -> Response:
    document = {
        "issuer": issuer,
        "token_endpoint": token,
        "jwks_uri": keys,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
    }
    return Response(_ENCODER.encode(document), media_type=_JSON)
