import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest

from c8py.auth import FileCache, Token
from c8py.base.limits import TOKEN_SPACING_S
from c8py.token_proxy.desk import Later, Refused


def tokens_of(outcomes) -> set[str]:
    assert all(isinstance(one, Token) for one in outcomes), outcomes
    return {one.value.reveal() for one in outcomes}


def test_a_thousand_callers_at_once_cost_one_request(house):
    async def crowd():
        return await asyncio.gather(*(house.ask() for _ in range(1000)))

    assert len(tokens_of(house.run(crowd()))) == 1
    assert len(house.service.asked) == 1


def test_a_held_token_costs_no_request_and_says_what_is_left_of_it(house):
    async def later():
        await house.ask()
        await asyncio.sleep(100.5)
        return await house.request()

    status, headers, body = house.run(later())
    assert (status, headers["cache-control"]) == (200, "no-store")
    assert body == b'{"access_token":"eyJ1-zeebe","scope":"abc","expires_in":3499,"token_type":"Bearer"}'
    assert len(house.service.asked) == 1


def test_a_token_is_renewed_ahead_of_its_end_by_one_request_while_the_old_one_serves(house):
    async def near_the_end():
        first = await house.ask()
        await asyncio.sleep(3500)
        house.service.delay_s = 5.0
        meanwhile = await asyncio.gather(*(house.ask() for _ in range(50)))
        await asyncio.sleep(6)
        return first, meanwhile, await house.ask()

    first, meanwhile, after = house.run(near_the_end())
    assert tokens_of(meanwhile) == tokens_of([first])
    assert tokens_of([after]) == {"eyJ2-zeebe"}
    assert len(house.service.asked) == 2


def test_everyone_is_served_while_the_service_is_down_for_ten_minutes(house, down):
    async def outage():
        house.service.lifetime_s = 24_000
        first = await house.ask()
        await asyncio.sleep(24_000 - 660)
        house.service.answer = down
        outcomes = []
        for _ in range(600):
            await asyncio.sleep(1)
            outcomes.append(await house.ask())
        house.service.answer = None
        await asyncio.sleep(40)
        await house.ask()
        await asyncio.sleep(5)
        return first, outcomes, await house.ask()

    first, outcomes, after = house.run(outage())
    assert tokens_of(outcomes) == tokens_of([first])
    assert tokens_of([after]) != tokens_of([first])
    assert len(house.service.asked) <= 2 + 600 / 10


def test_everyone_is_served_while_the_service_limits_for_three_minutes(house, said):
    async def limited():
        house.service.lifetime_s = 24_000
        first = await house.ask()
        await asyncio.sleep(23_000)
        house.service.answer = lambda _fields: said(429, {"error": "too_many_requests"}, retry_after="60")
        outcomes = []
        for _ in range(180):
            await asyncio.sleep(1)
            outcomes.append(await house.ask())
        return first, outcomes

    first, outcomes = house.run(limited())
    assert tokens_of(outcomes) == tokens_of([first])
    assert len(house.service.asked) <= 1 + 4


def test_without_a_token_a_limit_is_handed_on_with_its_end(house, said):
    house.service.answer = lambda _fields: said(429, {"error": "too_many_requests"}, retry_after="60")

    async def ask():
        await house.ask()
        return [await house.request() for _ in range(20)]

    answers = house.run(ask())
    assert {status for status, _, _ in answers} == {429}
    assert all(55 <= int(headers["retry-after"]) <= 91 for _, headers, _ in answers)
    assert len(house.service.asked) == 1


def test_a_slow_service_is_waited_for_by_all_and_asked_once(house):
    house.service.delay_s = 20.0

    async def crowd():
        return await asyncio.gather(*(house.ask() for _ in range(100)))

    assert len(tokens_of(house.run(crowd()))) == 1
    assert len(house.service.asked) == 1


def test_who_gives_up_waiting_leaves_the_request_to_the_others(house):
    house.service.delay_s = 30.0

    async def impatient():
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await house.ask()
        late = await house.ask()
        await asyncio.sleep(2)
        return late, await house.ask()

    late, then = house.run(impatient())
    assert isinstance(late, (Later, Token))
    assert isinstance(then, Token)
    assert len(house.service.asked) == 1


@pytest.mark.parametrize("status", [200, 500, 502, 302])
def test_a_page_in_place_of_an_answer_is_trouble_not_a_refusal(house, said, status):
    page = said(status, b"<html>who are you?</html>", content_type="text/html", location="https://evil.example")
    house.service.answer = lambda _fields: page
    code, headers, body = house.run(house.request())
    assert code == 503
    assert int(headers["retry-after"]) >= 1
    assert "location" not in headers
    assert b"html" not in body


def test_a_refusal_arrives_in_the_services_own_form_and_status(house):
    wrong = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "wrong"}

    async def twice():
        return await house.request(wrong), await house.request(wrong)

    first, second = house.run(twice())
    assert first == second
    status, headers, body = first
    assert (status, headers["content-type"]) == (401, "application/json")
    assert body == b'{"error": "access_denied", "error_description": "Unauthorized"}'
    assert "x-trace" not in headers
    assert len(house.service.asked) == 1


