"""The rate limit of the token service, as fifty addresses feel it at once over real sockets."""

import http.client
import sys
import threading
import time
from urllib.parse import urlencode

import pytest

from harness.platform import Platform

SOURCES = 50
RATE_PER_S = 2.0
BURST = 4
EVERY_S = 0.2
FOR_S = 8.0
TIMEOUT_S = 30.0


class Source:
    """Asks from an address of its own, faster than it may, and keeps account."""

    def __init__(self, platform: Platform, number: int, body: str) -> None:
        self._place = ("127.0.0.1", int(platform.http_port))
        self._address = (f"127.0.1.{number}", 0)
        self._body = body
        self.asked_s: list[float] = []
        self.heard = 0
        self.others: set[int] = set()

    def run(self, begin_s: float) -> None:
        connection = http.client.HTTPConnection(*self._place, timeout=TIMEOUT_S, source_address=self._address)
        for number in range(round(FOR_S / EVERY_S)):
            time.sleep(max(0.0, begin_s + number * EVERY_S - time.monotonic()))
            self.asked_s.append(time.monotonic())
            headers = {"content-type": "application/x-www-form-urlencoded"}
            connection.request("POST", "/oauth/token", self._body, headers)
            answer = connection.getresponse()
            answer.read()
            self.heard += answer.status == 200
            self.others |= {answer.status} - {200}
        connection.close()

    def allowed(self) -> int:
        """How many should have been heard, by the times at which they were sent."""
        left, at_s, heard = float(BURST), self.asked_s[0], 0
        for asked_s in self.asked_s:
            left, at_s = min(BURST, left + (asked_s - at_s) * RATE_PER_S), asked_s
            if left >= 1:
                left, heard = left - 1, heard + 1
        return heard


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="127.0.1.7 is an address of this machine on Linux alone")
def test_fifty_addresses_at_once_are_heard_as_often_as_the_limit_says(start_platform):
    limit = {"rate_per_s": RATE_PER_S, "burst": BURST, "block_s": 0}
    platform = start_platform(*(word for name, value in limit.items() for word in ("--set", f"oauth.{name}={value}")))
    known = platform.credentials()
    body = {"grant_type": "client_credentials", "audience": known["ZEEBE_TOKEN_AUDIENCE"],
            "client_id": known["ZEEBE_CLIENT_ID"], "client_secret": known["ZEEBE_CLIENT_SECRET"]}  # fmt: skip
    sources = [Source(platform, number, urlencode(body)) for number in range(1, SOURCES + 1)]
    begin_s = time.monotonic() + 0.5
    threads = [threading.Thread(target=source.run, args=(begin_s,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for source in sources for status in source.others} == {429}
    for source in sources:
        # The moment of sending is not quite that of counting: one or two more or less are nobody's fault.
        assert source.heard == pytest.approx(source.allowed(), abs=2)
    heard, allowed = (sum(count) for count in zip(*((one.heard, one.allowed()) for one in sources), strict=True))
    assert heard == pytest.approx(allowed, rel=0.05)
