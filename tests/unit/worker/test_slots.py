"""One number, taken in the order of asking, never given out twice."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from c8py.worker.slots import Slots


def test_what_is_free_is_shared_with_who_waits(virtual):
    async def story() -> list[int]:
        slots = Slots(4)
        assert await slots.take(4) == 4
        first, second = asyncio.create_task(slots.take(4)), asyncio.create_task(slots.take(4))
        await asyncio.sleep(0)
        slots.give(4)
        return [await first, await second]

    assert virtual(story()) == [2, 2]


def test_a_received_job_stands_before_those_who_ask(virtual):
    async def story() -> list[str]:
        slots, order = Slots(1), []

        async def take(name: str, *, ahead: bool) -> None:
            await slots.take(1, ahead=ahead)
            order.append(name)

        await slots.take(1)
        waiting = [asyncio.create_task(take("poll", ahead=False)), asyncio.create_task(take("job", ahead=True))]
        await asyncio.sleep(0)
        slots.give(1)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        slots.give(1)
        await asyncio.gather(*waiting)
        return order

    assert virtual(story()) == ["job", "poll"]


def test_who_gives_up_waiting_leaves_the_turn_to_the_next(virtual):
    async def story() -> int:
        slots = Slots(1)
        await slots.take(1)
        leaving, staying = asyncio.create_task(slots.take(1)), asyncio.create_task(slots.take(1))
        await asyncio.sleep(0)
        slots.give(1)
        leaving.cancel()
        async with asyncio.timeout(1):
            return await staying

    assert virtual(story()) == 1


def test_lingering_brings_a_batch_together(virtual):
    async def story() -> int:
        slots = Slots(4)
        await slots.take(4)
        asking = asyncio.create_task(slots.take(4, enough=4, linger_s=0.1))
        for _ in range(3):
            await asyncio.sleep(0.01)
            slots.give(1)
        return await asking

    assert virtual(story()) == 3


def test_what_is_enough_is_taken_without_lingering(virtual):
    async def story() -> tuple[int, float]:
        slots = Slots(4)
        await slots.take(4)
        begun_s = asyncio.get_running_loop().time()
        asking = asyncio.create_task(slots.take(4, enough=2, linger_s=10))
        for _ in range(2):
            await asyncio.sleep(0.01)
            slots.give(1)
        return await asking, asyncio.get_running_loop().time() - begun_s

    granted, took_s = virtual(story())
    assert granted == 2
    assert took_s < 1


def test_a_slot_that_is_free_already_lingers_for_its_batch_too(virtual):
    async def story() -> int:
        slots = Slots(4)
        await slots.take(3)
        asking = asyncio.create_task(slots.take(4, enough=2, linger_s=0.1))
        await asyncio.sleep(0.01)
        slots.give(2)
        return await asking

    assert virtual(story()) == 3


def test_those_who_linger_share_what_comes_free(virtual):
    async def story() -> list[int]:
        slots = Slots(4)
        await slots.take(4)
        asking = [asyncio.create_task(slots.take(4, enough=4, linger_s=0.1)) for _ in range(2)]
        await asyncio.sleep(0.01)
        slots.give(4)
        return sorted(await asyncio.gather(*asking))

    assert virtual(story()) == [2, 2]


def test_relief_is_told_when_there_was_none(virtual):
    async def story() -> list[bool]:
        slots = Slots(2)
        relief = slots.new_relief()
        await slots.take(1)
        slots.give(1)
        before = relief.is_set()
        await slots.take(2)
        slots.give(1)
        return [before, relief.is_set()]

    assert virtual(story()) == [False, True]


@settings(max_examples=60)
@given(
    size=st.integers(1, 5),
    takers=st.lists(
        st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, 5), st.booleans(), st.booleans()), max_size=12
    ),
)
def test_slots_are_never_given_out_twice_and_nobody_waits_for_ever(virtual, size, takers):
    async def story() -> None:
        slots, held = Slots(size), 0

        async def take(most: int, enough: int, pause: int, *, ahead: bool, cancelled: bool) -> None:
            nonlocal held
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(2 if cancelled else None):
                    got = await slots.take(most, enough=enough, linger_s=0.5, ahead=ahead)
            except TimeoutError:
                return
            held += got
            assert held <= size
            await asyncio.sleep(1)
            held -= got
            slots.give(got)

        await asyncio.gather(
            *(
                take(most, enough, pause, ahead=ahead, cancelled=gives_up)
                for most, enough, pause, ahead, gives_up in takers
            )
        )
        assert slots.free == size

    virtual(story())
