"""What holds of tokens whatever happens: processes over one folder, a service that says anything, moving time."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from c8py.auth import (
    ClientCredentials,
    FileCache,
    HttpResponse,
    Patience,
    Pause,
    TokenState,
    obtain,
    renew,
)
from c8py.base.clock import ManualClock
from c8py.base.limits import TOKEN_SPACING_S
from c8py.base.redact import Secret
from c8py.errors import AuthError, ConnectionFailed

URL = "https://login.example/token"
PROCESSES = st.integers(0, 2)
CLIENTS = st.integers(0, 1)


class Processes(RuleBasedStateMachine):
    """Three processes, two clients, one token service behind them; flows of several of them are under way at once."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.clock = ManualClock()
        self.caches = [FileCache(self.folder, self.clock) for _ in range(3)]
        self.flows = {}
        self.asked_s = 0.0
        self.quiet_until_s = 0.0
        self.issued = 0
        self.unsure_until_s = 0.0

    def teardown(self):
        for flow, *_ in getattr(self, "flows", {}).values():
            flow.close()
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def credentials(self, client):
        return ClientCredentials(token_url=URL, client_id=f"c{client}", client_secret=Secret(f"secret-{client}"))

    @rule(process=PROCESSES, client=CLIENTS, ahead=st.booleans(), luck=st.floats(0, 1))
    def want(self, process, client, ahead, luck):
        """Begin to get a token, where this process is not at it already."""
        if (process, client) in self.flows:
            return
        who, cache = self.credentials(client), self.caches[process]
        patience = Patience(uniform=lambda: luck, budget_s=30.0)
        flow = (
            renew(who, cache=cache, clock=self.clock, patience=patience)
            if ahead
            else obtain(who, cache=cache, clock=self.clock, patience=patience)
        )
        fresh = self.fresh(client)
        self.flows[(process, client)] = [flow, None, 0.0]
        self.step((process, client), None)
        waiting = self.flows.get((process, client))
        if fresh and waiting is not None:
            assert isinstance(waiting[1], Pause), "asked for a token while a fresh one is on the disk"

    def fresh(self, client):
        token = FileCache(self.folder, self.clock).read(self.credentials(client).key).token
        return token is not None and token.state(self.clock.monotonic_s()) is TokenState.FRESH

    def step(self, who, said):
        flow = self.flows[who][0]
        step, token = None, None
        try:
            step = flow.throw(said) if isinstance(said, Exception) else flow.send(said)
        except StopIteration as ended:
            token = ended.value
        except AuthError:
            pass
        assert token is None or token.usable(self.clock.monotonic_s()), "handed out a token that has ended"
        if step is None:
            del self.flows[who]
            return
        now_s = self.clock.monotonic_s()
        if not isinstance(step, Pause):
            if now_s > self.unsure_until_s:
                assert now_s >= self.quiet_until_s - 0.002, "asked while the service is left alone"
                assert now_s - self.asked_s >= TOKEN_SPACING_S - 0.002, "asked too soon"
            self.asked_s = now_s
        self.flows[who][1:] = [step, now_s + step.seconds if isinstance(step, Pause) else now_s]

    @rule(lifetime_s=st.integers(20, 4000), choice=st.integers(0, 10))
    def token(self, lifetime_s, choice):
        self.issued += 1
        body = b'{"access_token":"t%d","expires_in":%d}' % (self.issued, lifetime_s)
        self.say(choice, HttpResponse(status=200, headers={}, body=body))

    @rule(choice=st.integers(0, 10), status=st.sampled_from([401, 500, 503, None]))
    def no_token(self, choice, status):
        self.say(
            choice,
            ConnectionFailed("gone") if status is None else HttpResponse(status=status, headers={}, body=b"<html>"),
        )

    @rule(choice=st.integers(0, 10), retry_after_s=st.integers(1, 90))
    def limited(self, choice, retry_after_s):
        asking = [who for who, (_, step, _) in self.flows.items() if not isinstance(step, Pause)]
        if asking:
            self.quiet_until_s = max(self.quiet_until_s, self.clock.monotonic_s() + retry_after_s)
            headers = {"retry-after": str(retry_after_s)}
            self.say(choice, HttpResponse(status=429, headers=headers, body=b""))

    def say(self, choice, said):
        """Answer one of the requests that are under way."""
        asking = [who for who, (_, step, _) in self.flows.items() if not isinstance(step, Pause)]
        if asking:
            self.step(asking[choice % len(asking)], said)

    @rule(seconds=st.floats(0.05, 400))
    def wait(self, seconds):
        """Time goes by; whoever paused goes on when its pause is over, not before."""
        end_s = self.clock.monotonic_s() + seconds
        while True:
            due = [
                (at_s, who) for who, (_, step, at_s) in self.flows.items() if isinstance(step, Pause) and at_s <= end_s
            ]
            if not due:
                break
            at_s, who = min(due)
            self.clock.advance(max(0.0, at_s - self.clock.monotonic_s()))
            self.step(who, None)
        self.clock.advance(max(0.0, end_s - self.clock.monotonic_s()))

    @rule(process=PROCESSES)
    def die(self, process):
        """kill -9: what it held is free, what it had in mind is gone."""
        for who in [who for who in self.flows if who[0] == process]:
            self.flows.pop(who)[0].close()
        self.caches[process] = FileCache(self.folder, self.clock)

    @rule(content=st.binary(max_size=40), number=st.integers(0, 5))
    def damage(self, content, number):
        """A file holds something else, or the half of what it held."""
        files = sorted(self.folder.glob("*token.json"))
        if files:
            file = files[number % len(files)]
            kept = file.read_bytes()
            file.write_bytes(content if number % 2 else kept[: len(kept) // 2])
            # What it said of turns and quiet is lost to those who were not told before.
            self.unsure_until_s = self.clock.monotonic_s() + 120

    @invariant()
    def nobody_reads_what_others_hold(self):
        if hasattr(self, "folder"):
            assert all(file.stat().st_mode & 0o077 == 0 for file in self.folder.glob("*token.json"))


TestProcesses = Processes.TestCase
TestProcesses.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
