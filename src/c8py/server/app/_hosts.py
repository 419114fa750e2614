"""Which host names a browser may have used to get here.

A page from anywhere can make a name of its own point at this machine (DNS rebinding) and then talk to us as if we were
its own server. The Host header still says that name; so names that are not ours are turned away.
"""

import ipaddress
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from c8py.server.console import problem
from c8py.server.settings import Settings

_CONSOLE: Final = ("/console", "/console/")


class HostGate:
    """Turns away requests that came by a foreign name.

    On a platform that only this machine can reach, all of them; otherwise those for Console's pages, which have no
    token: what else is on the network has its own names for us.

    Args:
        app: what is behind the gate.
        settings: where we listen, and which further names are ours.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._everything = settings.loopback_only
        self._names = frozenset(_names((*settings.allowed_hosts, settings.host, settings.public_host, "localhost")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it through, or answer 421."""
        if scope["type"] == "http" and (self._everything or _for_console(scope["path"])):
            host = Headers(scope=scope).get("host", "")
            if host and not self._ours(host):
                detail = "expected a host name of this platform, but it is another; see the setting allowed_hosts"
                await problem(421, detail, scope["path"])(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _ours(self, host: str) -> bool:
        name = _without_port(host)
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name.endswith(".localhost")
        # 0.0.0.0 is what Java clients call this machine; no name server can give out an address as a name.
        return address.is_loopback or address.is_unspecified


def _for_console(path: str) -> bool:
    return path == _CONSOLE[0] or path.startswith(_CONSOLE[1])


def _names(hosts: Iterable[str]) -> Iterable[str]:
    return (host.lower().strip("[]") for host in hosts)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
