"""The token service as a crowd behind one address meets it, and a diary of what it was asked.

The limit is the one that the local platform applies. Refuses nothing but by that limit: credentials are always right.
"""

import math
from array import array
from typing import Final

import msgspec

from c8py.auth import HttpResponse
from c8py.base.clock import Clock
from c8py.serving.rate_limit import RateLimit
from c8py.simulation.scenario import Scenario

_ADDRESS: Final = "the address that all share"


class Diary:
    """When the service granted and refused, and when it blocked: virtual seconds each."""

    def __init__(self) -> None:
        self.granted_s = array("d")
        self.refused_s = array("d")
        self.blocks_s: list[tuple[float, float]] = []

    @property
    def requests(self) -> int:
        """How many there were."""
        return len(self.granted_s) + len(self.refused_s)


class TokenService:
    """Answers token requests.

    Args:
        scenario: its limit, and how it tells of it.
        clock: virtual time.
    """

    def __init__(self, scenario: Scenario, *, clock: Clock) -> None:
        self._scenario = scenario
        self._clock = clock
        self._limit = RateLimit(scenario.limit, clock=clock)
        self._tokens = 0
        self.diary = Diary()
        # Requests until then are refused, whatever they are, and change nothing; so nobody need simulate them.
        self.deaf_until_s = 0.0

    def ask(self) -> float:
        """One request: 0.0 when it is granted, otherwise the seconds until the address is heard again."""
        now_s = self._clock.monotonic_s()
        blocks = self._limit.blocks
        refused_for_s = self._limit.refused_for_s(_ADDRESS)
        if refused_for_s <= 0:
            self.diary.granted_s.append(now_s)
            return 0.0
        self.diary.refused_s.append(now_s)
        if self._limit.blocks > blocks:
            self.diary.blocks_s.append((now_s, now_s + refused_for_s))
            if not self._scenario.block_extends:
                self.deaf_until_s = now_s + refused_for_s
        elif self.diary.blocks_s and now_s < self.diary.blocks_s[-1][1]:
            self.diary.blocks_s[-1] = (self.diary.blocks_s[-1][0], now_s + refused_for_s)
        return refused_for_s

    def ask_in_vain(self, when_s: float) -> None:
        """Note a request that is refused because it comes before `deaf_until_s`."""
        self.diary.refused_s.append(when_s)

    def respond(self) -> HttpResponse:
        """One request, and the answer that a client of ours reads."""
        refused_for_s = self.ask()
        if refused_for_s > 0:
            told = {"retry-after": str(math.ceil(refused_for_s))} if self._scenario.retry_after else {}
            return HttpResponse(status=429, headers=told, body=b'{"error":"too_many_requests"}')
        self._tokens += 1
        body = {
            "access_token": f"token-{self._tokens}",
            "token_type": "Bearer",
            "expires_in": self._scenario.token_lifetime_s,
        }
        return HttpResponse(status=200, headers={}, body=msgspec.json.encode(body))
