"""Puts settings together: argument > environment > credentials file > derived > default, and checks them as a whole.

The only place that reads the environment of the process, and only when called.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from c8py.config import addresses
from c8py.config.credentials_file import read
from c8py.config.fields import BY_NAME, FIELDS, Field
from c8py.config.layers import Found, Layer, of_arguments, of_environment, of_file
from c8py.config.settings import Settings, Source
from c8py.config.switches import FILE_NAME
from c8py.errors import ConfigError

_GRPC_DEFAULT = "grpc://localhost:26500"
_REST_DEFAULT = "http://localhost:8080"


def load(
    arguments: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    credentials_file: Path | str | None = None,
    cwd: Path | None = None,
) -> Settings:
    """The settings that hold for this call.

    Args:
        arguments: field name of `Settings` to value; None values count as not passed.
        environ: the environment; None is that of the process.
        credentials_file: as Console hands it out; where None, those named in the variable C8_CREDENTIALS are read.
        cwd: what a relative path of a credentials file begins at; None is the process's.

    Raises:
        ConfigError: something is missing, malformed, or contradicts something else; names each source.
    """
    environ = os.environ if environ is None else environ
    paths = _credentials_paths(credentials_file, environ, cwd)
    layers = [of_arguments(arguments or {}), of_environment(environ), *(of_file(read(path), path) for path in paths)]
    found = _merged(layers)
    _pairs_belong_together(layers, found)
    _derive(found)
    _check_credentials(found, paths)
    _add_addresses(found, paths)
    _add_token_cache(found)
    _add_modes(found)
    return _settings(found, paths)


def _credentials_paths(argument: Path | str | None, environ: Mapping[str, str], cwd: Path | None) -> tuple[Path, ...]:
    named = [str(argument)] if argument is not None else environ.get(FILE_NAME, "").split(os.pathsep)
    return tuple((cwd or Path()) / Path(name).expanduser() for name in named if name.strip())


def _merged(layers: Sequence[Layer]) -> Layer:
    merged: Layer = {}
    for layer in reversed(layers):
        merged.update(layer)
    return merged


# Who sends the id of one client with the secret of another is refused, and the refusals count against the rate limit.
_PAIRS = (
    ("client_id", "client_secret"),
    ("console_client_id", "console_client_secret"),
    ("basic_username", "basic_password"),
)


def _pairs_belong_together(layers: Iterable[Layer], found: Layer) -> None:
    for name_field, secret_field in _PAIRS:
        name, secret = found.get(name_field), found.get(secret_field)
        if name is None or secret is None:
            continue
        for layer in layers:
            own = layer.get(name_field)
            if layer.get(secret_field) is secret and own is not None and own.value != name.value:
                raise ConfigError(
                    f"expected {name_field} and {secret_field} of one client, but {name.source} says {name.value!r} "
                    f"and the secret of {secret.source} belongs to {own.value!r}",
                    hint="give both in one place, or remove one of them",
                )


def _derive(found: Layer) -> None:
    """Fill in what follows from other values: SaaS addresses of cluster and region, and the ways of SaaS."""
    cluster = _cluster(found)
    if cluster is not None:
        given = "the address" if {"grpc_address", "rest_address"} & found.keys() else "cluster_id and region"
        source = Source("derived", f"from {given}")
        derived = {
            "cluster_id": cluster.cluster_id,
            "region": cluster.region,
            "grpc_address": cluster.grpc_address,
            "rest_address": cluster.rest_address,
            "oauth_url": addresses.SAAS_OAUTH_URL,
        }
        for field, value in derived.items():
            found.setdefault(field, Found(value, source))
    if "console_client_id" in found and "console_base_url" not in found:
        oauth_url = _text(found, "oauth_url")
        if oauth_url is None or _is_saas_login(oauth_url):
            source = Source("derived", "from console_client_id")
            found["console_base_url"] = Found(addresses.SAAS_CONSOLE_URL, source)
            found.setdefault("oauth_url", Found(addresses.SAAS_OAUTH_URL, source))


def _cluster(found: Layer) -> addresses.SaasCluster | None:
    oauth_url = _text(found, "oauth_url")
    if oauth_url is not None and not _is_saas_login(oauth_url):
        return None  # somebody's own platform uses the same names; its secret must not travel to SaaS
    given = [address for field in ("grpc_address", "rest_address") if (address := _text(found, field))]
    if given:
        return next((cluster for address in given if (cluster := addresses.saas_cluster(address))), None)
    cluster_id, region = _text(found, "cluster_id"), _text(found, "region")
    return addresses.SaasCluster(cluster_id, region) if cluster_id and region else None


def _is_saas_login(url: str) -> bool:
    return url.rstrip("/") == addresses.SAAS_OAUTH_URL


def _check_credentials(found: Layer, paths: Sequence[Path]) -> None:
    auth = _text(found, "auth")
    oauth = {field for field in ("client_id", "client_secret") if field in found}
    basic = {field for field in ("basic_username", "basic_password") if field in found}
    if auth is None:
        if oauth and basic:
            left, right = found[min(oauth)].source, found[min(basic)].source
            raise ConfigError(
                f"expected one kind of credentials, but {left} is for OAuth and {right} for Basic authentication",
                hint="say which with CAMUNDA_AUTH_STRATEGY, or remove one of them",
            )
        auth = "oauth" if oauth else "basic" if basic else "none"
        found["auth"] = Found(auth, Source("derived", f"from {', '.join(sorted(oauth or basic)) or 'no credentials'}"))
    needed = {"oauth": ("client_id", "client_secret", "oauth_url"), "basic": ("basic_username", "basic_password")}
    for field in needed.get(auth, ()):
        _must_have(field, found, paths, because=f"auth is {auth}")
    if "console_client_id" in found or "console_client_secret" in found:
        for field in ("console_client_id", "console_client_secret", "oauth_url", "console_base_url"):
            _must_have(field, found, paths, because="there are credentials for the Administration API")
    for field, other in (("client_certificate", "client_key"), ("client_key", "client_certificate")):
        if field in found:
            _must_have(other, found, paths, because=f"{field} is given")


def _must_have(field: str, found: Layer, paths: Sequence[Path], *, because: str) -> None:
    if field in found:
        return
    row = BY_NAME[field]
    file = next((path for path in paths if _comes_from(found, path)), None)
    if file is not None:
        raise ConfigError(
            f"expected {' or '.join(row.names)} in {file}, but the file has no such line, "
            f"nor is it set anywhere else ({because})",
            hint="download the file again when a client is created: the secret cannot be had later",
        )
    raise ConfigError(
        f"expected {field}, as {because}, but it is not set",
        hint=f"set {row.names[0]}, pass {field}=…, or name a credentials file",
    )


def _comes_from(found: Layer, path: Path) -> bool:
    prefix = f"{path}, "
    return any(value.source.place.startswith(prefix) for value in found.values())


def _add_addresses(found: Layer, paths: Sequence[Path]) -> None:
    if "grpc_address" in found or "rest_address" in found:
        return
    client_id = found.get("client_id")
    if client_id is not None and client_id.source.level == "credentials file":
        _must_have("grpc_address", found, paths, because="the file's client belongs to one cluster")
    if "cluster_id" in found and _text(found, "auth") == "oauth" and "region" not in found:
        _must_have("region", found, paths, because="cluster_id is given, and no address")
    default = Source("default")
    found["grpc_address"] = Found(_GRPC_DEFAULT, default)
    found["rest_address"] = Found(_REST_DEFAULT, default)


def _add_token_cache(found: Layer) -> None:
    if "token_cache_dir" not in found:
        from platformdirs import user_cache_path  # noqa: PLC0415  importing c8py stays quick

        folder = user_cache_path("c8py", appauthor=False) / "tokens"
        found["token_cache_dir"] = Found(folder, Source("default"))


def _add_modes(found: Layer) -> None:
    """Interim: what follows for the mode and for the way a client proves itself."""
    cluster = any(
        addresses.saas_cluster(address) for f in ("grpc_address", "rest_address") if (address := _text(found, f))
    )
    found.setdefault("mode", Found("saas" if cluster else "self-managed", Source("derived", "from the address")))
    way = "client_secret_post"
    if "assertion_keystore" in found:
        way = "private_key_jwt"
    elif "oauth_keystore" in found and "client_secret" not in found:
        way = "tls_client_auth"
    found.setdefault("client_authentication", Found(way, Source("derived", "from the credentials")))


def _text(found: Layer, field: str) -> str | None:
    value = found.get(field)
    return value.value if value is not None and isinstance(value.value, str) else None


def _settings(found: Layer, paths: tuple[Path, ...]) -> Settings:
    values = {field.name: _value(field, found) for field in FIELDS}
    sources = {name: value.source for name, value in found.items()}
    return msgspec.convert({**values, "sources": sources, "looked_at": paths}, Settings)


def _value(field: Field, found: Layer) -> object:
    value = found.get(field.name)
    return field.default if value is None else value.value
