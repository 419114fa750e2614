"""The rate limit of the token service, as SaaS has it.

So many requests a second from one source address, failures counted; whoever is faster is refused everything for a
while. Pure: given a clock, it counts. Knows no sockets.
"""

import ipaddress
from collections import OrderedDict

import msgspec

from c8py.base.clock import Clock
from c8py.server.settings import OAuthSettings


class _Source(msgspec.Struct):
    """One address: what is left of its burst, as of when, and until when it is blocked."""

    left: float
    at_s: float
    blocked_until_s: float = 0.0


class RateLimit:
    """Counts requests by source.

    Args:
        settings: rate, burst, length of the block, number of sources.
        clock: its monotonic side.
    """

    def __init__(self, settings: OAuthSettings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def refused_for_s(self, source: str) -> float:
        """Count one request of this source.

        Returns:
            0.0 when it may go on, otherwise the seconds until the source is heard again.
        """
        rate = self._settings.rate_per_s
        if rate == 0:
            return 0.0
        now_s = self._clock.monotonic_s()
        found = self._sources.get(source)
        if found is None:
            found = self._sources[source] = _Source(float(self._settings.burst), now_s)
            # The one longest unheard of goes, blocked or not: memory is bounded, whatever comes.
            if len(self._sources) > self._settings.sources_max:
                self._sources.popitem(last=False)
        self._sources.move_to_end(source)
        if now_s < found.blocked_until_s:
            return found.blocked_until_s - now_s
        found.left = min(float(self._settings.burst), found.left + (now_s - found.at_s) * rate)
        found.at_s = now_s
        if found.left >= 1.0:
            found.left -= 1.0
            return 0.0
        # Without a block the next request is welcome as soon as the rate allows it.
        found.blocked_until_s = now_s + max(self._settings.block_s, (1.0 - found.left) / rate)
        return found.blocked_until_s - now_s


def source_of(host: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 network that one IPv6 household has to itself.

    Args:
        host: the peer of the socket; headers are never asked, for anybody can write them.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
