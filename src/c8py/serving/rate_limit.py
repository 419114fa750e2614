"""The rate limit of a token service, as SaaS has it.

So many requests a second from one source address, failures counted; whoever goes on being faster is refused everything
for a while. Pure: given a clock, it counts. Knows no sockets. The platform applies it, the simulation is refused by it.
"""

import ipaddress
from collections import OrderedDict

import msgspec

from c8py.base.clock import Clock


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a limit.

    Attributes:
        rate_per_s: requests a second that one source may make for ever; 0 switches the limit off.
        burst: requests that a source may make at once before the rate counts.
        block_s: seconds for which a source is refused everything once it was too fast too often.
        block_after: refusals within `block_window_s` that lead to a block; 1 blocks at the first.
        block_window_s: seconds in which they are counted.
        block_extends: whether a request during a block begins it anew.
        sources_max: sources that are remembered; beyond that the one longest unheard of is forgotten.
    """

    rate_per_s: float
    burst: int
    block_s: float
    block_after: int = 1
    block_window_s: float = 60.0
    block_extends: bool = False
    sources_max: int


class _Source(msgspec.Struct, gc=False):
    """One address: what is left of its burst, as of when, until when it is refused, and how often it was.

    There may be a hundred thousand: numbers alone, so the garbage collector need not look at them.
    """

    left: float
    at_s: float
    refused_until_s: float = 0.0
    counted_from_s: float = 0.0
    refusals: int = 0


class RateLimit:
    """Counts requests by source.

    Args:
        limit: its numbers.
        clock: its monotonic side.
    """

    def __init__(self, limit: Limit, *, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self.blocks = 0

    def refused_for_s(self, source: str) -> float:
        """Count one request of this source.

        Returns:
            0.0 when it may go on, otherwise the seconds until the source is heard again.
        """
        limit = self._limit
        if limit.rate_per_s == 0:
            return 0.0
        now_s = self._clock.monotonic_s()
        found = self._sources.get(source)
        if found is None:
            found = self._sources[source] = _Source(float(limit.burst), now_s)
            # The one longest unheard of goes, blocked or not: memory is bounded, whatever comes.
            if len(self._sources) > limit.sources_max:
                self._sources.popitem(last=False)
        self._sources.move_to_end(source)
        if now_s < found.refused_until_s:
            if limit.block_extends:
                found.refused_until_s = now_s + limit.block_s
            return found.refused_until_s - now_s
        found.left = min(float(limit.burst), found.left + (now_s - found.at_s) * limit.rate_per_s)
        found.at_s = now_s
        if found.left >= 1.0:
            found.left -= 1.0
            return 0.0
        return self._refuse(found, now_s)

    def _refuse(self, found: _Source, now_s: float) -> float:
        limit = self._limit
        # Without a block the next request is welcome as soon as the rate allows it.
        wait_s = (1.0 - found.left) / limit.rate_per_s
        if now_s - found.counted_from_s > limit.block_window_s:
            found.counted_from_s, found.refusals = now_s, 0
        found.refusals += 1
        if found.refusals >= limit.block_after and limit.block_s > 0:
            self.blocks += 1
            found.refusals = 0
            found.refused_until_s = now_s + max(limit.block_s, wait_s)
            return found.refused_until_s - now_s
        return wait_s


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
