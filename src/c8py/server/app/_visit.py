"""A host that has joined a platform elsewhere: asks it again and again what to run, and says how that is.

Only this side connects. While the platform is away, or refuses us, brokers go on as they were wanted last.
"""

import asyncio
import http.client
import logging
import ssl
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Final

import msgspec

from c8py.base import limits
from c8py.base.clock import Clock, SystemClock
from c8py.errors import C8Error, ConfigError, PlatformError
from c8py.server.app._proof import PROOF_HEADER, TIME_HEADER, JoinToken, holds, proof_of_answer, proof_of_report
from c8py.server.brokers import PASSWORD, Guest, Machine, ServerTls, Site, Trust, Work, write_trust_store

_log = logging.getLogger("c8py.server.app")
_TIMEOUT_S: Final = 10.0
_AHEAD_MS_MAX: Final = 5_000
_STORE: Final = "authorities.p12"
_WORK: Final = msgspec.json.Decoder(tuple[Work, ...])


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What a host is told that joins.

    Attributes:
        platform: base URL of the platform.
        token: what it joins with.
        host: its address: other hosts reach it by that, and brokers listen on it.
        folder: keeps the brokers' data.
        cache: where distributions are kept.
        ca_certificate: PEM file of the authority that vouches for the platform; None where the system knows it.
        tls: what brokers show to clients.
        java_home: the Java to run brokers on; None looks for one.
        zeebe_home: an unpacked distribution in the place of a fetched one, and of one that the platform names.
        allow_java_options: whether the platform may choose options of Java, and the folder of a distribution.
    """

    platform: str
    token: JoinToken
    host: str
    folder: Path
    cache: Path
    ca_certificate: Path | None = None
    tls: ServerTls | None = None
    java_home: Path | None = None
    zeebe_home: Path | None = None
    allow_java_options: bool = False


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """A host that has joined.

    Attributes:
        platform: where it has.
        host: its address.
        connected: whether the platform has answered.
        brokers: how many it looks after.
    """

    platform: str
    host: str
    connected: bool
    brokers: int


class Visitor:
    """Runs in an event loop until it is told to stop; the brokers go on, and its next start finds them.

    Args:
        visit: what it is told.
        clock: when it is.

    Raises:
        ConfigError: the certificate of the authority cannot be read.
    """

    def __init__(self, visit: Visit, *, clock: Clock | None = None) -> None:
        self._visit = visit
        self._clock = clock or SystemClock()
        self._moment_ms = 0
        self._said = ""
        self._task: asyncio.Task[None] | None = None
        if urllib.parse.urlsplit(visit.platform).scheme not in {"http", "https"}:
            raise ConfigError(f"expected the URL of a platform, but it is {visit.platform[:100]}")
        store, password = "", ""
        if visit.ca_certificate is not None:
            store, password = str((visit.folder / _STORE).absolute()), PASSWORD
            write_trust_store(visit.ca_certificate, Path(store))
        self._store = (store, password)
        machine = Machine(
            bind=visit.host,
            public_host=visit.host,
            cache=visit.cache,
            java_home=visit.java_home,
            zeebe_home=visit.zeebe_home,
            own_home_wins=True,
        )
        self._site = Site(programs=machine.programs, trust=lambda _id: None, tls=visit.tls)
        self._guest = Guest(
            visit.folder.absolute(),
            visit.host,
            self._site,
            clock=self._clock,
            java_options=visit.allow_java_options,
            home=visit.allow_java_options or visit.zeebe_home is not None,
        )
        handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
        if visit.platform.startswith("https:"):
            context = ssl.create_default_context()
            if visit.ca_certificate is not None:
                context.load_verify_locations(visit.ca_certificate)
            handlers.append(urllib.request.HTTPSHandler(context=context))
        self._open = urllib.request.build_opener(*handlers).open

    async def start(self) -> Joined:
        """Go on with what there is to do, and ask the platform for the first time.

        Raises:
            PlatformError: the folder cannot be had, or there is nothing to go on with and the platform refuses us;
                nothing is left behind.
        """
        try:
            await self._guest.start()
            trouble = await self._ask()
            brokers = len((await self._guest.report()).brokers)
        except BaseException:
            await self._guest.stop(brokers_too=False)
            raise
        if trouble and not brokers:
            await self._guest.stop(brokers_too=False)
            raise PlatformError(trouble, hint="check the URL, the join token and --host")
        self._say(trouble)
        self._task = asyncio.create_task(self._go_on())
        return Joined(platform=self._visit.platform, host=self._visit.host, connected=not trouble, brokers=brokers)

    async def stop(self) -> None:
        """Look after nothing any longer; brokers go on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
        await self._guest.stop(brokers_too=False)

    async def _go_on(self) -> None:
        while True:
            try:
                await self._guest.care()
                self._say(await self._ask())
            except C8Error as error:
                # A full disk is no reason to look after brokers no longer.
                self._say(str(error))
            await asyncio.sleep(self._site.policy.look_s)

    def _say(self, trouble: str) -> None:
        if trouble != self._said:
            _log.warning("%s", trouble or "the platform answers again")
        self._said = trouble

    async def _ask(self) -> str:
        """Report, and take on what comes back; what hindered it, "" for nothing."""
        body = msgspec.json.encode(await self._guest.report())
        now_ms = self._clock.now_ms()
        # A clock that was put right by more than a little is right now: the platform compares ours with its own.
        ahead = self._moment_ms - now_ms > _AHEAD_MS_MAX
        self._moment_ms = now_ms if ahead else max(now_ms, self._moment_ms + 1)
        try:
            work = await asyncio.to_thread(self._exchange, str(self._moment_ms), body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            return f"expected an answer of {self._visit.platform}, but: {str(reason)[:300]}"
        await self._guest.told(tuple(msgspec.structs.replace(one, trust=self._trust(one)) for one in work))
        return ""

    def _exchange(self, moment: str, body: bytes) -> tuple[Work, ...]:
        host_id, secret = self._visit.token.host_id, self._visit.token.secret
        request = urllib.request.Request(  # noqa: S310  its scheme was looked at
            f"{self._visit.platform.rstrip('/')}/console-api/local/hosts/{host_id}/report",
            data=body,
            headers={
                "Content-Type": "application/json",
                TIME_HEADER: moment,
                PROOF_HEADER: proof_of_report(secret, host_id, moment, body),
            },
        )
        try:
            with self._open(request, timeout=_TIMEOUT_S) as answer:
                raw: bytes = answer.read(limits.HOST_ANSWER_BYTES_MAX + 1)
                proof = answer.headers.get(PROOF_HEADER, "")
        except urllib.error.HTTPError as error:
            with error:
                raise ValueError(_detail(error)) from None
        if len(raw) > limits.HOST_ANSWER_BYTES_MAX:
            raise ValueError(f"there are more than {limits.HOST_ANSWER_BYTES_MAX} bytes")
        if not holds(proof, proof_of_answer(secret, host_id, moment, raw)):
            raise ValueError("what answers there does not know our secret: it is not the platform that we joined")
        return _WORK.decode(raw)

    def _trust(self, work: Work) -> Trust | None:
        store, password = self._store
        if work.trust is None:
            return None
        return msgspec.structs.replace(work.trust, truststore=store, truststore_password=password)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, req: object, fp: object, code: int, msg: str, headers: object) -> None:
        """Nowhere: a host speaks to the platform that it was told, and to no other."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _Problem(msgspec.Struct):
    detail: str


def _detail(error: urllib.error.HTTPError) -> str:
    """What a refusal says, with its status."""
    try:
        return f"{msgspec.json.decode(error.read(65_536), type=_Problem).detail} ({error.code})"
    except (OSError, msgspec.MsgspecError):
        return f"it answered {error.code}"
