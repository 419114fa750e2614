"""Crowds of callers in processes of their own, with a relay before the token service that counts what they ask.

They run bench/scripts/crowd_ours.py: all begin on a word, call for topologies for so long, and say what became of it.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from bench.contestant import Contestant
from harness.platform import Platform, plain_environment
from harness.processes import ROOT
from harness.relays import TokenRelay
from harness.secrets import KNOWN

SCRIPT = ROOT / "bench" / "scripts" / "crowd_ours.py"


class Course(NamedTuple):
    """What one process does.

    Attributes:
        kind: what its callers are: coroutines, threads, or loops in threads.
        callers: so many; they share a client.
        seconds: for how long each calls; once where it is nought.
        pause_s: of each after a call.
        environment: what differs from the others' environment.
    """

    kind: str = "coroutines"
    callers: int = 1
    seconds: float = 0
    pause_s: float = 0
    environment: dict[str, str] = {}  # noqa: RUF012  nobody changes it


class Caller(NamedTuple):
    """What became of one caller.

    Attributes:
        first_s: when its first call succeeded, by the monotonic clock that all processes of a host share.
        calls: that succeeded.
        failures: kind and message of what the others raised.
    """

    first_s: float
    calls: int
    failures: list[str]


class Crowd:
    """Processes that share credentials, a folder of tokens and a relay before the platform's token service.

    Args:
        platform: whose clusters they call.
        folder: receives what they log, and their tokens.

    Attributes:
        relay: what they ask for tokens.
    """

    def __init__(self, platform: Platform, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.relay = TokenRelay(platform.ready["oauth_url"])
        self._log = folder / "crowd.err"
        self._environment = plain_environment(
            **platform.credentials()
            | {
                "CAMUNDA_OAUTH_URL": self.relay.token_url,
                "ZEEBE_AUTHORIZATION_SERVER_URL": self.relay.token_url,
                "CAMUNDA_TOKEN_CACHE_DIR": str(folder / "tokens"),
            }
        )

    def called(self, *courses: Course) -> list[Caller]:
        """What became of all callers of these courses, each course in a process of its own."""
        with ExitStack() as stack, ThreadPoolExecutor(len(courses)) as pool:
            crowd = [stack.enter_context(self._started(course)) for course in courses]
            for one in crowd:
                one.ready()
            for one in crowd:
                one.go()
            said = list(pool.map(Contestant.finish, crowd))
        errors = self._log.read_text(errors="replace")
        # They say what they have to say in their answer; and it is here that their logs are watched over.
        assert not KNOWN.shown_in(errors + "".join(said)), KNOWN.shown_in(errors + "".join(said))
        return [Caller(*caller) for line in said for caller in json.loads(line)]

    def wrong_secret(self) -> dict[str, str]:
        """What differs in the environment of somebody whose secret was deleted."""
        return {name: "dele~ted-secret" for name in self._environment if name.endswith("SECRET")}

    def close(self) -> None:
        """Close the relay."""
        self.relay.close()

    def _started(self, course: Course) -> Contestant:
        words = [course.kind, str(course.callers), str(course.seconds), str(course.pause_s)]
        environment = self._environment | course.environment
        KNOWN.learn_named(environment, "the environment of a crowd")
        return Contestant([sys.executable, SCRIPT, *words], environment=environment, log=self._log)
