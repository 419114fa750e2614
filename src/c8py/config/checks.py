"""What must fit together: ids with their secrets, one cluster in all addresses, and all that a call needs.

Pure; each finds problems and changes nothing. Called by `gather`.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from c8py.config import addresses
from c8py.config.derive import ADDRESSES, TOKEN_SERVICE, is_saas_login, text
from c8py.config.fields import BY_NAME
from c8py.config.layers import Found, Layer
from c8py.config.problems import Problem
from c8py.config.settings import Source

Values = Mapping[str, Found]

# Who sends the id of one client with the secret of another is refused, and the refusals count against the rate limit.
_PAIRS: Final = (
    ("client_id", "client_secret"),
    ("console_client_id", "console_client_secret"),
    ("basic_username", "basic_password"),
)
_CERTIFICATE: Final = ("client_certificate", "client_certificate_pem")
_KEY: Final = ("client_key", "client_key_pem")
_PROOFS: Final[Mapping[str, tuple[str, ...]]] = {
    "client_secret_post": ("client_secret",),
    "client_secret_basic": ("client_secret",),
    "private_key_jwt": ("assertion_keystore",),
    # Without one of its own, the token service is shown what the cluster is shown.
    "tls_client_auth": ("oauth_keystore", *_CERTIFICATE),
}


def pairs(layers: Sequence[Layer], found: Values) -> Iterator[Problem]:
    """Ids and secrets that stand in different places and belong to different clients."""
    for name_field, secret_field in _PAIRS:
        name, secret = found.get(name_field), found.get(secret_field)
        if name is None or secret is None:
            continue
        for layer in layers:
            own = layer.values.get(name_field)
            if layer.values.get(secret_field) is secret and own is not None and own.value != name.value:
                yield Problem(
                    kind="contradiction",
                    message=f"expected {name_field} and {secret_field} of one client, but {name.source} says "
                    f"{name.value!r} and the secret of {secret.source} belongs to {own.value!r}",
                    hint="give both in one place, or remove one of them",
                )


def one_cluster(found: Values) -> Iterator[Problem]:
    """Addresses, cluster id, region and mode that name different clusters. Before anything is derived."""
    said: dict[str, tuple[str, Source]] = {}
    domain = text(found, "cluster_domain") or addresses.SAAS_DOMAIN
    for field in ADDRESSES:
        place = addresses.saas_place(text(found, field) or "", domain)
        if place is None:
            continue
        source = found[field].source
        yield from _agrees(said, "cluster", place.cluster_id, source)
        if place.region:
            yield from _agrees(said, "region", place.region, source)
        mode = found.get("mode")
        if mode is not None and mode.value == "self-managed":
            yield Problem(
                kind="contradiction",
                message=f"expected an address of one's own platform, as {mode.source} says self-managed, but {source} "
                "is an address of Camunda SaaS",
                hint="remove CAMUNDA_CLIENT_MODE, or correct the address",
            )
    if said:
        for name, field in (("cluster", "cluster_id"), ("region", "region")):
            value = text(found, field)
            if value is not None:
                yield from _agrees(said, name, value, found[field].source)


def _agrees(said: dict[str, tuple[str, Source]], name: str, value: str, source: Source) -> Iterator[Problem]:
    known, where = said.setdefault(name, (value, source))
    if known.lower() != value.lower():
        yield Problem(
            kind="contradiction",
            message=f"expected one {name}, but {where} says {known!r} and {source} says {value!r}",
            hint="remove one of them",
        )


def odd(found: Values) -> Iterator[str]:
    """What is allowed and rarely meant: one address on SaaS, and the other somewhere else. After all was derived."""
    of_saas = {
        field: addresses.saas_place(text(found, field) or "") is not None for field in ADDRESSES if field in found
    }
    if len(of_saas) == len(ADDRESSES) and len(set(of_saas.values())) > 1:
        there, elsewhere = sorted(ADDRESSES, key=lambda field: not of_saas[field])
        yield (
            f"{there} is an address of Camunda SaaS ({found[there].source}) and {elsewhere} is none "
            f"({found[elsewhere].source}); credentials go to both"
        )


def saas_needs(found: Values, files: Sequence[Path]) -> Iterator[Problem]:
    """What an address of SaaS is made of, where SaaS is asked for by name. Before anything is derived."""
    mode = found.get("mode")
    only_console = "console_client_id" in found and "client_id" not in found
    if only_console or any(field in found for field in ADDRESSES):
        return
    if mode is not None and mode.value == "saas":
        because = f"{mode.source} says saas, and no address is given"
        yield from missing("cluster_id", found, files, because=because)
        yield from missing("region", found, files, because=because)
        oauth_url = found.get("oauth_url")
        if oauth_url is not None and not is_saas_login(str(oauth_url.value)) and "cluster_domain" not in found:
            yield Problem(
                kind="contradiction",
                message=f"expected the token endpoint of SaaS, as {mode.source} says saas and no address is given, but "
                f"{oauth_url.source} says {oauth_url.value!r}",
                hint="give the cluster's address, or correct one of them",
            )
    elif "cluster_id" in found and "client_id" in found and "region" not in found:
        yield from missing("region", found, files, because="cluster_id is given, and no address")


def credentials(found: Values, files: Sequence[Path]) -> Iterator[Problem]:
    """What the kind of authentication needs. After everything was derived."""
    auth = text(found, "auth")
    because = f"auth is {auth}"
    if auth == "oauth":
        yield from missing("client_id", found, files, because=because)
        proof = _PROOFS[text(found, "client_authentication") or "client_secret_post"]
        yield from _one_of(proof, found, files, because=because)
        yield from _one_of(TOKEN_SERVICE, found, files, because=because)
    elif auth == "basic":
        for field in ("basic_username", "basic_password"):
            yield from missing(field, found, files, because=because)
    elif auth == "bearer":
        yield from missing("token", found, files, because=because)
    if "console_client_id" in found or "console_client_secret" in found:
        because = "there are credentials for the Administration API"
        for field in ("console_client_id", "console_client_secret", "console_base_url"):
            yield from missing(field, found, files, because=because)
        yield from _one_of(TOKEN_SERVICE, found, files, because=because)
    for given, needed in ((_CERTIFICATE, _KEY), (_KEY, _CERTIFICATE)):
        there = next((field for field in given if field in found), None)
        if there is not None:
            yield from _one_of(needed, found, files, because=f"{there} is given")


def address_of_file(found: Values, files: Sequence[Path]) -> Iterator[Problem]:
    """A client out of a file belongs to one cluster, which is not the platform on this host by chance."""
    client_id = found.get("client_id")
    if client_id is not None and client_id.source.level == "credentials file":
        address = found.get("grpc_address")
        if address is not None and address.source.level == "default":
            yield from missing("grpc_address", {}, files, because="the file's client belongs to one cluster", of=found)


def _one_of(fields: Sequence[str], found: Values, files: Sequence[Path], *, because: str) -> Iterator[Problem]:
    if not any(field in found for field in fields):
        yield from missing(fields[0], found, files, because=because)


def missing(
    field: str, found: Values, files: Sequence[Path], *, because: str, of: Values | None = None
) -> Iterator[Problem]:
    """A problem where the field has no value.

    Args:
        field: what is needed.
        found: what there is.
        files: credentials files, one of which may be the place where it is missing.
        because: why it is needed.
        of: what tells which file is in use; None is `found`.
    """
    if field in found:
        return
    row = BY_NAME[field]
    file = next((path for path in files if _comes_from(of or found, path)), None)
    if file is not None and row.names:
        yield Problem(
            kind="missing",
            message=f"expected {' or '.join(row.names)} in {file}, but the file has no such line, "
            f"nor is it set anywhere else ({because})",
            hint="download the file again when a client is created: the secret cannot be had later",
            field=field,
        )
        return
    yield Problem(
        kind="missing",
        message=f"expected {field}, as {because}, but it is not set",
        hint=f"set {row.names[0]}, pass {field}=…, or name a credentials file",
        field=field,
    )


def _comes_from(found: Values, path: Path) -> bool:
    return any(value.source.place.startswith(f"{path},") for value in found.values())
