"""From which address a call comes, and whether a cluster takes calls from there. Pure.

The peer of the connection counts. A header says something else only where an operator has named the proxy that writes
it: anybody can write X-Forwarded-For.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from c8py.base import limits
from c8py.server.store import Store

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_ADDRESSES_PER_ENTRY_MAX: Final = 50
_LIST: Final = "list"


class AllowedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an IP allowlist.

    Attributes:
        ip: addresses and networks, separated by commas.
        description: for people.
    """

    ip: str
    description: str = ""


class _Allowlist(msgspec.Struct, frozen=True):
    entries: tuple[AllowedEntry, ...]


class Sources:
    """Knows who is behind the proxies that may be trusted.

    Args:
        header: in which they say it, in lower case; "" for no proxy.
        trusted: their addresses and networks.
    """

    def __init__(self, header: str, trusted: Iterable[str]) -> None:
        self.header: Final = header.lower()
        self._trusted = tuple(ipaddress.ip_network(text, strict=False) for text in trusted)

    def of(self, peer: str, header: str | None) -> str:
        """The address of who calls.

        Args:
            peer: of the connection.
            header: the value of the configured header; None where there is none.
        """
        address = _parsed(peer)
        if header is None or not self.header or address is None or not self._is_trusted(address):
            return peer
        # From the right: what stands left of the first stranger, the stranger may have written.
        for text in reversed([part.strip() for part in header.split(",")]):
            found = _parsed(text.strip('"').removeprefix("[").removesuffix("]"))
            if found is None:
                return peer
            if not self._is_trusted(found):
                return str(found)
            address = found
        return str(address)

    def _is_trusted(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


class Allowlists:
    """The IP allowlists of all clusters; an empty one lets everybody in.

    Args:
        store: where they are kept.
    """

    def __init__(self, store: Store) -> None:
        self._shelf = store.shelf("allowlist", _Allowlist)
        self._compiled: dict[str, tuple[_Allowlist, tuple[Network, ...]]] = {}

    def entries(self, cluster_id: str) -> tuple[AllowedEntry, ...]:
        """The lines of this cluster's list."""
        found = self._shelf.get(cluster_id, _LIST)
        return () if found is None else found.entries

    def replace(self, cluster_id: str, entries: tuple[AllowedEntry, ...]) -> None:
        """Take these lines in the place of all others.

        Raises:
            ValueError: one of them is no address and no network, or there are too many; the message says which.
        """
        if len(entries) > limits.SERVER_ALLOWED_MAX:
            raise ValueError(f"expected at most {limits.SERVER_ALLOWED_MAX} entries, but there are {len(entries)}")
        for entry in entries:
            networks_of(entry)
        self._shelf.put(cluster_id, _LIST, _Allowlist(entries))

    def allow(self, cluster_id: str, source: str) -> bool:
        """Whether this cluster takes calls from this address."""
        kept = self._shelf.get(cluster_id, _LIST)
        if kept is None or not kept.entries:
            return True
        known, networks = self._compiled.get(cluster_id, (None, ()))
        if known is not kept:
            networks = tuple(network for entry in kept.entries for network in networks_of(entry))
            self._compiled[cluster_id] = kept, networks
        address = _parsed(source)
        return address is not None and any(address in network for network in networks)


def networks_of(entry: AllowedEntry) -> tuple[Network, ...]:
    """The networks of a line.

    Raises:
        ValueError: one of them is none; the message says which.
    """
    texts = [text.strip() for text in entry.ip.split(",")]
    if len(texts) > _ADDRESSES_PER_ENTRY_MAX:
        raise ValueError(f"expected at most {_ADDRESSES_PER_ENTRY_MAX} addresses in an entry, but there are more")
    if len(entry.description) > limits.SERVER_DESCRIPTION_CHARS_MAX:
        raise ValueError(
            f"expected a description of at most {limits.SERVER_DESCRIPTION_CHARS_MAX} characters, but it is longer"
        )
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError:
        raise ValueError(
            f"expected addresses like 192.0.2.7 or networks like 192.0.2.0/24, but got {entry.ip[:80]!r}"
        ) from None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
