"""What follows from what was said: SaaS addresses, URLs and audiences, kinds of credentials, the platform on this host.

Pure. A secret must not travel to SaaS because of a name that a Self-Managed platform uses as well, so SaaS is derived
only of what can mean nothing else. Called by `gather`, which hands over what all sources say together.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from c8py.config import addresses
from c8py.config.layers import Found
from c8py.config.settings import Source

TOKEN_SERVICE: Final = ("oauth_url", "well_known_url", "issuer_url")
ADDRESSES: Final = ("grpc_address", "rest_address")

_GRPC_DEFAULT: Final = "grpc://localhost:26500"
_REST_DEFAULT: Final = "http://localhost:8080"
_OPTIMIZE_DEFAULT: Final = "http://localhost:8083"
_MODELER_DEFAULT: Final = "http://localhost:8070/api"
_COMPONENTS: Final = ("operate", "tasklist", "optimize")
_DEFAULT: Final = Source("default")

Values = dict[str, Found]


class Cluster(msgspec.Struct, frozen=True):
    """The cluster of SaaS that is meant, and what says so."""

    cluster: addresses.SaasCluster
    of: str
    private: bool = False


def text(found: Mapping[str, Found], field: str) -> str | None:
    """The value of a field of text; None where there is none."""
    value = found.get(field)
    return value.value if value is not None and isinstance(value.value, str) else None


def derive(found: Values) -> None:
    """Add what follows from the values; what was said stays."""
    cluster = saas_cluster(found)
    _derive_mode(found, cluster)
    if cluster is not None:
        _derive_saas(found, cluster)
    _derive_console(found)
    _derive_auth(found)
    _derive_client_authentication(found)
    if not any(field in found for field in ADDRESSES):
        _derive_local(found)
    _derive_components(found, cluster)
    _derive_token_cache(found)


def _derived(found: Values, field: str, value: object, of: str) -> None:
    found.setdefault(field, Found(value, Source("derived", f"from {of}")))


def saas_cluster(found: Mapping[str, Found]) -> Cluster | None:
    """The cluster of SaaS that the values mean; None where they mean somebody's own platform, or none."""
    mode = text(found, "mode")
    # Who names the domain of a SaaS means it, whatever its token service is called.
    said = mode == "saas" or "cluster_domain" in found
    if mode == "self-managed" or not (said or _may_be_saas(found)):
        return None
    domain = text(found, "cluster_domain") or addresses.SAAS_DOMAIN
    given = [(field, address) for field in ADDRESSES if (address := text(found, field))]
    if not given:
        cluster_id, region = text(found, "cluster_id"), text(found, "region")
        made = _made(found, cluster_id, region)
        return Cluster(made, "cluster_id and region") if made else None
    for field, address in given:
        place = addresses.saas_place(address, domain)
        if place is not None:
            region = place.region or text(found, "region")
            made = _made(found, place.cluster_id, region)
            return Cluster(made, field, place.private) if made else None
    return None


def _made(found: Mapping[str, Found], cluster_id: str | None, region: str | None) -> addresses.SaasCluster | None:
    if not cluster_id or not region:
        return None
    port = found.get("cluster_port")
    return addresses.SaasCluster(
        cluster_id,
        region,
        text(found, "cluster_domain") or addresses.SAAS_DOMAIN,
        port.value if port is not None and isinstance(port.value, int) else addresses.SAAS_PORT,
    )


def _may_be_saas(found: Mapping[str, Found]) -> bool:
    """Whether no token service of somebody else is named, whose client's secret would be sent to SaaS."""
    oauth_url = text(found, "oauth_url")
    if oauth_url is not None:
        return is_saas_login(oauth_url)
    return not any(field in found for field in TOKEN_SERVICE)


def is_saas_login(url: str) -> bool:
    """Whether this is the token endpoint of SaaS."""
    return url.rstrip("/") == addresses.SAAS_OAUTH_URL


