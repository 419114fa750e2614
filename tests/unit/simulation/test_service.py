import msgspec

from c8py.simulation.scenario import Scenario
from c8py.simulation.service import TokenService
from c8py.simulation.timeline import Timeline


def service_of(**numbers):
    timeline = Timeline()
    scenario = msgspec.structs.replace(Scenario(hosts=1, burst=2, block_after=2), **numbers)
    return TokenService(scenario, clock=timeline), timeline


def let_pass(timeline, seconds):
    timeline.run(timeline.monotonic_s() + seconds, enough=lambda: False)


def test_all_that_is_asked_stands_in_the_diary():
    service, timeline = service_of()
    assert [service.ask() > 0 for _ in range(4)] == [False, False, True, True]
    let_pass(timeline, 61)
    assert service.ask() == 0
    assert list(service.diary.granted_s) == [0, 0, 61]
    assert list(service.diary.refused_s) == [0, 0]
    assert service.diary.blocks_s == [(0, 60)]


def test_a_block_that_every_request_extends_is_one_block():
    service, timeline = service_of(block_extends=True)
    for _ in range(4):
        service.ask()
    let_pass(timeline, 30)
    service.ask()
    assert service.diary.blocks_s == [(0, 90)]
    assert service.deaf_until_s == 0


def test_a_refusal_says_how_long_to_wait_in_whole_seconds():
    service, timeline = service_of(block_after=1)
    assert [service.respond().status for _ in range(3)] == [200, 200, 429]
    let_pass(timeline, 0.5)
    assert service.respond().headers == {"retry-after": "60"}


def test_a_refusal_may_not_say_how_long_to_wait():
    service, _ = service_of(retry_after=False)
    assert [service.respond().headers for _ in range(3)] == [{}, {}, {}]


def test_every_token_is_another_and_says_its_lifetime():
    service, _ = service_of(token_lifetime_s=300.0)
    first, second = (msgspec.json.decode(service.respond().body) for _ in range(2))
    assert first["access_token"] != second["access_token"]
    assert first["expires_in"] == 300
