"""Time is handed in."""

import time

from c8py.base.clock import ManualClock, SystemClock


def test_a_manual_clock_stands_still_until_moved():
    clock = ManualClock(start_ms=1_000)
    assert (clock.now_ms(), clock.now_ms()) == (1_000, 1_000)
    before = clock.monotonic_s()
    clock.advance(1.5)
    assert clock.now_ms() == 2_500
    assert clock.monotonic_s() - before == 1.5


def test_a_correction_of_the_wall_clock_leaves_ageing_alone():
    clock = ManualClock()
    before = clock.monotonic_s(), clock.now_ms()
    clock.skew(-3_600)
    assert clock.monotonic_s() == before[0]
    assert clock.now_ms() == before[1] - 3_600_000


def test_the_system_clock_tells_the_machines_time():
    clock = SystemClock()
    assert abs(clock.now_ms() - time.time() * 1000) < 5_000
    assert clock.monotonic_s() <= clock.monotonic_s()
