"""Settings of the gateway, and of the clusters behind it that the embedded engine serves."""

import msgspec

from c8py.base import limits
from c8py.server.settings.bounds import within


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """The edges of the clusters, gRPC and REST.

    Attributes:
        long_polling_s: how long a request for jobs without a timeout of its own waits for one.
        request_timeout_s: how long any other request may take.
        message_bytes_max: size of one request or answer.
        requests_waiting_max: commands that wait for the engine; beyond that callers get RESOURCE_EXHAUSTED.
        polls_waiting_max: long polls and job streams that may be open at once on one cluster.
    """

    long_polling_s: float = 10.0
    request_timeout_s: float = 15.0
    message_bytes_max: int = limits.VARIABLES_BYTES_MAX
    requests_waiting_max: int = 10_000
    polls_waiting_max: int = 10_000

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigError: a number is out of its bounds.
        """
        within(
            "gateway.",
            self,
            {
                "long_polling_s": (0, 3_600),
                "request_timeout_s": (0.05, 3_600),
                "message_bytes_max": (1_024, 64 * 1024 * 1024),
                "requests_waiting_max": (1, 1_000_000),
                "polls_waiting_max": (1, 1_000_000),
            },
        )
