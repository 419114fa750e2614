"""Rules of the twin primitives: one piece of work at a time, whoever asks."""

import asyncio
import threading

import pytest

from c8py.base.twins import AsyncFlight, Flight, async_here, here


async def test_who_comes_while_work_goes_on_is_given_its_outcome():
    flight, began, gate = AsyncFlight(), [], asyncio.Event()

    async def work():
        began.append(1)
        await gate.wait()
        return len(began)

    waiting = [asyncio.create_task(flight.run(work)) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await flight.run(work) == 2


async def test_a_failure_is_told_to_all_who_wait_and_the_next_one_tries_anew():
    flight = AsyncFlight()

    async def failing():
        raise ValueError("no")

    async def working():
        return 1

    outcomes = await asyncio.gather(flight.run(failing), flight.run(failing), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no", "no"]
    assert await flight.run(working) == 1


async def test_closing_ends_what_goes_on_in_the_background():
    flight, ended = AsyncFlight(), []

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    flight.spawn(endless)
    await asyncio.sleep(0)
    await flight.aclose()
    assert ended == [1]


def test_work_of_a_loop_that_is_gone_is_not_waited_for():
    flight = AsyncFlight()

    async def work():
        return 1

    async def ask():
        return await flight.run(work)

    assert [asyncio.run(ask()), asyncio.run(ask())] == [1, 1]


def test_threads_do_their_work_one_after_the_other():
    flight, inside, most = Flight(), [], []

    def work():
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    threads = [threading.Thread(target=flight.run, args=(work,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1


def test_work_in_the_background_is_begun_once():
    flight, began, gate = Flight(), [], threading.Event()

    def work():
        began.append(1)
        gate.wait(5)

    flight.spawn(work)
    thread = flight._thread
    flight.spawn(work)
    gate.set()
    assert thread is not None
    thread.join()
    assert began == [1]
    flight.close()


async def test_connections_belong_to_a_loop_or_to_a_process():
    assert async_here() is asyncio.get_running_loop()
    assert here() == here()


def test_without_a_loop_nothing_belongs_to_one():
    with pytest.raises(RuntimeError):
        async_here()
