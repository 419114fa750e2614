"""Rules of the twin primitives: one piece of work at a time, whoever asks."""

import asyncio
import threading

import pytest

from c8py.base.twins import AsyncFlight, AsyncOwn, Flight, Own
from harness.forks import forked
from harness.processes import wait_until


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


def test_threads_that_come_while_work_goes_on_are_given_its_outcome():
    flight, crowd = Flight(), Crowd(10)
    outcomes = crowd.outcomes_of(flight, object)
    assert len(crowd.began) == 1
    assert len(set(outcomes)) == 1
    assert flight.run(lambda: "anew") == "anew"


def test_threads_that_come_while_work_goes_on_are_told_its_failure():
    flight, crowd = Flight(), Crowd(10)

    def failing():
        raise ValueError("no")

    outcomes = crowd.outcomes_of(flight, failing)
    assert len(crowd.began) == 1
    assert {(type(outcome), str(outcome)) for outcome in outcomes} == {(ValueError, "no")}
    assert flight.run(lambda: "anew") == "anew"


def test_who_is_interrupted_leaves_the_work_to_those_who_wait():
    """Ctrl-C reaches one thread; the others still want what it was fetching."""
    flight, crowd = Flight(), Crowd(5)

    def interrupted_once():
        if len(crowd.began) == 1:
            raise KeyboardInterrupt
        return "fetched"

    outcomes = crowd.outcomes_of(flight, interrupted_once)
    assert sorted(map(repr, outcomes)) == ["'fetched'"] * 4 + ["KeyboardInterrupt()"]


def test_in_a_fork_nobody_waits_for_a_thread_of_the_parent():
    said = forked(
        imports="from c8py.base.twins import Flight",
        before="""
            flight, began, gate = Flight(), threading.Event(), threading.Event()
            thread = threading.Thread(target=lambda: flight.run(lambda: (began.set(), gate.wait(60))))
            thread.start(); began.wait(60)
        """,
        child="print(flight.run(lambda: 'own work'))",
        after="gate.set(); thread.join()",
    )
    assert said == "own work"


class Crowd:
    """Threads that all come while the first of them is at work."""

    def __init__(self, size):
        self.size = size
        self.began = []
        self.all_there = threading.Barrier(size)

    def outcomes_of(self, flight, work):
        def gated():
            self.began.append(1)
            if len(self.began) == 1:
                # The future where the others wait rings no bell when somebody comes.
                wait_until("the others", lambda: len(flight._going._condition._waiters) == self.size - 1, deadline_s=10)
            return work()

        def one(outcomes):
            self.all_there.wait(10)
            try:
                outcomes.append(flight.run(gated))
            except BaseException as error:  # noqa: BLE001  an interruption is one of the outcomes
                outcomes.append(error)

        outcomes = []
        threads = [threading.Thread(target=one, args=(outcomes,)) for _ in range(self.size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        return outcomes


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


def test_each_loop_has_its_own_and_leaves_it_to_nobody():
    own = AsyncOwn()

    async def twice():
        first = own.get(object)
        assert own.get(object) is first
        assert own.holds(first)
        return first

    async def closed():
        first = await twice()
        assert own.pop() is first
        assert own.pop() is None
        assert not own.holds(first)
        return first

    assert len({asyncio.run(closed()), asyncio.run(twice()), asyncio.run(twice())}) == 3
    assert len(own._made) == 1, "what belonged to loops that are over is let go of"


def test_threads_share_what_a_process_has_of_its_own():
    own, made = Own(), []
    threads = [threading.Thread(target=lambda: made.append(own.get(object))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert own.holds(made[0])
    assert own.pop() is made[0]
    assert own.pop() is None


def test_a_fork_has_its_own():
    said = forked(
        imports="from c8py.base.twins import Own",
        before="own = Own(); inherited = own.get(object)",
        child="print(own.holds(inherited), own.get(object) is inherited, own.get(object) is own.get(object))",
        after="assert own.holds(inherited)",
    )
    assert said == "False False True"


def test_without_a_loop_nothing_belongs_to_one():
    with pytest.raises(RuntimeError):
        AsyncOwn().get(object)
