"""Crowds at a token service of one request a second: one request for all of them, and one again when it ends.

Counted by a relay in front of the service, which would say 429 to the second of two requests and then to everybody.
"""

import pytest

from harness.crowds import Course

PROCESSES = 20
ONE_A_SECOND = ("--set", "oauth.rate_per_s=1", "--set", "oauth.burst=1", "--set", "oauth.block_s=60")
# A token is refreshed in the second half of its life; the next one is still in its first when the crowd goes home.
SHORT_LIVED = ("--set", "oauth.token_lifetime_s=8")
SECONDS_WITH_ONE_REFRESH = 7.6
IN_ONE_PROCESS = {"CAMUNDA_TOKEN_DISK_CACHE_DISABLE": "true"}


def assert_all_were_served(callers, count):
    assert [failure for caller in callers for failure in caller.failures] == []
    firsts = [caller.first_s for caller in callers]
    assert len(firsts) == count
    assert max(firsts) - min(firsts) < 2


def processes(count, **course):
    """So many processes of one caller each, half of them asynchronous."""
    return [Course(kind="threads" if number % 2 else "coroutines", **course) for number in range(count)]


@pytest.mark.slow
def test_twenty_processes_at_once_make_one_request_and_are_served_within_two_seconds(crowds):
    crowd = crowds(*ONE_A_SECOND)
    callers = crowd.called(*processes(PROCESSES))
    assert_all_were_served(callers, PROCESSES)
    assert crowd.relay.statuses == [200]


@pytest.mark.slow
def test_twenty_processes_make_one_more_request_when_the_token_gets_old(crowds):
    crowd = crowds(*ONE_A_SECOND, *SHORT_LIVED)
    callers = crowd.called(*processes(PROCESSES, seconds=SECONDS_WITH_ONE_REFRESH, pause_s=0.25))
    assert_all_were_served(callers, PROCESSES)
    assert crowd.relay.statuses == [200, 200]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "count"), [("coroutines", 200), ("threads", 50), ("loops", 10)])
def test_a_crowd_in_one_process_makes_one_request_and_one_more_when_the_token_gets_old(crowds, kind, count):
    crowd = crowds(*ONE_A_SECOND, *SHORT_LIVED)
    course = Course(kind=kind, callers=count, seconds=SECONDS_WITH_ONE_REFRESH, pause_s=1, environment=IN_ONE_PROCESS)
    callers = crowd.called(course)
    assert_all_were_served(callers, count)
    assert crowd.relay.statuses == [200, 200]


@pytest.mark.slow
def test_one_of_ten_with_a_deleted_secret_hurts_nobody_else(crowds):
    crowd = crowds(*ONE_A_SECOND)
    *callers, wrong = crowd.called(*processes(9), Course(environment=crowd.wrong_secret()))
    assert [failure for caller in callers for failure in caller.failures] == []
    assert wrong.failures
    assert [failure for failure in wrong.failures if "TokenRefused" not in failure] == []
    assert sorted(crowd.relay.statuses) == [200, 401]
