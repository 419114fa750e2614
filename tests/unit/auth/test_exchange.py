"""Rules of getting a token: manners towards a service that counts requests by address."""

from urllib.parse import parse_qs

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.auth import ClientCredentials, HttpResponse, MemoryCache, Patience, Pause, fetch_token, obtain, renew
from c8py.base.clock import ManualClock
from c8py.base.limits import TOKEN_SPACING_S
from c8py.base.redact import Secret
from c8py.errors import ConnectionFailed, TokenRateLimited, TokenRefused, TokenUnavailable

REFUSAL = {"error": "access_denied", "error_description": "Unauthorized"}


def test_the_request_is_a_form_without_empty_fields(service, credentials, clock, answer):
    service.answers = [answer()]
    service.run(fetch_token(credentials, clock=clock))
    request = service.requests[0]
    assert (request.method, request.url) == ("POST", "https://login.example/token")
    assert parse_qs(request.body.decode(), keep_blank_values=True) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id"],
        "client_secret": ["s3cr~t"],
        "audience": ["zeebe"],
    }
    assert "s3cr~t" not in repr(request)


def test_a_token_is_asked_for_once_and_then_remembered(service, answer):
    service.answers = [answer()]
    assert service.ask() == service.ask()
    assert len(service.requests) == 1


def test_a_token_is_asked_for_again_when_it_is_no_longer_usable(service, answer, clock):
    service.answers = [answer(), answer(body={"access_token": "next", "expires_in": 300})]
    service.ask()
    clock.advance(295)
    assert service.ask().value == Secret("next")


def test_a_change_of_the_wall_clock_changes_nothing(service, answer, clock):
    service.answers = [answer()]
    service.ask()
    clock.skew(1_000_000)
    service.ask()
    assert len(service.requests) == 1


@pytest.mark.parametrize("change", ["client_id", "audience", "scope", "resource", "token_url"])
def test_tokens_of_other_requests_are_other_tokens(change, service, answer, credentials):
    service.answers = [answer(), answer(body={"access_token": "other", "expires_in": 300})]
    service.ask()
    other = msgspec.structs.replace(credentials, **{change: "https://other"})
    token = service.ask(other)
    assert token.value == Secret("other")


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_remembered_for_these_very_credentials(status, service, answer, credentials):
    service.answers = [answer(status, REFUSAL)]
    for _ in range(3):
        with pytest.raises(TokenRefused) as raised:
            service.ask()
        assert raised.value.status == status
        assert raised.value.error == "access_denied"
        assert raised.value.hint
    assert len(service.requests) == 1
    changed = msgspec.structs.replace(credentials, client_secret=Secret("another"))
    assert service.cache.read(changed.key).refusal is None


def test_refused_credentials_are_tried_again_later_and_then_later_still(service, answer, clock):
    service.answers = [answer(401, REFUSAL)] * 3
    for wait_s in (0, 61, 61):
        clock.advance(wait_s)
        with pytest.raises(TokenRefused):
            service.ask()
    assert len(service.requests) == 2


def test_clearing_the_cache_forgets_refusals(service, answer):
    service.answers = [answer(401, REFUSAL), answer()]
    with pytest.raises(TokenRefused):
        service.ask()
    service.cache.clear()
    assert service.ask().value == Secret("eyJtoken")


def test_a_rate_limit_is_waited_for_as_long_as_it_says(service, answer):
    service.patience = msgspec.structs.replace(service.patience, uniform=lambda: 0.0)
    service.answers = [answer(429, {"error": "too_many_requests"}, retry_after="7"), answer()]
    service.ask()
    assert service.pauses[0] >= 7


def refused_for_s(service, answer, *, retry_after: str) -> float:
    service.answers = [answer(429, {}, retry_after=retry_after)]
    with pytest.raises(TokenRateLimited) as raised:
        service.ask()
    return raised.value.retry_after_s


def test_hosts_that_were_refused_together_return_apart_and_further_apart_each_time(service, answer, clock):
    """None of them can see the others: `c8 auth simulate` says how wide is wide enough."""
    waits = []
    for _ in range(4):
        waits.append(refused_for_s(service, answer, retry_after="60"))
        clock.advance(waits[-1] + 1)
    assert waits == [60 + 30, 60 + 210, 60 + 210, 60 + 210]


