"""Which credentials each API wants, by the settings. Reads key stores; says before any request what is missing.

Asked once by each client, when it is made.
"""

import re
from collections.abc import Callable
from random import random
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from c8py.auth.client_authentication import check_key
from c8py.auth.credentials import BasicCredentials, BearerToken, ClientCredentials, Credentials
from c8py.auth.discovery import discovery
from c8py.auth.exchange import Patience
from c8py.auth.keystore import Identity, Store, read_bytes, read_identity
from c8py.base.backoff import Backoff
from c8py.base.limits import TOKEN_RETRY_DELAY_S_MAX
from c8py.base.redact import Secret
from c8py.config import Settings
from c8py.errors import ConfigError

Api: TypeAlias = Literal["cluster", "console", "modeler", "operate", "tasklist", "optimize", "secrets"]

_AUDIENCES: Final[dict[Api, Callable[[Settings], str]]] = {
    "cluster": lambda settings: settings.audience,
    "console": lambda settings: settings.console_audience,
    "modeler": lambda settings: settings.modeler_audience,
    "operate": lambda settings: settings.operate_audience,
    "tasklist": lambda settings: settings.tasklist_audience,
    "optimize": lambda settings: settings.optimize_audience,
    "secrets": lambda settings: settings.secrets_audience,
}
_USERS_APIS: Final = frozenset({"cluster", "operate", "tasklist"})
_NO_SECRET: Final = Secret("")


def credentials_for(settings: Settings, api: Api) -> Credentials:
    """What calls of an API are made with; None where they need nothing.

    Raises:
        ConfigError: the settings have no client for this API, its key cannot be read, or the token service wants
            something that they lack.
    """
    if _is_for_organization(settings, api):
        # A key or certificate is the cluster client's; the organization's has a secret.
        way = settings.client_authentication
        settings = msgspec.structs.replace(
            settings, client_authentication="client_secret_post" if way in _IDENTITIES else way
        )
        return _client(settings, api, settings.console_client_id, settings.console_client_secret)
    if api == "console" and settings.auth != "bearer":
        raise ConfigError(
            "expected credentials for the Administration API, but there are none",
            hint="set CAMUNDA_CONSOLE_CLIENT_ID and its companions, or name the credentials file of an organization "
            "client (Console > Organization > Administration API)",
        )
    match settings.auth:
        case "oauth":
            return _client(settings, api, settings.client_id, settings.client_secret)
        case "basic" if api not in _USERS_APIS:
            raise ConfigError(
                f"expected an OAuth client for the API of {api}, for which user and password are of no use",
                hint="set CAMUNDA_CLIENT_ID, CAMUNDA_CLIENT_SECRET and CAMUNDA_OAUTH_URL for it",
            )
        case "basic" if settings.basic_username and settings.basic_password:
            return BasicCredentials(settings.basic_username, settings.basic_password)
        case "bearer" if settings.token:
            return BearerToken(settings.token)
        case _:
            return None


def _is_for_organization(settings: Settings, api: Api) -> bool:
    if not settings.console_client_id:
        return False
    # Self-Managed, the application that calls the cluster is granted Web Modeler as well.
    is_modeler = api == "modeler" and (settings.auth != "oauth" or settings.mode == "saas")
    return api == "console" or is_modeler


def _client(settings: Settings, api: Api, client_id: str | None, secret: Secret | None) -> ClientCredentials:
    method = settings.client_authentication
    document = None
    if settings.oauth_url is None:
        document = discovery(
            issuer_url=settings.issuer_url,
            well_known_url=settings.well_known_url,
            mutual_tls=method == "tls_client_auth",
        )
    token_url = settings.oauth_url or (document.url if document is not None else None)
    if not (client_id and token_url):
        raise ConfigError(
            "expected an OAuth client and where it gets its tokens, but "
            + ("there is no address" if client_id else "there is no client id"),
            hint="set CAMUNDA_OAUTH_URL, CAMUNDA_ISSUER_URL or CAMUNDA_WELL_KNOWN_CONFIGURATION_URL"
            if client_id
            else "set CAMUNDA_CLIENT_ID, or name a credentials file",
        )
    made = ClientCredentials(
        token_url=token_url,
        client_id=client_id,
        client_secret=secret or _NO_SECRET,
        audience=_AUDIENCES[api](settings),
        scope=settings.scope,
        resource=settings.resource,
        method=method,
        body=settings.token_body,
        identity=_IDENTITIES[method](settings) if method in _IDENTITIES else None,
        discovery=document,
    )
    _check_proof(made)
    _check_provider(made)
    return made


