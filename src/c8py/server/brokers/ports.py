"""Ports that clusters were promised: kept from everybody else on this machine, also while a broker does not run.

Two platforms may plan at the same moment; the kernel gives each port to one of them. Called by fleet, cluster, guest.
"""

import contextlib
import socket
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Final

_LOOPBACK: Final = "127.0.0.1"
# Linux lets a broker listen where somebody has bound and does not listen, if both allow it; elsewhere it must be alone.
_SHARED: Final = sys.platform == "linux"


class Promised:
    """Ports that are kept.

    Args:
        bind: the address that brokers listen on; their management ports are on loopback whatever it is.
    """

    def __init__(self, bind: str) -> None:
        self._addresses = tuple(dict.fromkeys((bind, _LOOPBACK)))
        self._sockets: list[socket.socket] = []

    def take(self, port: int) -> bool:
        """Keep this port, if nobody has it."""
        with contextlib.ExitStack() as tried:
            taken: list[socket.socket] = []
            for address in self._addresses:
                one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
                tried.enter_context(one)
                try:
                    # Without SO_REUSEADDR: a port that somebody else keeps, or has left a moment ago, is refused.
                    one.bind((address, port))
                except OSError:
                    return False
                # From now on it is for the broker, whose own socket has it too.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                taken.append(one)
            tried.pop_all()
            self._sockets += taken
            return True

    def let_broker_in(self) -> None:
        """A broker is about to listen: where it could not beside us, the ports are let go now."""
        if not _SHARED:
            self.release()

    def release(self) -> None:
        """Keep them no longer."""
        while self._sockets:
            self._sockets.pop().close()


class Offer:
    """Ports that a joined host offers to a platform, and those of its brokers; it keeps all of them.

    Args:
        bind: the address that its brokers listen on.
        among: where to look, the preferred ones first.
        count: how many it offers at a time.
    """

    def __init__(self, bind: str, among: Sequence[int], count: int) -> None:
        self._bind = bind
        self._among = among
        self._count = count
        self._kept: dict[int, Promised] = {}

    def ports(self, planned: Collection[int]) -> tuple[int, ...]:
        """What is free now, and stays so: beside the ports that brokers have been given already."""
        free = [port for port in self._kept if port not in planned]
        for port in self._among:
            if len(free) >= self._count:
                break
            if port not in planned and port not in self._kept:
                promised = Promised(self._bind)
                if promised.take(port):
                    self._kept[port] = promised
                    free.append(port)
        return tuple(free)

    def keep(self, ports: Iterable[int]) -> None:
        """Keep the ports of a broker also while it does not run; those where it runs already it keeps itself."""
        for port in ports:
            promised = Promised(self._bind)
            if port not in self._kept and promised.take(port):
                self._kept[port] = promised

    def let_broker_in(self, ports: Iterable[int]) -> None:
        """A broker is about to listen on these ports."""
        for port in ports:
            if port in self._kept:
                self._kept[port].let_broker_in()

    def close(self) -> None:
        """Keep none any longer."""
        for promised in self._kept.values():
            promised.release()
        self._kept.clear()
