"""Manners towards a token service, in virtual time: turns, trouble, haste, and what goes wrong on a bad day."""

import contextlib
from itertools import pairwise

import msgspec
import pytest

from c8py.auth import FileCache, MemoryCache, TokenState
from c8py.base.backoff import Backoff
from c8py.base.clock import ManualClock
from c8py.base.limits import TOKEN_SPACING_S
from c8py.base.redact import Secret
from c8py.errors import ConnectionFailed, TokenRateLimited, TokenRefused, TokenUnavailable

REFUSAL = {"error": "access_denied", "error_description": "Unauthorized"}
DAY_S = 86_400.0


@pytest.fixture(params=["memory", "file"])
def cache(request, clock, tmp_path):
    return MemoryCache() if request.param == "memory" else FileCache(tmp_path / "tokens", clock)


@pytest.fixture
def service(service, cache):
    service.cache = cache
    return service


def other(credentials, name):
    return msgspec.structs.replace(credentials, client_id=name)


def test_ten_clients_of_a_host_ask_one_after_the_other(service, answer, credentials, clock):
    asked_s = []
    service.answers = [answer() for _ in range(10)]
    for number in range(10):
        service.ask(other(credentials, f"c{number}"))
        asked_s.append(clock.monotonic_s())
    assert all(later - sooner >= TOKEN_SPACING_S for sooner, later in pairwise(asked_s))


def test_a_single_client_waits_for_no_turn(service, answer):
    service.answers = [answer()]
    service.ask()
    assert service.pauses == []


def test_a_wrong_secret_costs_the_others_a_turn_and_nothing_else(service, answer, credentials):
    service.answers = [answer(401, REFUSAL), answer()]
    with pytest.raises(TokenRefused):
        service.ask(other(credentials, "wrong"))
    assert service.ask().value == Secret("eyJtoken")
    assert service.pauses == [TOKEN_SPACING_S]


def test_whose_turn_comes_too_late_is_told_when_it_would_be(service, answer, credentials):
    for _ in range(40):
        service.cache.reserve(credentials.key, now_s=service.clock.monotonic_s(), spacing_s=1.0)
    with pytest.raises(TokenRateLimited) as raised:
        service.ask()
    assert raised.value.retry_after_s == pytest.approx(40, abs=1)
    assert service.requests == []


def test_a_service_in_trouble_is_left_alone_by_everybody(service, answer, credentials):
    service.patience = msgspec.structs.replace(
        service.patience, backoff=Backoff(initial_s=10.0, factor=2.0, max_s=60.0, attempts_max=1)
    )
    service.answers = [answer(503, b"")]
    with pytest.raises(TokenUnavailable) as raised:
        service.ask()
    assert raised.value.retry_after_s == 10
    service.patience = msgspec.structs.replace(service.patience, budget_s=5.0)
    with pytest.raises(TokenUnavailable, match="left alone for 10 more seconds") as raised:
        service.ask(other(credentials, "another"))
    assert raised.value.retry_after_s == pytest.approx(10)
    assert len(service.requests) == 1


def test_an_answer_ends_the_trouble(service, answer, credentials, clock):
    service.answers = [answer(503, b""), answer(503, b""), answer()]
    service.ask()
    assert service.cache.read(credentials.key).troubles == 0
    clock.advance(301)
    service.answers, service.pauses = [answer(503, b""), answer()], []
    service.ask()
    assert service.pauses == [1.0 + 1]


def test_who_is_in_a_hurry_is_told_at_once(service, answer):
    service.patience = msgspec.structs.replace(service.patience, fail_fast=True)
    service.answers = [ConnectionFailed("refused", sent=False)]
    with pytest.raises(TokenUnavailable):
        service.ask()
    with pytest.raises(TokenUnavailable, match="left alone"):
        service.ask()
    assert service.pauses == []
    assert len(service.requests) == 1


def test_a_token_may_count_as_ended_early(service, answer, clock):
    service.patience = msgspec.structs.replace(service.patience, refresh_early_s=100.0)
    service.answers = [answer()]
    token = service.ask()
    clock.advance(195)
    assert token.state(clock.monotonic_s()) is TokenState.INVALID
    service.answers = [answer()]
    service.patience = msgspec.structs.replace(service.patience, refresh_early_s=10_000.0)
    assert service.ask().usable(clock.monotonic_s())


