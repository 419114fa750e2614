"""A token service in trouble, really: calls go on while the token is good, and wait for the next one after that."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.answering import Reply
from harness.crowds import Course, Crowd
from harness.platform import UNLIMITED_TOKENS
from harness.processes import wait_until

# Used for 12 s, of which the last 6 would rather have the next one, and the very last is not enough for a call.
LIFETIME_S = 12
TROUBLE_S = 10
CALLS_FOR_S = 17
# A service that limits is left alone for up to half a minute longer than it asks for: not all come back at once.
PATIENT = {"CAMUNDA_OAUTH_TIMEOUT_MS": "2000", "CAMUNDA_CLIENT_REQUESTTIMEOUT": "120000"}
TROUBLES = {
    "down": Reply(None),
    "failing": Reply(503, b"upstream connect error"),
    "limiting": Reply(429, b'{"error":"too_many_requests"}', {"retry-after": "3"}),
    "nonsense": Reply(200, b"<html>maintenance</html>"),
    "mute": None,
}


@pytest.mark.slow
def test_no_call_fails_while_a_token_service_is_in_trouble_for_less_than_a_token_lasts(start_platform, tmp_path):
    lifetime = ("--set", f"oauth.token_lifetime_s={LIFETIME_S}")
    platform = start_platform(*UNLIMITED_TOKENS, *lifetime)
    with ThreadPoolExecutor(len(TROUBLES)) as pool:
        outcomes = dict(pool.map(lambda kind: (kind, went_on(Crowd(platform, tmp_path / kind), kind)), TROUBLES))
    assert {kind: failures for kind, (failures, _) in outcomes.items() if failures} == {}
    assert {kind for kind, (_, statuses) in outcomes.items() if statuses[-1] != 200} == set()
    # Not that there was no trouble to be seen: each service was asked in the meantime.
    assert {kind for kind, (_, statuses) in outcomes.items() if len(statuses) < 3} == set()
    # Nor was it asked all the time.
    assert {kind: statuses for kind, (_, statuses) in outcomes.items() if len(statuses) > 8} == {}


def went_on(crowd, kind):
    """What callers said was wrong, and what the service answered, where trouble began with the first token."""
    course = Course(callers=3, seconds=CALLS_FOR_S, pause_s=0.1, environment=PATIENT)
    relay, reply = crowd.relay, TROUBLES[kind]
    try:
        with ThreadPoolExecutor(1) as pool:
            calls = pool.submit(crowd.called, course, course._replace(kind="threads"))
            wait_until("the first token", lambda: relay.statuses, deadline_s=60)
            over_s = time.monotonic() + TROUBLE_S
            if reply is None:
                relay.mute.set()
            relay.instead = reply
            wait_until("the end of the trouble", lambda: time.monotonic() > over_s, deadline_s=60)
            relay.mute.clear()
            relay.instead = None
            callers = calls.result()
    finally:
        crowd.close()
    return [failure for caller in callers for failure in caller.failures], relay.statuses
