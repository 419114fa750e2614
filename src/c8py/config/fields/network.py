"""Settings of certificates and proxies; a part of the table in `fields`."""

from typing import Final

from c8py.base.redact import Secret
from c8py.config.fields import readers
from c8py.config.fields.field import Field


def _proxy(text: str) -> Secret:
    return Secret(readers.proxy(text))


ROWS: Final = (
    Field(
        "ca_certificate",
        (
            "CAMUNDA_CA_CERTIFICATE_PATH",
            "ZEEBE_CA_CERTIFICATE_PATH",
            "CAMUNDA_MTLS_CA_PATH",
            "CAMUNDA_CUSTOM_ROOT_CERT_PATH",
            "CAMUNDA_CLIENT_CACERTIFICATEPATH",
            "ZEEBE_CLIENT_SSL_ROOT_CERTS_PATH",
        ),
        readers.path,
    ),
    Field("ca_certificate_pem", ("CAMUNDA_MTLS_CA", "CAMUNDA_CUSTOM_ROOT_CERT_STRING"), readers.pem),
    Field(
        "client_certificate",
        ("CAMUNDA_MTLS_CERT_PATH", "CAMUNDA_CUSTOM_CERT_CHAIN_PATH", "ZEEBE_CLIENT_SSL_CERT_CHAIN_PATH"),
        readers.path,
    ),
    Field("client_certificate_pem", ("CAMUNDA_MTLS_CERT",), readers.pem),
    Field(
        "client_key",
        ("CAMUNDA_MTLS_KEY_PATH", "CAMUNDA_CUSTOM_PRIVATE_KEY_PATH", "ZEEBE_CLIENT_SSL_PRIVATE_KEY_PATH"),
        readers.path,
    ),
    Field("client_key_pem", ("CAMUNDA_MTLS_KEY",), lambda text: Secret(readers.pem(text)), secret=True),
    Field("client_key_passphrase", ("CAMUNDA_MTLS_KEY_PASSPHRASE",), Secret, secret=True),
    Field(
        "override_authority",
        ("CAMUNDA_OVERRIDE_AUTHORITY", "ZEEBE_OVERRIDE_AUTHORITY", "CAMUNDA_CLIENT_OVERRIDEAUTHORITY"),
    ),
    # These are everybody's names, in the order of precedence that everybody has: the lower-case one first.
    Field(
        "http_proxy",
        ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
        _proxy,
        secret=True,
        ranked=True,
        shown=readers.proxy_shown,
    ),
    Field(
        "https_proxy",
        ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
        _proxy,
        secret=True,
        ranked=True,
        shown=readers.proxy_shown,
    ),
    Field("no_proxy", ("no_proxy", "NO_PROXY"), default="", ranked=True),
)