def _derive_mode(found: Values, cluster: Cluster | None) -> None:
    oauth_url = text(found, "oauth_url")
    given = next((field for field in ADDRESSES if field in found), None)
    if cluster is not None:
        _derived(found, "mode", "saas", cluster.of)
    elif given is not None:
        place = addresses.saas_place(text(found, given) or "")
        _derived(found, "mode", "saas" if place and _may_be_saas(found) else "self-managed", given)
    elif oauth_url is not None:
        _derived(found, "mode", "saas" if is_saas_login(oauth_url) else "self-managed", "oauth_url")
    elif "console_client_id" in found and _may_be_saas(found):
        _derived(found, "mode", "saas", "console_client_id")
    else:
        found.setdefault("mode", Found("self-managed", _DEFAULT))


def _derive_saas(found: Values, saas: Cluster) -> None:
    cluster, of = saas.cluster, saas.of
    _derived(found, "cluster_id", cluster.cluster_id, of)
    _derived(found, "region", cluster.region, of)
    if not saas.private:
        _derived(found, "grpc_address", cluster.grpc_address, of)
        _derived(found, "rest_address", cluster.rest_address, of)
    # Another SaaS than Camunda's own has another token service; only its owner knows which.
    if cluster.domain == addresses.SAAS_DOMAIN and not any(field in found for field in TOKEN_SERVICE):
        _derived(found, "oauth_url", addresses.SAAS_OAUTH_URL, of)
    _derived(found, "audience", f"zeebe.{cluster.domain}", of)
    for component in _COMPONENTS:
        _derived(found, f"{component}_base_url", cluster.component_url(component), of)
        _derived(found, f"{component}_audience", f"{component}.{cluster.domain}", of)


def _derive_console(found: Values) -> None:
    if "console_client_id" in found and "console_base_url" not in found and _may_be_saas(found):
        _derived(found, "console_base_url", addresses.SAAS_CONSOLE_URL, "console_client_id")
        _derived(found, "oauth_url", addresses.SAAS_OAUTH_URL, "console_client_id")


def _derive_auth(found: Values) -> None:
    disabled = found.get("oauth_disabled")
    if disabled is not None and disabled.value is True:
        said = found.get("auth")
        others = ((said.value, said.source), *said.others) if said is not None else ()
        found["auth"] = Found("none", disabled.source, others)
    found.setdefault("auth", Found("none", Source("derived", "from no credentials")))


def _derive_client_authentication(found: Values) -> None:
    if "assertion_keystore" in found:
        _derived(found, "client_authentication", "private_key_jwt", "assertion_keystore")
    elif "oauth_keystore" in found and "client_secret" not in found:
        _derived(found, "client_authentication", "tls_client_auth", "oauth_keystore and no client_secret")
    else:
        found.setdefault("client_authentication", Found("client_secret_post", _DEFAULT))


def _derive_local(found: Values) -> None:
    """The platform on this host, where nobody names another."""
    for field, value in (("grpc_address", _GRPC_DEFAULT), ("rest_address", _REST_DEFAULT)):
        found[field] = Found(value, _DEFAULT)
    if text(found, "mode") == "self-managed":
        found.setdefault("optimize_base_url", Found(_OPTIMIZE_DEFAULT, _DEFAULT))
        found.setdefault("modeler_base_url", Found(_MODELER_DEFAULT, _DEFAULT))


def _derive_components(found: Values, saas: Cluster | None) -> None:
    mode = found["mode"]
    of = f"mode {mode.value}"
    if mode.value == "saas":
        domain = saas.cluster.domain if saas else addresses.SAAS_DOMAIN
        _derived(found, "modeler_base_url", f"https://modeler.cloud.{domain}/api", of)
        _derived(found, "modeler_audience", addresses.SAAS_CONSOLE_AUDIENCE, of)
        return
    # Since 8.8 one application serves all three APIs; optimize stays on its own.
    rest = text(found, "rest_address")
    if rest is not None:
        for component in ("operate", "tasklist"):
            _derived(found, f"{component}_base_url", rest, "rest_address")
    for component in _COMPONENTS:
        _derived(found, f"{component}_audience", f"{component}-api", of)
    if mode.source.level not in {"derived", "default"}:
        # Without the word of somebody it stays SaaS's, which the token service of the local platform knows as well.
        _derived(found, "audience", "zeebe-api", of)


def _derive_token_cache(found: Values) -> None:
    if "token_cache_dir" not in found:
        from platformdirs import user_cache_path  # noqa: PLC0415  importing c8py stays quick

        found["token_cache_dir"] = Found(user_cache_path("c8py", appauthor=False) / "tokens", _DEFAULT)
