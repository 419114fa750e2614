"""What stands between a client and a server, and gets worse on command: a relay of token requests, and one of bytes."""

import contextlib
import selectors
import socket
import threading
import urllib.error
import urllib.request

from harness.answering import HttpServer, Received, Reply

FORWARDED = ("content-type", "authorization")
RETURNED = ("content-type", "retry-after", "cache-control")
CHUNK_BYTES = 64 * 1024
POLL_S = 0.05


class TokenRelay(HttpServer):
    """Passes token requests on to a token service, and counts what it answers.

    Args:
        target: the URL of the token service.

    Attributes:
        token_url: where clients ask instead.
        statuses: of the answers so far, in their order; None where the connection was broken off.
        instead: answers in the place of the service while it is set: a service in trouble.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._count = threading.Lock()
        self.statuses: list[int | None] = []
        self.instead: Reply | None = None
        self.mute = threading.Event()  # while it is set, requests are taken and never answered
        super().__init__(self._relayed)
        self.token_url = f"{self.url}/oauth/token"

    def close(self) -> None:
        """Let go of those who wait for an answer, and stop listening."""
        self.mute.clear()
        super().close()

    def _relayed(self, received: Received) -> Reply:
        while self.mute.is_set():
            threading.Event().wait(POLL_S)
        reply = self.instead or self._asked(received)
        with self._count:
            self.statuses.append(reply.status)
        return reply

    def _asked(self, received: Received) -> Reply:
        kept = {name: value for name, value in received.headers.items() if name in FORWARDED}
        request = urllib.request.Request(self._target, data=received.body, headers=kept, method=received.method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Reply(answer.status, answer.read(), _returned(answer.headers))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Reply(refusal.code, refusal.read(), _returned(refusal.headers))
        except urllib.error.URLError:
            return Reply(None)  # the service is gone, and so is the connection


class ByteRelay:
    """Passes bytes on in both directions, unless it falls silent: connections stay open, and nothing comes.

    Args:
        address: HOST:PORT of the server.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._target = (host, int(port))
        self.passed_on_bytes = 0
        self._silent = threading.Event()
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """From now on nothing is passed on, and nobody is told: as when a cable is pulled."""
        self._silent.set()

    def speak_again(self) -> None:
        """New connections are passed on again; those that were cut off are forgotten, as a firewall forgets them."""
        self._silent.clear()

    def close(self) -> None:
        """End all connections."""
        self._over.set()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        # The target may be gone: whoever knocks then is turned away.
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(self._target) as server,
            selectors.DefaultSelector() as ready,  # unlike select(), it takes descriptors beyond 1023
        ):
            ready.register(client, selectors.EVENT_READ, (client, server))
            ready.register(server, selectors.EVENT_READ, (server, client))
            while not self._over.is_set():
                if self._silent.is_set():
                    self._stay_cut_off()
                    return
                for key, _ in ready.select(POLL_S):
                    giving, taking = key.data
                    content = giving.recv(CHUNK_BYTES)
                    if not content:
                        return
                    if not self._silent.is_set():
                        self.passed_on_bytes += len(content)
                        taking.sendall(content)

    def _stay_cut_off(self) -> None:
        while self._silent.is_set() and not self._over.wait(POLL_S):
            pass


def _returned(headers: object) -> dict[str, str]:
    get = getattr(headers, "get")  # noqa: B009  two kinds of headers, of which one is typed
    return {name: value for name in RETURNED if (value := get(name))}
