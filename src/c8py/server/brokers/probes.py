"""Asks a broker how it is, over its management port on this machine. Blocking, short, and without any proxy."""

import http.client
import socket
from typing import Final
from urllib.parse import urlsplit

import msgspec

from c8py.server.brokers.plan import BrokerPlan

_TIMEOUT_S: Final = 2.0
_ANSWER_BYTES_MAX: Final = 1024 * 1024
_OK: Final = 200
_LOOPBACK: Final = "127.0.0.1"


class Role(msgspec.Struct, frozen=True, rename="camel"):
    """What a broker is for one partition.

    Attributes:
        role: LEADER, FOLLOWER, or on its way to one of them.
        stream_processor_phase: PROCESSING where a leader works.
    """

    role: str = ""
    stream_processor_phase: str = ""

    @property
    def leads(self) -> bool:
        """Whether it takes commands for this partition."""
        return self.role == "LEADER" and self.stream_processor_phase in {"PROCESSING", "PAUSED"}


class Sight(msgspec.Struct, frozen=True):
    """What a broker says of itself.

    Attributes:
        ready: it has all its partitions.
        leads: the partitions that it leads.
        follows: the partitions that it copies.
    """

    ready: bool = False
    leads: frozenset[int] = frozenset()
    follows: frozenset[int] = frozenset()


NOTHING: Final = Sight()
_ROLES: Final = msgspec.json.Decoder(dict[int, Role], strict=False)


def look_at(broker: BrokerPlan) -> Sight:
    """How this broker is; NOTHING where it does not answer, or not to clients yet."""
    if _get(f"{broker.management_url}/actuator/health/readiness") is None:
        return NOTHING
    # A broker says that it is ready a moment before its gateway listens.
    if not any(
        _listens(host, broker.ports.behind_grpc or broker.ports.grpc)
        for host in dict.fromkeys((_LOOPBACK, broker.host))
    ):
        return NOTHING
    answer = _get(f"{broker.management_url}/actuator/partitions")
    try:
        roles = {} if answer is None else _ROLES.decode(answer)
    except msgspec.MsgspecError:
        return Sight(ready=True)
    return Sight(
        ready=True,
        leads=frozenset(number for number, role in roles.items() if role.leads),
        follows=frozenset(number for number, role in roles.items() if role.role == "FOLLOWER"),
    )


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S):
            return True
    except OSError:
        return False


def _get(url: str) -> bytes | None:
    """The body of a 200; None for anything else."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read(_ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException):
        return None
    else:
        return body if answer.status == _OK else None
    finally:
        connection.close()
