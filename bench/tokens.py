"""Twenty processes behind one address, started at once, each in want of a token: how many requests does that make?

A small relay in front of our token service counts them; the service limits as it does by default. Every process asks
for a topology until it gets one, with a second between, or gives up.
"""

import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

import msgspec

from bench.contestant import Contestant
from bench.figures import Figure, compare
from harness.peers import peers
from harness.platform import Platform, plain_environment
from harness.processes import ROOT

PROCESSES = 20
PATIENCE_S = 15.0
SCRIPTS = ROOT / "bench" / "scripts"


class Run(msgspec.Struct, frozen=True):
    """Token requests in all, those answered with 429, processes that were served, and when the last one was."""

    requests: int
    limited: int
    served: int
    last_served_s: float


def figures(folder: Path) -> Iterator[Figure]:
    """Ours against camunda-orchestration-sdk with and without its cache folder, and against pyzeebe."""
    theirs = peers().python
    ours = run(folder / "ours", [sys.executable, SCRIPTS / "token_ours.py"], {})
    contestants: dict[str, tuple[str, dict[str, str]]] = {
        "camunda-orchestration-sdk, cache folder": (
            "token_orchestration.py",
            {"CAMUNDA_TOKEN_CACHE_DIR": str(folder / "cache")},
        ),
        "camunda-orchestration-sdk": ("token_orchestration.py", {}),
        "pyzeebe": ("token_pyzeebe.py", {"OAUTHLIB_INSECURE_TRANSPORT": "1"}),
    }
    (folder / "cache").mkdir()
    for peer, (script, more) in contestants.items():
        its = run(folder / peer.replace(", ", "-").replace(" ", "-"), [theirs, "-W", "ignore", SCRIPTS / script], more)
        what = f"{PROCESSES} processes"
        yield compare(f"{what}: token requests", peer, [ours.requests], [its.requests], better="less")
        yield compare(f"{what}: answered 429", peer, [ours.limited], [its.limited], better="less")
        yield compare(f"{what}: served within {PATIENCE_S:.0f} s", peer, [ours.served], [its.served], better="more")
        yield compare(
            f"{what}: s until the last one served", peer, [ours.last_served_s], [its.last_served_s], better="less"
        )


def run(folder: Path, command: list[str | Path], more: dict[str, str]) -> Run:
    """One crowd of processes on a platform of its own, so that nobody inherits another's block."""
    # Each crowd has a home of its own: what a client keeps there by itself is shared by its processes, as in life.
    home = folder / "home"
    home.mkdir(parents=True)
    platform = Platform(folder)
    relay = Relay(platform.ready["oauth_url"])
    environment = plain_environment(**platform.credentials()) | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "CAMUNDA_OAUTH_URL": relay.url,
        "ZEEBE_AUTHORIZATION_SERVER_URL": relay.url,
        **more,
    }
    try:
        with ExitStack() as stack, ThreadPoolExecutor(PROCESSES) as pool:
            crowd = [
                stack.enter_context(
                    Contestant([*command, str(PATIENCE_S)], environment=environment, log=folder / "crowd.err")
                )
                for _ in range(PROCESSES)
            ]
            for one in crowd:
                one.ready()
            for one in crowd:
                one.go()
            waits = [float(said) for said in pool.map(Contestant.finish, crowd)]
    finally:
        relay.stop()
        platform.stop()
    served = [wait for wait in waits if wait >= 0]
    last_s = max(served, default=0.0) if len(served) == PROCESSES else PATIENCE_S
    return Run(len(relay.statuses), relay.statuses.count(429), len(served), last_s)


class Relay:
    """Passes token requests on to the service, and notes the status of each answer.

    Args:
        target: the URL of the token service.
    """

    def __init__(self, target: str) -> None:
        self.statuses: list[int] = []
        lock = Lock()
        statuses = self.statuses

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                kept = {name: self.headers[name] for name in ("Content-Type", "Authorization") if self.headers[name]}
                request = urllib.request.Request(target, data=body, headers=kept, method="POST")  # noqa: S310  our own URL
                try:
                    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                        status, headers, content = answer.status, answer.headers, answer.read()
                except urllib.error.HTTPError as refusal:
                    status, headers, content = refusal.code, refusal.headers, refusal.read()
                with lock:
                    statuses.append(status)
                self.send_response(status)
                for name in ("Content-Type", "Retry-After", "Cache-Control"):
                    if headers[name]:
                        self.send_header(name, headers[name])
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class's
                """Say nothing: the statuses are the log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/oauth/token"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