def test_a_thousand_callers_with_a_wrong_secret_cost_one_request_and_the_right_ones_see_nothing(house):
    async def crowd():
        right = await house.ask()
        wrong = await asyncio.gather(*(house.ask("wrong") for _ in range(1000)))
        return right, wrong, await asyncio.gather(*(house.ask() for _ in range(100)))

    right, wrong, others = house.run(crowd())
    assert all(isinstance(one, Refused) for one in wrong)
    assert tokens_of(others) == tokens_of([right])
    assert len(house.service.asked) == 2


def test_a_thousand_different_wrong_secrets_cost_one_request_a_minute(house):
    async def guesses():
        await house.ask()
        outcomes = []
        for number in range(1000):
            outcomes.append(await house.ask(f"guess-{number}"))
            await asyncio.sleep(0.3)
        return outcomes

    outcomes = house.run(guesses())
    assert all(isinstance(one, (Refused, Later)) for one in outcomes)
    assert len(house.service.asked) <= 1 + 6


def test_a_rotated_secret_takes_over_and_the_old_one_is_forgotten(house):
    async def rotation():
        await house.ask("right")
        await house.ask("right", audience="console")
        house.service.secrets["id"] = {"new"}
        new = await house.ask("new")
        return new, await house.ask("right"), await house.ask("right", audience="console"), await house.ask("new")

    new, old, elsewhere, again = house.run(rotation())
    assert tokens_of([new]) == tokens_of([again])
    assert isinstance(old, Refused)
    assert not isinstance(elsewhere, Token)


def test_where_both_secrets_are_good_for_a_while_both_are_served(house):
    """Keycloak's rotation leaves the old one its grace: neither half of the fleet may push the other out."""

    async def grace():
        await house.ask("right")
        house.service.secrets["id"] = {"right", "new"}
        for _ in range(20):
            assert isinstance(await house.ask("new"), Token)
            assert isinstance(await house.ask("right"), Token)

    house.run(grace())
    assert len(house.service.asked) == 3


def test_a_secret_that_is_refused_later_serves_until_its_token_ends(house):
    async def revoked():
        await house.ask()
        house.service.secrets["id"] = set()
        await asyncio.sleep(3500)
        before = [await house.ask() for _ in range(5)]
        await asyncio.sleep(100)
        return before, await house.ask()

    before, after = house.run(revoked())
    assert len(tokens_of(before)) == 1
    assert isinstance(after, Refused)


def test_an_audience_that_is_refused_leaves_the_others_alone(house, said):
    house.service.answer = lambda fields: (
        said(403, {"error": "access_denied"}) if fields["audience"] == "secret" else None
    )

    async def ask():
        first = await house.ask()
        return first, await house.ask(audience="secret"), await house.ask(), await house.ask(audience="third")

    first, refused, again, third = house.run(ask())
    assert isinstance(refused, Refused)
    assert tokens_of([first]) == tokens_of([again])
    assert isinstance(third, Token)


def test_a_flood_of_unknown_clients_does_not_hold_up_known_ones(house):
    async def flood():
        await house.ask()
        strangers = [asyncio.create_task(house.ask("x", client_id=f"stranger-{number}")) for number in range(500)]
        await asyncio.sleep(0)
        began_s = house.clock.monotonic_s()
        outcome = await house.ask(audience="second")
        waited_s = house.clock.monotonic_s() - began_s
        return outcome, waited_s, await asyncio.gather(*strangers)

    outcome, waited_s, strangers = house.run(flood())
    assert isinstance(outcome, Token)
    assert waited_s <= 2 * TOKEN_SPACING_S + 0.1
    turned_away = [one for one in strangers if isinstance(one, Later)]
    assert len(turned_away) >= 470
    assert all(one.limited and one.wait_s >= TOKEN_SPACING_S for one in turned_away)


def test_requests_to_one_service_are_a_second_apart(house):
    house.service.secrets = {f"id-{number}": {"right"} for number in range(12)}

    async def all_at_once():
        return await asyncio.gather(*(house.ask(client_id=f"id-{number}") for number in range(12)))

    assert all(isinstance(one, Token) for one in house.run(all_at_once()))
    times_s = house.service.times_s
    assert all(later - sooner >= 0.999 for sooner, later in pairwise(times_s))


def test_who_asks_anew_gets_another_token_one_refresh_for_all(house):
    async def refused_by_the_api():
        first = await house.ask()
        await asyncio.sleep(60)
        house.service.delay_s = 1.0
        crowd = asyncio.gather(*(house.ask(anew=True) for _ in range(100)))
        await asyncio.sleep(0.5)
        meanwhile = await house.ask()
        return first, meanwhile, await crowd, await house.ask(anew=True)

    first, meanwhile, crowd, after = house.run(refused_by_the_api())
    assert tokens_of([meanwhile]) == tokens_of([first])
    assert tokens_of(crowd) == {"eyJ2-zeebe"} == tokens_of([after])
    assert len(house.service.asked) == 2


