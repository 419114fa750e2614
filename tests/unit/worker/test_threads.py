"""Threads for plain functions: never more than there may be, and what has not started can be dropped."""

import asyncio
import contextvars
import threading

import pytest

from c8py.worker.threads import NeverStarted, Threads


def test_results_and_errors_come_back():
    async def story() -> None:
        threads = Threads(1, "t")
        assert await threads.run(lambda: 42) == 42
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 // 0)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await threads.run(lambda: next(iter(())))
        threads.close()

    asyncio.run(story())


def test_there_are_never_more_threads_than_allowed():
    names: set[str] = set()

    async def story() -> None:
        threads = Threads(2, "t")
        await asyncio.gather(*(threads.run(lambda: names.add(threading.current_thread().name)) for _ in range(50)))
        threads.close()

    asyncio.run(story())
    assert names <= {"t-1", "t-2"}


def test_what_has_not_started_is_dropped():
    go_on = threading.Event()

    async def story() -> None:
        threads = Threads(1, "t")
        first = asyncio.create_task(threads.run(go_on.wait))
        second = asyncio.create_task(threads.run(lambda: None))
        await asyncio.sleep(0.05)
        threads.drop_waiting()
        with pytest.raises(NeverStarted):
            await second
        go_on.set()
        await first
        threads.close()

    asyncio.run(story())


def test_context_goes_along():
    where = contextvars.ContextVar("where", default="nowhere")

    async def story() -> str:
        threads = Threads(1, "t")
        where.set("here")
        try:
            return str(await threads.run(where.get))
        finally:
            threads.close()

    assert asyncio.run(story()) == "here"
