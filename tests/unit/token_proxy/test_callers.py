import pytest

from c8py.base.clock import ManualClock
from c8py.token_proxy.callers import Callers, Who

WHO = Who("https://login.example/oauth/token", "id")


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def callers(clock):
    return Callers(clock, clients_max=3)


def test_nobody_is_accepted_before_the_token_service_said_so(callers):
    assert not callers.accepted(WHO, "one")
    assert callers.paused_s(WHO, "one") == 0.0
    callers.accept(WHO, "one", 0.0)
    assert callers.accepted(WHO, "one")
    assert not callers.accepted(WHO, "two")


def test_digests_are_compared_in_constant_time(callers, monkeypatch):
    """As many comparisons, each of the whole, for a wrong secret as for the right one."""
    compared = []
    monkeypatch.setattr(
        "c8py.token_proxy.callers.hmac.compare_digest", lambda one, other: compared.append((one, other)) or one == other
    )
    callers.accept(WHO, "one", 0.0)
    callers.accepted(WHO, "one")
    callers.accepted(WHO, "wrong")
    assert compared == [("one", "one"), ("one", "wrong")]


def test_another_secret_pauses_all_others_but_not_the_accepted_one(callers, clock):
    callers.accept(WHO, "one", 0.0)
    callers.knock(WHO)
    assert callers.accepted(WHO, "one")
    assert callers.paused_s(WHO, "three") == 60.0
    clock.advance(61)
    assert callers.paused_s(WHO, "three") == 0.0


def test_a_client_longest_unheard_of_is_forgotten(callers):
    whos = [Who(WHO.token_url, str(number)) for number in range(4)]
    for who in whos[:3]:
        callers.accept(who, "one", 0.0)
    callers.accepted(whos[0], "one")
    callers.accept(whos[3], "one", 0.0)
    assert [callers.accepted(who, "one") for who in whos] == [True, False, True, True]


def test_a_token_from_before_the_present_secret_proves_nothing(callers):
    callers.accept(WHO, "one", 100.0)
    assert not callers.may_prove(WHO, 99.0)
    assert callers.may_prove(WHO, 101.0)


def test_a_client_whose_secrets_are_all_refused_is_unknown_again(callers):
    callers.accept(WHO, "one", 0.0)
    callers.refuse(WHO, "one")
    assert not callers.accepted(WHO, "one")
    assert callers.paused_s(WHO, "two") == 0.0