def test_a_token_between_two_cool_downs_makes_the_second_the_first(service, answer, clock):
    clock.advance(refused_for_s(service, answer, retry_after="60") + 1)
    service.answers = [answer()]
    service.ask()
    clock.advance(301)
    assert refused_for_s(service, answer, retry_after="60") == 60 + 30


def test_so_does_a_long_time(service, answer, clock):
    clock.advance(refused_for_s(service, answer, retry_after="60") + 1000)
    assert refused_for_s(service, answer, retry_after="60") == 60 + 30


def test_a_refusal_of_a_moment_is_no_reason_to_wait_longer_the_next_time(service, answer, clock):
    for _ in range(3):
        assert refused_for_s(service, answer, retry_after="1") == 1 + 30
        clock.advance(40)


def test_a_token_does_not_end_a_cool_down_that_another_client_met_meanwhile(service, answer, credentials, clock):
    flow = service.obtaining()
    next(flow)
    other = msgspec.structs.replace(credentials, client_id="other")
    service.answers = [answer(429, {}, retry_after="60")]
    with pytest.raises(TokenRateLimited):
        service.ask(other)
    with pytest.raises(StopIteration):
        flow.send(answer())
    assert service.cache.read(other.key).cool_until_s == clock.monotonic_s() + 90


def test_a_host_that_is_one_of_many_begins_at_a_moment_of_its_own(service, answer, credentials, clock):
    service.patience = msgspec.structs.replace(service.patience, start_spread_s=20.0)
    service.answers = [answer(), answer()]
    service.ask()
    assert service.pauses[0] == pytest.approx(20.0, abs=1.1)
    assert len(service.requests) == 1
    # Once: other clients of the host follow when it is their turn, for it has waited.
    service.ask(msgspec.structs.replace(credentials, audience="other"))
    assert service.pauses[1:] == [TOKEN_SPACING_S]


def test_a_start_that_is_too_far_away_for_the_caller_is_an_error_that_says_when(service, clock):
    service.patience = msgspec.structs.replace(service.patience, start_spread_s=280.0)
    for left_s in (280, 270):
        with pytest.raises(TokenRateLimited) as raised:
            service.ask()
        assert raised.value.retry_after_s == left_s
        clock.advance(10)
    assert service.requests == []


def test_who_has_a_token_does_not_wait_for_a_start(service, answer):
    service.answers = [answer()]
    service.ask()
    service.patience = msgspec.structs.replace(service.patience, start_spread_s=280.0)
    service.ask()
    assert service.pauses == []


def test_a_rate_limit_longer_than_the_budget_is_an_error_and_nobody_asks_meanwhile(service, answer):
    service.answers = [answer(429, b"<html>slow down</html>", retry_after="600")]
    for _ in range(2):
        with pytest.raises(TokenRateLimited) as raised:
            service.ask()
        assert raised.value.retry_after_s > 590
    assert len(service.requests) == 1


def test_a_rate_limit_holds_for_every_client_of_the_same_service(service, answer, credentials):
    service.answers = [answer(429, {}, retry_after="600")]
    with pytest.raises(TokenRateLimited):
        service.ask()
    other = msgspec.structs.replace(credentials, client_id="other")
    with pytest.raises(TokenRateLimited):
        service.ask(other)


@pytest.mark.parametrize("trouble", [500, 502, 503, 408])
def test_a_service_in_trouble_is_asked_again_with_growing_pauses(trouble, service, answer):
    service.answers = [answer(trouble, b""), answer(trouble, b""), answer()]
    service.ask()
    assert service.pauses == [1.0 + 1, 2.0 + 1]  # and a little more than the others who wait for the same moment


def test_a_service_that_cannot_be_reached_is_unavailable_after_the_budget(service, clock):
    service.answers = [ConnectionFailed("refused", sent=False)] * 20
    began_s = clock.monotonic_s()
    with pytest.raises(TokenUnavailable, match=r"login\.example"):
        service.ask()
    assert clock.monotonic_s() - began_s <= 30
    assert len(service.requests) <= 6


