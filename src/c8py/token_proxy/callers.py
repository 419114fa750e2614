"""Which secrets of which clients the token service has accepted, and who else may be tried. Pure: digests and a clock.

A secret that it accepted opens everything that the client may have. Another one for the same client is tried at most
once per pause; when it is accepted it takes over. Nothing here can be turned back into a secret.
"""

import hmac
from collections import OrderedDict

import msgspec

from c8py.base.clock import Clock
from c8py.base.limits import TOKEN_PROXY_CLIENTS_MAX, TOKEN_REFUSAL_S


class Who(msgspec.Struct, frozen=True):
    """A client of a token service."""

    token_url: str
    client_id: str


class _Client(msgspec.Struct):
    accepted: tuple[str, ...]
    proved_s: float  # when the newest of them was
    former: str = ""  # accepted until another took over; where it still is good, both are (a rotation with a grace)
    paused_until_s: float = 0.0  # for all other secrets


class Callers:
    """Remembers clients; the one longest unheard of is forgotten.

    Args:
        clock: its monotonic side.
        clients_max: how many are remembered.
    """

    def __init__(self, clock: Clock, *, clients_max: int = TOKEN_PROXY_CLIENTS_MAX) -> None:
        self._clock = clock
        self._clients_max = clients_max
        self._clients: OrderedDict[Who, _Client] = OrderedDict()

    def accepted(self, who: Who, digest: str) -> bool:
        """Whether the token service has accepted this very secret. Takes as long for a wrong one as for the right."""
        client = self._clients.get(who)
        if client is None:
            return False
        self._clients.move_to_end(who)
        found = False
        for known in client.accepted:
            found |= hmac.compare_digest(known, digest)
        return found

    def paused_s(self, who: Who, digest: str) -> float:
        """Seconds until a secret that is not accepted may be tried for this client; nought for an unknown client."""
        client = self._clients.get(who)
        if client is None or hmac.compare_digest(client.former, digest):
            return 0.0
        return max(0.0, client.paused_until_s - self._clock.monotonic_s())

    def knock(self, who: Who) -> None:
        """Another secret of this client is being tried: no further one for a while."""
        client = self._clients.get(who)
        if client is not None:
            client.paused_until_s = self._clock.monotonic_s() + TOKEN_REFUSAL_S

    def may_prove(self, who: Who, proved_s: float) -> bool:
        """Whether a token had at this moment proves its secret: not where the client has had another one since."""
        client = self._clients.get(who)
        return client is None or proved_s > client.proved_s

    def accept(self, who: Who, digest: str, proved_s: float) -> tuple[str, ...]:
        """The token service accepted this secret.

        Returns:
            the digests that are accepted no longer.
        """
        client = self._clients.get(who)
        if client is None:
            self._clients[who] = _Client((digest,), proved_s)
            while len(self._clients) > self._clients_max:
                self._clients.popitem(last=False)
            return ()
        if digest in client.accepted:
            return ()
        if digest == client.former:
            client.accepted, client.former = (*client.accepted, digest), ""
            return ()
        forgotten = client.accepted
        self._clients[who] = _Client((digest,), proved_s, former=forgotten[-1])
        return forgotten

    def refuse(self, who: Who, digest: str) -> None:
        """The token service refuses this secret, whatever it did before."""
        client = self._clients.get(who)
        if client is None:
            return
        if digest == client.former:
            client.former = ""
        client.accepted = tuple(known for known in client.accepted if known != digest)
        if not client.accepted:
            del self._clients[who]
