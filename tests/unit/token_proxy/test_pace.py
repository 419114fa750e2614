import asyncio

import pytest

from c8py.token_proxy.pace import Pace, TooLate, TooMany


@pytest.fixture
def pace(house):
    return Pace(house.clock, spacing_s=1.0, strangers_max=2)


def test_known_ones_go_before_strangers_who_came_sooner(house, pace):
    order = []

    async def go(name, known):
        await pace.turn(known=known, deadline_s=house.clock.monotonic_s() + 60)
        order.append(name)

    async def all_of_them():
        await asyncio.gather(go("first", False), go("stranger", False), go("known", True), go("other", True))

    house.run(all_of_them())
    assert order == ["first", "known", "other", "stranger"]


def test_nobody_goes_while_the_service_wants_to_be_left_alone(house, pace):
    async def wait():
        began_s = house.clock.monotonic_s()
        pace.cool_down(began_s + 20)
        with pytest.raises(TooLate) as late:
            await pace.turn(known=True, deadline_s=began_s + 10)
        assert late.value.wait_s == pytest.approx(20)
        await pace.turn(known=True, deadline_s=began_s + 30)
        return house.clock.monotonic_s() - began_s

    assert house.run(wait()) == pytest.approx(20, abs=0.1)


def test_a_cool_down_that_begins_meanwhile_holds_those_who_wait(house, pace):
    async def wait():
        began_s = house.clock.monotonic_s()
        await pace.turn(known=True, deadline_s=began_s + 60)
        waiting = asyncio.create_task(pace.turn(known=True, deadline_s=began_s + 60))
        await asyncio.sleep(0.5)
        pace.cool_down(began_s + 30)
        await waiting
        return house.clock.monotonic_s() - began_s

    assert house.run(wait()) == pytest.approx(30, abs=0.1)


def test_who_is_cancelled_takes_no_turn(house, pace):
    async def wait():
        began_s = house.clock.monotonic_s()
        await pace.turn(known=True, deadline_s=began_s + 60)
        leaving = asyncio.create_task(pace.turn(known=True, deadline_s=began_s + 60))
        staying = asyncio.create_task(pace.turn(known=True, deadline_s=began_s + 60))
        await asyncio.sleep(0.1)
        leaving.cancel()
        await staying
        return house.clock.monotonic_s() - began_s

    assert house.run(wait()) == pytest.approx(1, abs=0.1)


def test_strangers_beyond_the_limit_are_told_when_to_come_back(house, pace):
    with pace.stranger(), pace.stranger(), pytest.raises(TooMany) as crowd, pace.stranger():
        pass
    assert crowd.value.wait_s >= 2.0
    with pace.stranger():
        assert pace.strangers == 1
