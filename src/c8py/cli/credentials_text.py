"""The text of a credentials file, as Console writes it, for a client made over the Administration API. Pure.

The Administration API hands out a secret, not the file; this puts together what the web page would have offered.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
import msgspec

from c8py.base.redact import Secret
from c8py.config.addresses import SaasCluster, saas_cluster

# The order in which Console writes them.
COMPONENTS: Final = ("tasklist", "optimize", "operate")
_SCOPES: Final = ("Zeebe", "Tasklist", "Operate", "Optimize", "Secrets")


class NewClient(msgspec.Struct, frozen=True, kw_only=True):
    """What the Administration API says about a client it has just made, and about its cluster.

    Attributes:
        client_id: the client.
        client_secret: its secret; shown once.
        cluster_id: the cluster's UUID.
        region: as Console shows it.
        permissions: what it may call.
        audience: of its tokens.
        oauth_url: where it gets them.
        grpc_address: of the gateway, host:port, or with its scheme where that is told.
        api_address: of the Administration API.
        rest_address: where REST is, if that is told: the local platform does, SaaS leaves it to the gRPC address.
        component_urls: of Tasklist, Optimize and Operate, as far as they are told.
    """

    client_id: str
    client_secret: Secret
    cluster_id: str
    region: str
    permissions: Sequence[str]
    audience: str
    oauth_url: str
    grpc_address: str
    api_address: str
    rest_address: str = ""
    component_urls: Mapping[str, str] = {}


def credentials_text(client: NewClient) -> str:
    """The lines of the file, with the names that 8.8 has and those before it."""
    # Whoever tells where REST is gives the tokens as well, wherever the cluster is: a remote one may be at SaaS.
    saas = None if client.rest_address else saas_cluster(_normal(client.grpc_address))
    # Outside SaaS the address says nothing about REST; older platforms serve it beside their Administration API.
    api = urlsplit(client.api_address)
    rest = client.rest_address or (saas.rest_address if saas else f"{api.scheme}://{api.netloc}/{client.cluster_id}")
    grpc = saas.grpc_address if saas else _with_scheme(client.grpc_address)
    region = saas.region if saas else client.region
    secret = client.client_secret.reveal()
    lines = (
        ("ZEEBE_ADDRESS", grpc.partition("://")[2]),
        ("ZEEBE_CLIENT_ID", client.client_id),
        ("ZEEBE_CLIENT_SECRET", secret),
        ("ZEEBE_AUTHORIZATION_SERVER_URL", client.oauth_url),
        ("ZEEBE_REST_ADDRESS", rest),
        ("ZEEBE_GRPC_ADDRESS", grpc),
        ("ZEEBE_TOKEN_AUDIENCE", client.audience),
        ("CAMUNDA_CLUSTER_ID", client.cluster_id),
        ("CAMUNDA_CLIENT_ID", client.client_id),
        ("CAMUNDA_CLIENT_SECRET", secret),
        ("CAMUNDA_CLUSTER_REGION", region),
        ("CAMUNDA_CREDENTIALS_SCOPES", ",".join(sorted(client.permissions, key=_place))),
        *_component_lines(client, saas, f"{api.scheme}://{api.netloc}"),
        ("CAMUNDA_OAUTH_URL", client.oauth_url),
        # In the mode saas clients build Camunda's own addresses out of cluster id and region.
        ("CAMUNDA_CLIENT_MODE", "saas" if saas else "self-managed"),
        ("CAMUNDA_CLIENT_AUTH_CLIENTID", client.client_id),
        ("CAMUNDA_CLIENT_AUTH_CLIENTSECRET", secret),
        ("CAMUNDA_CLIENT_CLOUD_CLUSTERID", client.cluster_id),
        ("CAMUNDA_CLIENT_CLOUD_REGION", region),
    )
    return "".join(f"export {name}={_quoted(value)}\n" for name, value in lines)


def _place(scope: str) -> int:
    return _SCOPES.index(scope) if scope in _SCOPES else len(_SCOPES)


def _component_lines(client: NewClient, saas: SaasCluster | None, host: str) -> Iterator[tuple[str, str]]:
    """The addresses of the components that the client may call."""
    for component in COMPONENTS:
        if component.title() in client.permissions:
            # Said by the Administration API, or as SaaS has it, or where the local platform has its own.
            there = saas.component_url(component) if saas else f"{host}/{component}"
            url = client.component_urls.get(component) or there
            yield f"CAMUNDA_{component.upper()}_BASE_URL", url.rstrip("/")


def must_not_exist(path: Path) -> None:
    """Refuse to replace a file.

    Raises:
        ClickException: it is there.
    """
    if path.exists():
        raise click.ClickException(f"expected to write {path}, but it exists; choose another name or add --force")


def must_be_writable(path: Path) -> None:
    """Try the folder, before there is something that must not be lost.

    Raises:
        ClickException: no file can be written there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        beside.unlink()
    except OSError as error:
        raise click.ClickException(f"expected to write {path}, but {error.strerror}") from error


def write_private(path: Path, text: str, *, force: bool = False) -> None:
    """Write a file that only its owner can read, from its first byte on.

    Args:
        path: where to.
        text: what.
        force: replace a file that is there.

    Raises:
        ClickException: the file is there, or cannot be written.
    """
    if not force:
        must_not_exist(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise click.ClickException(f"expected to write {path}, but {error.strerror}") from error


def _bare(address: str) -> str:
    return address.partition("://")[2] or address


def _with_scheme(address: str) -> str:
    return address if "://" in address else f"grpc://{address}"


def _normal(address: str) -> str:
    """A gRPC address the way `saas_cluster` knows it."""
    return f"grpcs://{_bare(address).rstrip('/')}" if not address.startswith("https://") else address.rstrip("/")


def _quoted(value: str) -> str:
    if "'" in value or not value.isprintable():
        raise click.ClickException(f"expected a value without quotes for the credentials file, but got {value[:20]!r}…")
    return f"'{value}'"