def test_asking_anew_all_the_time_costs_two_requests_a_minute(house):
    async def stubborn():
        for _ in range(600):
            await house.ask(anew=True)
            await asyncio.sleep(1)

    house.run(stubborn())
    assert len(house.service.asked) <= 1 + 20


def test_a_wrong_secret_cannot_ask_anew(house):
    async def ask():
        await house.ask()
        await asyncio.sleep(60)
        await house.ask("wrong", anew=True)
        return await house.ask()

    assert tokens_of([house.run(ask())]) == {"eyJ1-zeebe"}


def test_ten_thousand_tokens_are_held_and_the_longest_unused_goes_first(house):
    async def fill():
        from c8py.base.redact import Secret

        now_s = house.clock.monotonic_s()
        for number in range(10_001):
            key = house.credentials(audience=f"a{number}").key
            house.desk._admit(key, Token(value=Secret(f"eyJ{number}"), lifetime_s=3600.0, ends_s=now_s + 3600))
            if number % 1000 == 0:
                await house.ask(audience="a0")
        return house.credentials(audience="a0").key, house.credentials(audience="a1").key

    used, unused = house.run(fill())
    assert len(house.desk._held) == 10_000
    assert used in house.desk._held
    assert unused not in house.desk._held


def test_a_restart_with_state_asks_nothing(house, tmp_path):
    house.tokens = FileCache(tmp_path, house.clock)
    house.restart()

    async def before_and_after():
        first = await house.ask()
        house.tokens = FileCache(tmp_path, house.clock)
        house.restart()
        return first, await house.ask(), await house.ask("wrong")

    first, again, wrong = house.run(before_and_after())
    assert (first.value, first.scope) == (again.value, again.scope)
    assert isinstance(wrong, Refused)
    assert len(house.service.asked) == 2


def test_strangers_leave_no_files_but_a_bounded_number_of_locks(house, tmp_path):
    house.tokens = FileCache(tmp_path, house.clock)
    house.restart()

    async def strangers():
        for number in range(30):
            await house.ask("x", client_id=f"stranger-{number}")

    house.run(strangers())
    # One says whose turn it is to ask the token service.
    assert len(list(tmp_path.glob("*token.json"))) == 1


def test_an_old_secrets_stored_token_does_not_win_back_a_client(house, tmp_path):
    """A proxy restarted after a rotation still has the old secret's files; they prove nothing any more."""
    house.tokens = FileCache(tmp_path, house.clock)
    house.restart()

    async def rotation():
        await house.ask("right", audience="other")
        await asyncio.sleep(10)
        house.service.secrets["id"] = {"new"}
        house.tokens = FileCache(tmp_path, house.clock)
        house.restart()
        await house.ask("new")
        return await house.ask("right", audience="other"), await house.ask("new")

    old, new = house.run(rotation())
    assert not isinstance(old, Token)
    assert isinstance(new, Token)


def test_two_proxies_that_share_a_folder_ask_once(house, tmp_path):
    house.tokens = FileCache(tmp_path, house.clock)
    house.restart()
    one = house.desk
    house.tokens = FileCache(tmp_path, house.clock)
    house.restart()
    house.service.delay_s = 1.0

    async def both():
        return await asyncio.gather(one.ask(house.upstream, house.credentials()), house.ask())

    assert len(tokens_of(house.run(both()))) == 1
    assert len(house.service.asked) == 1
    house.run(one.aclose())


def test_logs_hold_no_secret_and_one_line_an_event(house, caplog):
    caplog.set_level("INFO", "c8py.token_proxy")

    async def ask():
        await house.ask()
        await house.ask("wro\nng-secret", client_id="a\nb")

    house.run(ask())
    assert "right" not in caplog.text
    assert "eyJ" not in caplog.text
    assert "ng-secret" not in caplog.text
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert len(caplog.records) == 2


def test_figures_count_what_came_and_what_was_asked(house):
    async def ask():
        for _ in range(3):
            await house.request()
        await house.request({"grant_type": "client_credentials", "client_id": "id", "client_secret": "wrong"})
        await house.request({"grant_type": "password"})
        await asyncio.sleep(10)
        return await house.request(path="/metrics", method="GET")

    status, headers, body = house.run(ask())
    text = body.decode()
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'c8_token_proxy_requests_total{upstream="default",outcome="served"} 3' in text
    assert 'c8_token_proxy_requests_total{upstream="default",outcome="refused"} 1' in text
    assert 'c8_token_proxy_requests_total{upstream="default",outcome="malformed"} 1' in text
    assert 'c8_token_proxy_upstream_requests_total{upstream="default",outcome="token"} 1' in text
    assert "c8_token_proxy_tokens 1\n" in text
    assert "c8_token_proxy_token_age_seconds_max 1" in text
