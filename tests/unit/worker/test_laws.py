"""Whatever fails on the way: each job is worked on by one, reported once, and never more at once than allowed."""

import asyncio
from collections import Counter, deque

from hypothesis import given, settings
from hypothesis import strategies as st

from c8py.errors import (
    Aborted,
    ConnectionFailed,
    DeadlineExceeded,
    ResourceExhausted,
    ServerFault,
    TokenRateLimited,
    Unavailable,
)
from c8py.worker import Worker

FAULTS = st.sampled_from(
    [
        Unavailable("down"),
        ConnectionFailed("gone"),
        ResourceExhausted("busy"),
        DeadlineExceeded("late"),
        Aborted("lost"),
        ServerFault("oops"),
        TokenRateLimited("slow", retry_after_s=3),
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    max_jobs=st.integers(1, 6),
    streams=st.booleans(),
    works_s=st.lists(st.floats(0, 20), min_size=1, max_size=25),
    comes_s=st.lists(st.floats(0, 30), min_size=25, max_size=25),
    faults=st.fixed_dictionaries(
        {command: st.lists(FAULTS, max_size=8) for command in ("activate", "stream", "complete")}
    ),
)
def test_every_job_is_done_once_within_the_capacity(  # noqa: PLR0917  pytest and hypothesis pass by name
    virtual, make_gateway, loop_clock, make_job, max_jobs, streams, works_s, comes_s, faults
):
    gateway = make_gateway(streams=streams)
    gateway.faults = {command: deque(planned) for command, planned in faults.items()}
    worker = Worker(gateway, max_jobs=max_jobs, clock=loop_clock)
    begun: Counter[int] = Counter()
    running = peak = 0

    @worker.task("t", timeout_s=3600)
    async def handler(n: int) -> dict[str, int]:
        nonlocal running, peak
        begun[n] += 1
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(works_s[n])
        running -= 1
        return {"n": n}

    async def bring(n: int) -> None:
        await asyncio.sleep(comes_s[n])
        gateway.add(make_job(n, n=n))

    async def story() -> None:
        working = asyncio.create_task(worker.run_async(signals=False))
        await asyncio.gather(*(bring(n) for n in range(len(works_s))))
        async with asyncio.timeout(3000):
            while len(gateway.completed) < len(works_s):  # noqa: ASYNC110  the gateway by hand has no events
                await asyncio.sleep(0.5)
        worker.stop()
        await working

    virtual(story())

    assert begun == Counter(range(len(works_s)))
    assert gateway.failed == []
    assert gateway.open == set()
    assert peak <= max_jobs
    if not streams:
        assert gateway.open_max <= max_jobs
