"""Ports that a new cluster was promised: kept from everybody else on this machine until its brokers listen there.

Two platforms may plan at the same moment; the kernel gives each port to one of them. Called by fleet and cluster.
"""

import contextlib
import socket
import sys
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
        """Keep them no longer: brokers listen there, or never will."""
        while self._sockets:
            self._sockets.pop().close()