def _signing_identity(settings: Settings) -> Identity | None:
    if settings.assertion_keystore is None:
        return None
    place = f"{settings.assertion_keystore} ({settings.source('assertion_keystore')})"
    store = Store(
        read_bytes(settings.assertion_keystore, place),
        place,
        settings.assertion_keystore_password or _NO_SECRET,
        settings.assertion_key_alias or "",
        settings.assertion_key_password or _NO_SECRET,
    )
    identity = read_identity(store)
    check_key(identity, place)
    return msgspec.structs.replace(identity, key_id=settings.assertion_key_id)


def _shown_identity(settings: Settings) -> Identity | None:
    """What the connection shows. `transport.tls` reads it for itself: here it only tells one client from another."""
    if settings.oauth_keystore is None:
        return None
    place = f"{settings.oauth_keystore} ({settings.source('oauth_keystore')})"
    store = Store(
        read_bytes(settings.oauth_keystore, place),
        place,
        settings.oauth_keystore_password or _NO_SECRET,
        key_password=settings.oauth_key_password or _NO_SECRET,
    )
    return read_identity(store)


_IDENTITIES: Final[dict[str, Callable[[Settings], Identity | None]]] = {
    "private_key_jwt": _signing_identity,
    "tls_client_auth": _shown_identity,
}
_PROOFS: Final = {
    "client_secret_post": "CAMUNDA_CLIENT_SECRET",
    "client_secret_basic": "CAMUNDA_CLIENT_SECRET",
    "private_key_jwt": "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH",
    "tls_client_auth": "CAMUNDA_SSL_CLIENT_KEYSTORE_PATH",
}


def _check_proof(made: ClientCredentials) -> None:
    proof = made.identity if made.method in _IDENTITIES else made.client_secret
    if not proof:
        raise ConfigError(
            f"expected what {made.method} proves the client {made.client_id} with, but there is nothing",
            hint=f"set {_PROOFS[made.method]}, or choose another way with CAMUNDA_CLIENT_AUTHENTICATION",
        )


class _Provider(msgspec.Struct, frozen=True):
    """An identity provider whose refusals say little, and what it always wants."""

    name: str
    hosts: re.Pattern[str]
    path: str
    hint: str
    scope: str = ""  # what every scope ends with


_PROVIDERS: Final = (
    _Provider(
        "Microsoft Entra ID",
        re.compile(r"login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)|[\w-]+\.ciamlogin\.com"),
        "/v2.0",
        "set CAMUNDA_TOKEN_SCOPE to the cluster's application id with /.default: 'api://<application id>/.default'",
        "/.default",
    ),
    _Provider(
        "Okta",
        re.compile(r"[\w-]+\.(okta|oktapreview|okta-emea)\.com"),
        "/oauth2/",
        "set CAMUNDA_TOKEN_SCOPE to a custom scope of the authorization server",
    ),
)


def _check_provider(made: ClientCredentials) -> None:
    """Say before the first request what such a provider would refuse it for."""
    parts = urlsplit(made.token_url)
    for provider in _PROVIDERS:
        if provider.hosts.fullmatch(parts.hostname or "") and provider.path in parts.path:
            scopes = made.scope.split()
            if not scopes or not all(scope.endswith(provider.scope) for scope in scopes):
                but = f"but there is {made.scope!r}" if scopes else "but there is none"
                ending = f" that ends with {provider.scope}" if provider.scope else ""
                raise ConfigError(f"expected a scope{ending}, as {provider.name} wants, {but}", hint=provider.hint)


def patience_for(settings: Settings) -> Patience:
    """How long and how often to try to get a token."""
    return Patience(
        uniform=random,
        budget_s=settings.request_timeout_s,
        start_spread_s=settings.token_start_spread_s,
        refresh_early_s=settings.token_refresh_early_s or 0.0,
        fail_fast=settings.token_fail_fast,
        backoff=Backoff(
            initial_s=settings.token_retry_delay_s,
            factor=2.0,
            max_s=max(TOKEN_RETRY_DELAY_S_MAX, settings.token_retry_delay_s),
            attempts_max=settings.token_attempts_max,
        ),
    )