def test_only_one_asks_and_the_others_are_given_the_same_token(service, answer):
    first = service.obtaining()
    next(first)
    second = service.obtaining()
    assert isinstance(next(second), Pause)
    with pytest.raises(StopIteration) as done:
        first.send(answer())
    with pytest.raises(StopIteration) as told:
        second.send(None)
    assert told.value.value == done.value.value


def test_who_is_interrupted_while_asking_leaves_it_to_the_next(service, answer):
    interrupted = service.obtaining()
    next(interrupted)
    interrupted.close()
    service.answers = [answer()]
    assert service.ask()


def test_waiting_for_somebody_else_has_an_end(service, credentials):
    assert service.cache.try_lock(credentials.key)
    with pytest.raises(TokenUnavailable, match="somebody else"):
        service.ask()


def test_a_renewal_asks_once_and_a_failed_one_leaves_the_token(service, answer, clock):
    service.answers = [answer(), answer(503, b"")]
    token = service.ask()
    clock.advance(250)
    with pytest.raises(TokenUnavailable):
        service.renew()
    assert service.ask() == token


def test_a_renewal_does_nothing_where_it_is_done_or_being_done(service, answer, credentials, clock):
    service.answers = [answer()]
    token = service.ask()
    assert service.renew() == token
    clock.advance(250)
    service.cache.try_lock(credentials.key)
    assert service.renew() is None
    assert len(service.requests) == 1


def test_a_renewal_respects_a_cool_down(service, answer, credentials, clock):
    service.answers = [answer()]
    service.ask()
    clock.advance(250)
    service.cache.cool_down(credentials.key, clock.monotonic_s() + 60)
    assert service.renew() is None


def test_dropping_a_token_spares_the_one_that_took_its_place(service, answer, credentials, clock):
    service.answers = [answer(), answer(body={"access_token": "next", "expires_in": 300})]
    old = service.ask()
    clock.advance(299)
    new = service.ask()
    service.cache.drop(credentials.key, old)
    assert service.cache.read(credentials.key).token == new
    service.cache.drop(credentials.key, new)
    assert service.cache.read(credentials.key).token is None


def test_the_cache_has_an_end(credentials, answer, service):
    for number in range(1100):
        other = msgspec.structs.replace(credentials, client_id=str(number))
        service.answers = [answer()]
        service.ask(other)
    assert service.cache.read(msgspec.structs.replace(credentials, client_id="0").key).token is None
    assert service.cache.read(msgspec.structs.replace(credentials, client_id="1099").key).token is not None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.floats(min_value=0, max_value=500)),
        st.tuples(st.just("ask"), st.sampled_from([200, 401, 429, 503]), st.floats(min_value=0, max_value=400)),
        st.tuples(st.just("renew"), st.sampled_from([200, 503]), st.floats(min_value=0, max_value=400)),
    ),
    max_size=30,
)


@given(steps=STEPS)
def test_no_history_makes_the_cache_serve_an_invalid_token(steps):
    clock, cache = ManualClock(), MemoryCache()
    who = ClientCredentials(token_url="https://x", client_id="id", client_secret=Secret("s"))
    patience = Patience(uniform=lambda: 0.5, budget_s=30.0)
    for kind, *how in steps:
        if kind == "wait":
            clock.advance(how[0])
            continue
        status, lifetime_s = how
        flow = (
            obtain(who, cache=cache, clock=clock, patience=patience)
            if kind == "ask"
            else renew(who, cache=cache, clock=clock)
        )
        body = f'{{"access_token":"t","expires_in":{lifetime_s}}}'.encode()
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    clock.advance(step.seconds)
                    step = flow.send(None)
                else:
                    step = flow.send(HttpResponse(status=status, headers={}, body=body if status == 200 else b""))
        except StopIteration as ended:
            served = ended.value is None or ended.value.usable(clock.monotonic_s())
            assert served
        except (TokenRefused, TokenRateLimited, TokenUnavailable):
            pass
        assert cache.try_lock(who.key)
        cache.unlock(who.key)
