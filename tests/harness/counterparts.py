"""What the servers are that tests call: each says so when it starts, and harness.recording looks up who was called."""

from typing import Final

REAL_ZEEBE: Final = "Zeebe 8.6"
REAL_ENGINE: Final = "engine 8.8"
PLATFORM: Final = "platform"
CONTRACT: Final = "contract"
STUB: Final = "stub"
# In the order of what they prove: real servers, our platform, one that knows the API's rules, one that knows its forms.
KINDS: Final = (REAL_ZEEBE, REAL_ENGINE, PLATFORM, CONTRACT, STUB)

_BY_PORT: Final[dict[str, str | None]] = {}


def say(address: str, kind: str | None) -> None:
    """A server of this kind listens at this address from now on; None for one that proves nothing."""
    _BY_PORT[_port(address)] = kind


def kind_of(address: str) -> str | None:
    """What listens at an address; None where nobody has said so."""
    return _BY_PORT.get(_port(address))


def _port(address: str) -> str:
    return address.rpartition("://")[2].partition("/")[0].rpartition(":")[2]
