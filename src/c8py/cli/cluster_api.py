"""The platform's own part of the Console API, which knows of brokers: what `c8 cluster` asks, and how it waits."""

import sys
import time
from typing import Final, Self, TypeVar

import click
import msgspec

from c8py.cli.options import Connection
from c8py.cli.output import on_terminal, say

T = TypeVar("T")

_LOOK_EVERY_S: Final = 0.5
_WAIT_S: Final = 900.0
_MOVING: Final = frozenset(("Creating", "Updating", "Resuming"))
_MEGABYTE: Final = 1024 * 1024


class Broker(msgspec.Struct, frozen=True, kw_only=True):
    """One broker, as the platform tells it."""

    node_id: int
    phase: str
    grpc_address: str
    rest_address: str
    pid: int | None = None
    leads: tuple[int, ...] = ()
    follows: tuple[int, ...] = ()
    failures: int = 0
    trouble: str = ""
    host: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster, as the platform tells it."""

    id: str
    name: str
    kind: str
    status: str
    version: str
    partitions: int
    replication: int
    brokers: tuple[Broker, ...]
    brokers_count: int
    grpc_address: str
    rest_address: str
    audience: str
    trouble: str = ""
    fetched_bytes: int = 0
    fetched_of_bytes: int = 0


class Local:
    """The platform's part of the Console API that knows of brokers."""

    def __init__(self, connection: Connection) -> None:
        from c8py.components import PLACES, Api  # noqa: PLC0415  the command line starts without it

        self._api = Api(connection.settings(), PLACES["console"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._api.close()

    def ask(self, call: str, *values: str, kind: type[T], body: object = None) -> T:
        """The answer to a call below /local."""
        method, _, path = call.partition(" ")
        raw = self._api.send(
            f"{method} /local{path}", *values, body=None if body is None else msgspec.json.encode(body)
        )
        return msgspec.json.decode(raw or b"{}", type=kind)

    def cluster(self, wanted: str) -> Shown:
        """The cluster of this id or name.

        Raises:
            UsageError: there is none, or several have the name.
        """
        found = self.ask("GET /clusters", kind=list[Shown])
        named = [one for one in found if wanted in {one.id, one.name}]
        if len(named) != 1:
            there = ", ".join(f"{one.name} ({one.id})" for one in found)
            meant = f"several are called {wanted}" if named else f"{wanted} is none"
            raise click.UsageError(
                f"expected the name or id of a cluster of real brokers, but {meant}; there are {there or 'none yet'}"
            )
        return named[0]

    def watch(self, cluster_id: str, *, until: str) -> Shown:
        """The cluster, once it has this status; tells a person on the way there how far it is.

        Raises:
            ClickException: it does not get there.
        """
        end_s, told = time.monotonic() + _WAIT_S, ""
        while True:
            found = self.ask("GET /clusters/{cluster}", cluster_id, kind=Shown)
            told = _tell(found, told)
            if found.status == until:
                return found
            if found.trouble and found.status not in _MOVING:
                raise click.ClickException(
                    f"expected the cluster to become {until}, but it is {found.status}: {found.trouble}"
                )
            if time.monotonic() > end_s:
                raise click.ClickException(f"expected the cluster to become {until} in time, but it is {found.status}")
            time.sleep(_LOOK_EVERY_S)


def _tell(found: Shown, told: str) -> str:
    """Say how far it is, where that has changed; what was said."""
    line = found.status
    if found.fetched_of_bytes:
        come, whole = found.fetched_bytes // _MEGABYTE, found.fetched_of_bytes // _MEGABYTE
        line += f": fetching Zeebe {found.version}, {come} of {whole} MB"
    elif found.status in _MOVING:
        ready = sum(one.phase == "ready" for one in found.brokers)
        line += f": {ready} of {len(found.brokers)} brokers ready"
    hindered = [one for one in found.brokers if one.trouble and one.phase != "ready"]
    for one in hindered:
        line += f"; broker {one.node_id}{one.host and f' on {one.host}'}: {' '.join(one.trouble.split())}"
    if line != told:
        if on_terminal() and sys.stderr.isatty():
            done = bool(hindered) or found.status not in _MOVING
            click.echo(f"\r\x1b[K{line}", err=True, nl=done)
        else:
            say(line)
    return line
