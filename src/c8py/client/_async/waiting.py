"""Waits until a question has the answer that is wanted: what a search finds may lag behind what has happened."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from c8py.base.backoff import Backoff
from c8py.base.clock import Clock
from c8py.base.limits import WAIT_LOOKS_MAX
from c8py.errors import DeadlineExceeded, NotFound

Answer = TypeVar("Answer")

_LOOKS = Backoff(initial_s=0.05, factor=1.5, max_s=1.0, attempts_max=WAIT_LOOKS_MAX)


async def wait_until(
    look: Callable[[], Awaitable[Answer]],  # sync: look: Callable[[], Answer],
    wanted: Callable[[Answer], bool],
    *,
    timeout_s: float,
    clock: Clock,
) -> Answer:
    """The first answer that is wanted.

    Args:
        look: asks; `NotFound` counts as not yet.
        wanted: whether this answer is the one.
        timeout_s: how long to go on asking, in seconds.
        clock: tells the time.

    Raises:
        DeadlineExceeded: it did not come in time.
        C8Error: asking failed for another reason than that there is nothing yet.
    """
    deadline_s = clock.monotonic_s() + timeout_s
    came = "nothing yet"
    for wait_s in _LOOKS.waits(random.random):
        try:
            answer = await look()
        except NotFound:
            came = "nothing yet"
        else:
            if wanted(answer):
                return answer
            came = "another answer"
        if clock.monotonic_s() + wait_s > deadline_s:
            break
        await asyncio.sleep(wait_s)
    raise DeadlineExceeded(
        f"expected the wanted answer within {timeout_s:g} seconds, but there was {came}",
        hint="give it a longer timeout_s, or look whether what it waits for has happened at all",
    )