def test_an_outage_of_ten_minutes_costs_no_call_and_few_requests(service, answer, clock):
    """A token that lasts an hour goes stale in the middle of it; each attempt to renew is one of the host's."""
    service.answers = [answer(body={"access_token": "long", "expires_in": 3600})]
    token = service.ask()
    clock.advance(3600 - 170)
    began_s, asked = clock.monotonic_s(), len(service.requests)
    service.answers = [ConnectionFailed("down", sent=False)] * 1000
    while clock.monotonic_s() < began_s + 120:
        assert token.usable(clock.monotonic_s())
        assert service.ask() == token
        with contextlib.suppress(TokenUnavailable):
            service.renew()
        clock.advance(0.5)
    assert 5 < len(service.requests) - asked < 25


def test_three_minutes_of_429_are_asked_about_a_few_times(service, answer, clock, credentials):
    service.answers = [answer(429, {}, retry_after="60")] * 1000
    end_s = clock.monotonic_s() + 180
    while clock.monotonic_s() < end_s:
        with pytest.raises(TokenRateLimited) as raised:
            service.ask()
        assert raised.value.retry_after_s > 0
        clock.advance(1)
    assert len(service.requests) <= 3
    service.answers = [answer()]
    clock.advance(service.cache.read(credentials.key).cool_until_s - clock.monotonic_s() + 1)
    assert service.ask().value == Secret("eyJtoken")


def test_a_slow_no_holds_up_nobody_else(service, answer, credentials):
    """SaaS answers to known wrong credentials after half a minute; others meanwhile have theirs."""
    slow = service.obtaining(other(credentials, "wrong"))
    next(slow)  # its request is under way, and stays so
    service.answers = [answer()]
    assert service.ask().value == Secret("eyJtoken")
    with pytest.raises(TokenRefused):
        slow.send(answer(401, REFUSAL))


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
def test_a_wall_clock_that_jumps_a_day_ends_no_token_and_no_cool_down(service, answer, clock, credentials, jump_s):
    service.answers = [answer()]
    token = service.ask()
    clock.skew(jump_s)
    assert service.ask().value == token.value
    assert len(service.requests) == 1


@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
def test_another_process_after_a_jump_fetches_at_most_one_token(answer, clock, service, tmp_path, jump_s):
    service.cache = FileCache(tmp_path / "shared", clock)
    service.answers = [answer(), answer()]
    service.ask()
    clock.skew(jump_s)
    service.cache = FileCache(tmp_path / "shared", clock)
    service.ask()
    service.ask()
    assert len(service.requests) <= 2
    assert max(service.pauses, default=0) <= 1.0


def test_a_token_that_was_taken_back_is_fetched_anew_once(service, answer, clock, credentials):
    service.answers = [answer(), answer(body={"access_token": "next", "expires_in": 300})]
    revoked = service.ask()
    service.cache.drop(credentials.key, revoked)
    clock.advance(5)
    assert service.ask().value == Secret("next")
    service.cache.drop(credentials.key, revoked)
    assert service.ask().value == Secret("next")


def test_a_rotated_secret_hurts_only_who_still_has_the_old_one(service, answer, clock, credentials):
    service.answers = [answer()]
    service.ask()
    clock.advance(301)
    new = msgspec.structs.replace(credentials, client_secret=Secret("new-one"))
    service.answers = [answer(401, REFUSAL), answer(body={"access_token": "fresh", "expires_in": 300})]
    with pytest.raises(TokenRefused):
        service.ask()
    assert service.ask(new).value == Secret("fresh")
    with pytest.raises(TokenRefused, match="not tried again"):
        service.ask()
    assert len(service.requests) == 3


def test_turns_dated_by_a_wrong_clock_are_not_waited_for(clock, credentials, tmp_path):
    early = ManualClock(start_ms=clock.now_ms() + 7 * 86_400_000)
    FileCache(tmp_path, early).reserve(credentials.key, now_s=early.monotonic_s(), spacing_s=1.0)
    cache = FileCache(tmp_path, clock)
    assert cache.reserve(credentials.key, now_s=clock.monotonic_s(), spacing_s=1.0) == 0
