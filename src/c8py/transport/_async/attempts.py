"""One call in as many attempts as it takes and its budget allows: retries, and a new token after a refusal."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from c8py.base.clock import Clock
from c8py.errors import C8Error, DeadlineExceeded, Unauthenticated
from c8py.transport._async.headers import AsyncHeaders
from c8py.transport.retry import may_retry, waits

T = TypeVar("T")


async def attempts(
    attempt: Callable[[str, float], Awaitable[T]],  # sync: attempt: Callable[[str, float], T],
    headers: AsyncHeaders,
    clock: Clock,
    *,
    safe: bool,
    timeout_s: float,
    still_open: Callable[[], bool],
    retry: bool = True,
) -> T:
    """The outcome of the first attempt that succeeds.

    Args:
        attempt: makes the call; takes the Authorization header and the seconds that are left, raises C8Error.
        headers: gives the Authorization header.
        clock: tells the time.
        safe: whether the call may take effect twice.
        timeout_s: for all attempts together, in seconds.
        still_open: whether the client is; for one that was closed meanwhile another attempt would open it again.
        retry: whether to try again at all, but for a new token: some callers wait in their own way.

    Raises:
        C8Error: of the last attempt, or the first that another attempt cannot mend.
    """
    deadline_s = clock.monotonic_s() + timeout_s
    header = await headers.header()
    try:
        return await attempt(header, time_left(deadline_s, clock, timeout_s))
    except C8Error as error:
        failed = error
    return await more_attempts(
        failed, header, attempt, headers, clock, safe=safe, deadline_s=deadline_s, still_open=still_open, retry=retry
    )


def time_left(deadline_s: float, clock: Clock, timeout_s: float) -> float:
    """What is left of a call's time once it has its token, in seconds.

    Raises:
        DeadlineExceeded: nothing.
    """
    left_s = deadline_s - clock.monotonic_s()
    if left_s > 0:
        return left_s
    raise DeadlineExceeded(
        f"expected an answer within {timeout_s:g} seconds, but getting a token took all of them; "
        "nothing was sent this time"
    )


async def more_attempts(
    failed: C8Error,
    header: str,
    attempt: Callable[[str, float], Awaitable[T]],  # sync: attempt: Callable[[str, float], T],
    headers: AsyncHeaders,
    clock: Clock,
    *,
    safe: bool,
    deadline_s: float,
    still_open: Callable[[], bool],
    retry: bool,
) -> T:
    """The outcome of the next attempt that succeeds, after one that failed.

    Args:
        failed: what came of it.
        header: that it carried.
        attempt: as for `attempts`, and so are the others.
        headers: give the Authorization header.
        clock: tells the time.
        safe: whether the call may take effect twice.
        deadline_s: when the time of all attempts together is over, on the monotonic clock.
        still_open: whether the client is.
        retry: whether to try again at all, but for a new token.

    Raises:
        C8Error: of the last attempt, or the first that another attempt cannot mend.
    """
    pauses: Iterator[float] | None = None
    renewed = False
    while True:
        if isinstance(failed, Unauthenticated):
            other = None if renewed else await headers.header_after_refusal(header)
            if other is None:
                raise failed
            renewed, header = True, other
        else:
            pauses = pauses or waits(random.random)
            pause_s = next(pauses, None) if retry and may_retry(failed, safe=safe) and still_open() else None
            # Who was told when to come back does not come sooner.
            pause_s = pause_s and max(pause_s, getattr(failed, "retry_after_s", 0.0))
            if pause_s is None or clock.monotonic_s() + pause_s >= deadline_s:
                raise failed
            await asyncio.sleep(pause_s)
            header = await headers.header()
        left_s = deadline_s - clock.monotonic_s()
        if left_s <= 0:
            # What went wrong says more than that there was no time to try again.
            raise failed
        try:
            return await attempt(header, left_s)
        except C8Error as error:
            failed = error
