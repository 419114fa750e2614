"""Settings that say who we are: kinds of credentials, and where tokens are had; a part of the table in `fields`."""

from collections.abc import Mapping
from typing import Final

from c8py.base.redact import Secret
from c8py.config import addresses
from c8py.config.fields import readers
from c8py.config.fields.field import Field, TextError

_STRATEGIES: Final[Mapping[str, str]] = {
    "oauth": "oauth",
    "oidc": "oauth",
    "basic": "basic",
    "bearer": "bearer",
    "none": "none",
}
_CLIENT_AUTHENTICATIONS: Final[Mapping[str, str]] = {
    name: name for name in ("client_secret_post", "client_secret_basic", "private_key_jwt", "tls_client_auth")
}


def _strategy(text: str) -> str:
    lowered = text.strip().lower()
    if lowered == "cookie":
        raise TextError(
            "expected a way of authentication that c8py has, but cookie is the login of a web page: where the cluster "
            "takes user and password, use basic (CAMUNDA_BASIC_AUTH_USERNAME and CAMUNDA_BASIC_AUTH_PASSWORD)"
        )
    if lowered not in _STRATEGIES:
        raise TextError("expected oauth (or oidc), basic, bearer or none, but it is something else")
    return _STRATEGIES[lowered]


def _same_url(left: str, right: str) -> bool:
    return left.rstrip("/") == right.rstrip("/")


ROWS: Final = (
    Field("auth", ("CAMUNDA_AUTH_STRATEGY", "CAMUNDA_CLIENT_AUTH_METHOD"), _strategy),
    Field("oauth_disabled", ("CAMUNDA_OAUTH_DISABLED",), readers.truth, default=False),
    Field(
        "oauth_url",
        (
            "CAMUNDA_OAUTH_URL",
            "CAMUNDA_AUTHORIZATION_SERVER_URL",
            "ZEEBE_AUTHORIZATION_SERVER_URL",
            "CAMUNDA_CLIENT_AUTH_TOKENURL",
        ),
        addresses.web_url,
        same=_same_url,
    ),
    Field(
        "well_known_url",
        ("CAMUNDA_WELL_KNOWN_CONFIGURATION_URL", "CAMUNDA_CLIENT_AUTH_WELLKNOWNCONFIGURATIONURL"),
        addresses.web_url,
        same=_same_url,
    ),
    Field("issuer_url", ("CAMUNDA_ISSUER_URL", "CAMUNDA_CLIENT_AUTH_ISSUERURL"), addresses.web_url, same=_same_url),
    Field(
        "client_id",
        ("CAMUNDA_CLIENT_ID", "ZEEBE_CLIENT_ID", "CAMUNDA_CLIENT_AUTH_CLIENTID"),
    ),
    Field(
        "client_secret",
        ("CAMUNDA_CLIENT_SECRET", "ZEEBE_CLIENT_SECRET", "CAMUNDA_CLIENT_AUTH_CLIENTSECRET"),
        Secret,
        secret=True,
    ),
    Field(
        "audience",
        (
            "CAMUNDA_TOKEN_AUDIENCE",
            "ZEEBE_TOKEN_AUDIENCE",
            "CAMUNDA_ZEEBE_OAUTH_AUDIENCE",
            "CAMUNDA_CLIENT_AUTH_AUDIENCE",
        ),
        default=addresses.SAAS_AUDIENCE,
    ),
    Field(
        "scope",
        ("CAMUNDA_TOKEN_SCOPE", "ZEEBE_TOKEN_SCOPE", "CAMUNDA_OAUTH_SCOPE", "CAMUNDA_CLIENT_AUTH_SCOPE"),
        default="",
    ),
    Field("resource", ("CAMUNDA_TOKEN_RESOURCE", "ZEEBE_TOKEN_RESOURCE", "CAMUNDA_CLIENT_AUTH_RESOURCE"), default=""),
    Field("token", ("CAMUNDA_OAUTH_TOKEN",), Secret, secret=True),
    Field(
        "basic_username",
        (
            "CAMUNDA_BASIC_AUTH_USERNAME",
            "CAMUNDA_CLIENT_AUTH_USERNAME",
            "CAMUNDA_USERNAME",
            "ZEEBE_BASIC_AUTH_USERNAME",
        ),
    ),
    Field(
        "basic_password",
        (
            "CAMUNDA_BASIC_AUTH_PASSWORD",
            "CAMUNDA_CLIENT_AUTH_PASSWORD",
            "CAMUNDA_PASSWORD",
            "ZEEBE_BASIC_AUTH_PASSWORD",
        ),
        Secret,
        secret=True,
    ),
    # No official client has these two; the names are ours.
    Field(
        "client_authentication",
        ("CAMUNDA_CLIENT_AUTHENTICATION",),
        readers.choice(_CLIENT_AUTHENTICATIONS, said=" or ".join(_CLIENT_AUTHENTICATIONS)),
    ),
    Field(
        "token_body",
        ("CAMUNDA_TOKEN_BODY",),
        readers.choice({"form": "form", "json": "json"}, said="form or json"),
        "form",
    ),
    Field(
        "assertion_keystore",
        ("CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH", "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREPATH"),
        readers.path,
    ),
    Field(
        "assertion_keystore_password",
        ("CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD", "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREPASSWORD"),
        Secret,
        secret=True,
    ),
    Field(
        "assertion_key_alias",
        ("CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_ALIAS", "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREKEYALIAS"),
    ),
    Field(
        "assertion_key_password",
        ("CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_PASSWORD", "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREKEYPASSWORD"),
        Secret,
        secret=True,
    ),
    Field("assertion_key_id", ("CAMUNDA_CLIENT_ASSERTION_KEY_ID",), default=""),
    Field(
        "oauth_keystore",
        (
            "CAMUNDA_SSL_CLIENT_KEYSTORE_PATH",
            "ZEEBE_SSL_CLIENT_KEYSTORE_PATH",
            "OAUTH_SSL_CLIENT_CERT_PATH",
            "CAMUNDA_CLIENT_AUTH_KEYSTOREPATH",
        ),
        readers.path,
    ),
    Field(
        "oauth_keystore_password",
        (
            "CAMUNDA_SSL_CLIENT_KEYSTORE_SECRET",
            "ZEEBE_SSL_CLIENT_KEYSTORE_SECRET",
            "OAUTH_SSL_CLIENT_CERT_PASSWORD",
            "CAMUNDA_CLIENT_AUTH_KEYSTOREPASSWORD",
        ),
        Secret,
        secret=True,
    ),
    Field(
        "oauth_key_password",
        (
            "CAMUNDA_SSL_CLIENT_KEYSTORE_KEY_SECRET",
            "ZEEBE_SSL_CLIENT_KEYSTORE_KEY_SECRET",
            "CAMUNDA_CLIENT_AUTH_KEYSTOREKEYPASSWORD",
        ),
        Secret,
        secret=True,
    ),
    Field(
        "oauth_truststore",
        (
            "CAMUNDA_SSL_CLIENT_TRUSTSTORE_PATH",
            "ZEEBE_SSL_CLIENT_TRUSTSTORE_PATH",
            "CAMUNDA_CLIENT_AUTH_TRUSTSTOREPATH",
        ),
        readers.path,
    ),
    Field(
        "oauth_truststore_password",
        (
            "CAMUNDA_SSL_CLIENT_TRUSTSTORE_SECRET",
            "ZEEBE_SSL_CLIENT_TRUSTSTORE_SECRET",
            "CAMUNDA_CLIENT_AUTH_TRUSTSTOREPASSWORD",
        ),
        Secret,
        secret=True,
    ),
)
