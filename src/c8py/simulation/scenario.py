"""What is simulated: how many, behind which limit, and by which manners. Values only."""

from typing import Final, Literal

import msgspec

from c8py.base.limits import (
    SIMULATION_HORIZON_S,
    SIMULATION_HOSTS_MAX,
    SIMULATION_PROCESSES_MAX,
    SIMULATION_SECONDS_MAX,
    SIMULATION_SPREAD_S,
)
from c8py.errors import ConfigError
from c8py.serving.rate_limit import Limit

Policy = Literal["every-second", "exponential", "c8py", "c8py-spread", "proxy"]

# In the order from the worst to the best, with what a person reads.
POLICIES: Final[dict[Policy, str]] = {
    "every-second": "each process alone, again every second",
    "exponential": "each process alone, exponential with jitter up to 32 s",
    "c8py": "c8py: hosts share tokens, and spread after a refusal",
    "c8py-spread": "c8py that knows its number: with a start spread",
    "proxy": "all of them at one `c8 auth serve`",
}


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A crowd behind one address, and the token service that it meets.

    Attributes:
        hosts: that share the outgoing address and nothing else.
        processes: on each host; those of c8py share its cache.
        credentials: how many different ones (clients or audiences) the processes of a host use, in turn.
        start_window_s: all processes start within these seconds.
        rate_per_s: token requests a second that the service answers for ever.
        burst: requests that it answers at once before the rate counts.
        block_after: refusals within `block_window_s` after which it refuses the address everything.
        block_window_s: seconds in which refusals are counted.
        block_s: for so long; 0 never blocks.
        block_extends: whether a request during a block begins it anew.
        retry_after: whether a refusal says how long to wait.
        answer_s: seconds from a request to its answer.
        token_lifetime_s: of each token, in seconds.
        start_spread_s: of the policy with a start spread; None takes 1.25 s for each request that hosts will make.
        horizon_s: virtual seconds after which whoever has no token will be taken to never get one.
        seed: of all randomness.
    """

    hosts: int
    processes: int = 1
    credentials: int = 1
    start_window_s: float = 1.0
    rate_per_s: float = 1.0
    burst: int = 5
    block_after: int = 20
    block_window_s: float = 60.0
    block_s: float = 60.0
    block_extends: bool = False
    retry_after: bool = True
    answer_s: float = 0.15
    token_lifetime_s: float = 86_400.0
    start_spread_s: float | None = None
    horizon_s: float = SIMULATION_HORIZON_S
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated.

        Raises:
            ConfigError: a number is out of its bounds.
        """
        for name, low, high in _BOUNDS:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConfigError(f"expected {name} from {low:g} to {high:g}, but it is {value:g}")
        if self.hosts * self.processes > SIMULATION_PROCESSES_MAX:
            raise ConfigError(
                f"expected at most {SIMULATION_PROCESSES_MAX} processes in all, "
                f"but {self.hosts} hosts with {self.processes} each are more"
            )

    @property
    def limit(self) -> Limit:
        """What the service counts by."""
        return Limit(
            rate_per_s=self.rate_per_s,
            burst=self.burst,
            block_s=self.block_s,
            block_after=self.block_after,
            block_window_s=self.block_window_s,
            block_extends=self.block_extends,
            sources_max=1,
        )

    @property
    def spread_s(self) -> float:
        """The start spread that the policy with one uses, in seconds."""
        if self.start_spread_s is not None:
            return self.start_spread_s
        requests = self.hosts * min(self.credentials, self.processes)
        return SIMULATION_SPREAD_S * requests / self.rate_per_s


_BOUNDS: Final[tuple[tuple[str, float, float], ...]] = (
    ("hosts", 1, SIMULATION_HOSTS_MAX),
    ("processes", 1, SIMULATION_PROCESSES_MAX),
    ("credentials", 1, SIMULATION_PROCESSES_MAX),
    ("start_window_s", 0.0, SIMULATION_SECONDS_MAX),
    ("rate_per_s", 0.001, 10_000.0),
    ("burst", 1, 100_000),
    ("block_after", 1, 1_000_000),
    ("block_window_s", 0.001, SIMULATION_SECONDS_MAX),
    ("block_s", 0.0, SIMULATION_SECONDS_MAX),
    ("answer_s", 0.0, 60.0),
    ("token_lifetime_s", 1.0, 30 * SIMULATION_SECONDS_MAX),
    ("start_spread_s", 0.0, SIMULATION_SECONDS_MAX),
    ("horizon_s", 1.0, SIMULATION_SECONDS_MAX),
)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        policy: the manners.
        processes: how many there were.
        requests: token requests of all of them until the last had a token, or the horizon.
        refusals: how many of these were refused.
        blocks: how often the address was refused everything.
        ready: processes that had a token at the end.
        ready_s: when the last of them had it; None where some never had one.
        half_ready_s: when half of them had one; None where that never was.
        requests_per_day: in the steady state that follows, from one token to the next; None where there is none.
        refusals_per_day: how many of these are refused; None as well.
        curve: seconds, and processes with a first token by then; the last entry is the end.
    """

    policy: Policy
    processes: int
    requests: int
    refusals: int
    blocks: int
    ready: int
    ready_s: float | None
    half_ready_s: float | None
    requests_per_day: float | None
    refusals_per_day: float | None
    curve: tuple[tuple[float, int], ...]
