from c8py.simulation.timeline import Timeline


def never() -> bool:
    return False


def test_what_is_due_happens_in_order_and_the_clock_jumps():
    timeline, seen = Timeline(), []
    for when_s in (3.0, 1.0, 2.0):
        timeline.at(when_s, lambda: seen.append(timeline.monotonic_s()))
    begin_ms = timeline.now_ms()
    timeline.run(10.0, enough=never)
    assert seen == [1.0, 2.0, 3.0]
    assert timeline.monotonic_s() == 10.0
    assert timeline.now_ms() - begin_ms == 10_000


def test_what_is_due_at_the_same_moment_happens_in_the_order_of_scheduling():
    timeline, seen = Timeline(), []
    for name in "abc":
        timeline.at(1.0, lambda name=name: seen.append(name))
    timeline.run(1.0, enough=never)
    assert seen == ["a", "b", "c"]


def test_an_event_may_schedule_others_and_the_past_is_now():
    timeline, seen = Timeline(), []
    timeline.at(5.0, lambda: timeline.at(1.0, lambda: seen.append(timeline.monotonic_s())))
    timeline.run(10.0, enough=never)
    assert seen == [5.0]


def test_what_is_due_later_stays_due():
    timeline, seen = Timeline(), []
    timeline.at(5.0, lambda: seen.append(1))
    timeline.run(4.0, enough=never)
    assert seen == []
    timeline.run(5.0, enough=never)
    assert seen == [1]


def test_enough_ends_it_at_that_event():
    timeline, seen = Timeline(), []
    for when_s in (1.0, 2.0):
        timeline.at(when_s, lambda: seen.append(1))
    timeline.run(10.0, enough=lambda: bool(seen))
    assert (len(seen), timeline.monotonic_s()) == (1, 1.0)
