"""The token services that a proxy asks, and the paths at which it stands in for each. Pure: texts in, a table out.

They are a configured list: nothing that a caller says (path, host, audience) can name another one.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from c8py.base.limits import TOKEN_PROXY_NAME_CHARS_MAX, TOKEN_PROXY_UPSTREAMS_MAX
from c8py.errors import ConfigError

Method: TypeAlias = Literal["client_secret_post", "client_secret_basic"]

SAAS_TOKEN_URL: Final = "https://login.cloud.camunda.io/oauth/token"  # noqa: S105  an address
UNNAMED: Final = "default"

_NAMED: Final = re.compile(r"([^=:/]*)=(.*)", re.DOTALL)
_NAME: Final = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{TOKEN_PROXY_NAME_CHARS_MAX - 2}}}[a-z0-9])?")
_KEYCLOAK: Final = re.compile(r"(?:/[\w-]+)*/realms/([^/]+)/protocol/openid-connect/token")
_KEYCLOAK_REALM: Final = "camunda-platform"
# What stands at the root of the proxy's paths by itself.
_TAKEN: Final = frozenset(("auth", "health", "metrics", "oauth", "ready", "realms", UNNAMED))


class Upstream(msgspec.Struct, frozen=True, kw_only=True):
    """One token service.

    Attributes:
        name: in paths, logs and metrics; `default` for the one without a name.
        token_url: where it gives tokens.
        method: how secrets are shown to it, whichever way callers show theirs.
    """

    name: str
    token_url: str
    method: Method = "client_secret_post"

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the proxy answers in its place: only the host is another, or the name stands before."""
        before = "" if self.name == UNNAMED else f"/{self.name}"
        own = urlsplit(self.token_url).path
        keycloak = _KEYCLOAK.fullmatch(own)
        realm = f"/realms/{keycloak[1] if keycloak else _KEYCLOAK_REALM}/protocol/openid-connect/token"
        paths = (f"{before}/oauth/token", f"{before}/auth{realm}", f"{before}{realm}", f"{before}{own.rstrip('/')}")
        return tuple(dict.fromkeys(path for path in paths if path.strip("/") != before.strip("/")))


def read_upstream(text: str, *, method: Method = "client_secret_post") -> Upstream:
    """A token service as a person names it.

    Args:
        text: `URL`, or `NAME=URL`.
        method: how secrets are shown to it.

    Raises:
        ConfigError: the name or the URL cannot be used.
    """
    named = _NAMED.fullmatch(text)
    name, url = (named[1], named[2]) if named else (UNNAMED, text)
    if named and (not _NAME.fullmatch(name) or name in _TAKEN):
        raise ConfigError(
            f"expected a name of small letters, digits and hyphens before =, other than {', '.join(sorted(_TAKEN))}, "
            f"but got {name[:TOKEN_PROXY_NAME_CHARS_MAX]!r}"
        )
    return Upstream(name=name, token_url=_checked(url), method=method)


def paths_of(upstreams: Iterable[Upstream]) -> Mapping[str, Upstream]:
    """Path to token service, with and without a slash at the end.

    Raises:
        ConfigError: there is none, there are too many, or two of them have the same path.
    """
    found: dict[str, Upstream] = {}
    names = [upstream.name for upstream in upstreams]
    if not 0 < len(names) <= TOKEN_PROXY_UPSTREAMS_MAX:
        raise ConfigError(f"expected 1 to {TOKEN_PROXY_UPSTREAMS_MAX} token services, but got {len(names)}")
    for upstream in upstreams:
        for path in upstream.paths:
            if path in found:
                raise ConfigError(
                    f"expected each path to lead to one token service, but {path} would lead to two",
                    hint="give each but one a name of its own: --upstream NAME=URL",
                )
            found[path] = found[f"{path}/"] = upstream
    return found


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in {"http", "https"} or not host:
        raise ConfigError(
            f"expected the http or https URL of a token service, but got {url[:200]!r}",
            hint=f"for instance {SAAS_TOKEN_URL}",
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(f"expected the URL of a token service without user, query and fragment, but {host} has some")
    if parts.path.strip("/") == "":
        raise ConfigError(
            f"expected the whole URL of a token service, but {url} has no path",
            hint="add /oauth/token, or the path of your Keycloak's realm",
        )
    return url
