"""Hosts that have joined this platform: their names and secrets, and what they say and are told.

A host asks every half second or so, says how its brokers are, and is told which it shall run; nobody ever connects to
it. Its secret is shown once, when it is added, and kept sealed in `hosts.json`.
"""

import asyncio
import ipaddress
import re
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from c8py.base import limits
from c8py.base.clock import Clock
from c8py.base.redact import Secret
from c8py.errors import PlatformError
from c8py.server.access import Access, Seal
from c8py.server.app._local_api import PREFIX, Wrong, as_json, body_of, guarded
from c8py.server.app._local_log import Endpoint, told
from c8py.server.app._proof import PROOF_HEADER, TIME_HEADER, JoinToken, holds, proof_of_answer, proof_of_report
from c8py.server.brokers import Fleet, Report, Work
from c8py.server.console import Ids, Journal, problem
from c8py.server.settings import Settings
from c8py.server.store import Store
from c8py.serving.bodies import BodyTooLarge, BodyTooSlow, read_bounded

FILE_NAME: Final = "hosts.json"
_HOST: Final = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_SKEW_MS_MAX: Final = 5 * 60_000
_LAG_MS_MAX: Final = 5_000  # behind the start of the platform: what was said before that may be an echo
_REPORT: Final = msgspec.json.Decoder(Report)
_WORK: Final = msgspec.json.Encoder()


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    host_id: str
    name: str
    sealed: str
    added_ms: int


class HostWanted(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an addition.

    Attributes:
        name: what people call it.
    """

    name: str


class HostShown(msgspec.Struct, frozen=True, kw_only=True):
    """A joined host as it is now.

    Attributes:
        id: its UUID.
        name: what people call it.
        state: connected, or silent.
        host: how the other hosts reach it; "" before it has joined.
        brokers: how many it looks after.
        clusters: the ids of clusters that have brokers there.
    """

    id: str
    name: str
    state: str
    host: str = ""
    brokers: int = 0
    clusters: tuple[str, ...] = ()


class Guests:
    """Knows them.

    Args:
        file: keeps them.
        fleet: has brokers for them.
        seal: of their secrets.
        settings: of the platform.
        clock: when it is.
        ids: makes ids and secrets.

    Raises:
        PlatformError: the file cannot be read.
    """

    def __init__(self, file: Path, fleet: Fleet, seal: Seal, settings: Settings, *, clock: Clock, ids: Ids) -> None:
        self._file = file
        self._fleet = fleet
        self._seal = seal
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._changing = asyncio.Lock()
        self._last_ms: dict[str, int] = {}
        self._not_before_ms = clock.now_ms() - _LAG_MS_MAX
        try:
            kept = msgspec.json.decode(file.read_bytes(), type=tuple[_Kept, ...]) if file.exists() else ()
        except (OSError, msgspec.MsgspecError) as error:
            raise PlatformError(f"expected to read the hosts in {file}, but: {error}") from error
        self._kept = {one.host_id: one for one in kept}
        for one in kept:
            fleet.hearsay.know(one.host_id, one.name)

    def routes(self, access: Access, journal: Journal, store: Store) -> list[Route]:
        """The routes, ready to be mounted at the root."""
        hosts, one = "/hosts", "/hosts/{host}"
        table: tuple[tuple[str, str, str, Endpoint], ...] = (
            ("GET", hosts, "read:cluster", self.shown),
            ("POST", hosts, "create:cluster", self.add),
            ("DELETE", one, "delete:cluster", self.remove),
        )
        return [
            *(
                Route(
                    PREFIX + path,
                    guarded(access, permission, told(journal, store, method, path, endpoint)),
                    methods=[method],
                )
                for method, path, permission, endpoint in table
            ),
            # By a secret of its own: a host is no client of the organization.
            Route(f"{PREFIX}{one}/report", self.report, methods=["POST"]),
        ]

    async def shown(self, request: Request) -> Response:  # noqa: ARG002  the signature of an endpoint
        """All of them."""
        return as_json([self._shown(one) for one in self._kept.values()])

    async def add(self, request: Request) -> Response:
        """Let a host join; the only answer with its secret in it."""
        name = (await body_of(request, HostWanted)).name.strip()
        if not name or len(name) > limits.SERVER_NAME_CHARS_MAX or not name.isprintable():
            raise Wrong(400, f"expected a name of 1 to {limits.SERVER_NAME_CHARS_MAX} printable characters")
        if self._settings.data_dir is None or not self._settings.brokers.outlive:
            raise Wrong(409, "expected a platform whose brokers outlive it, but those of this one end with it")
        token = JoinToken(host_id=self._ids.uuid(), secret=Secret(self._ids.secret()))
        one = _Kept(
            host_id=token.host_id,
            name=name,
            sealed=self._seal.seal(token.secret, token.host_id),
            added_ms=self._clock.now_ms(),
        )
        async with self._changing:
            if any(other.name == name for other in self._kept.values()):
                raise Wrong(409, f"expected a name that is not taken, but there is a host named {name!r}")
            if len(self._kept) >= limits.HOSTS_MAX:
                raise Wrong(409, f"expected at most {limits.HOSTS_MAX} hosts, but there are as many")
            kept = {**self._kept, one.host_id: one}
            await asyncio.to_thread(self._write, kept)
            self._kept = kept
            self._fleet.hearsay.know(one.host_id, name)
        return as_json({"id": one.host_id, "name": name, "token": token.text().reveal()}, 201)

    async def remove(self, request: Request) -> Response:
        """Know a host no longer."""
        async with self._changing:
            before = self._kept
            one = before.get(request.path_params["host"])
            if one is None:
                raise Wrong(404, "expected the id of a host, but there is none")
            if self._fleet.runs_on(one.host_id):
                raise Wrong(409, "expected a host without brokers, but there are some; delete their clusters first")
            # Forgotten first: while the file is written, no report of it counts and no cluster is planned for it.
            self._kept = {host_id: kept for host_id, kept in before.items() if host_id != one.host_id}
            self._fleet.forget(one.host_id)
            try:
                await asyncio.to_thread(self._write, self._kept)
            except PlatformError:
                self._kept = before
                self._fleet.hearsay.know(one.host_id, one.name)
                raise
        return as_json({"id": one.host_id, "name": one.name, "result": "removed"})

    async def report(self, request: Request) -> Response:
        """Take down what a host says, and say what it shall run."""
        try:
            return await self._heard(request)
        except Wrong as wrong:
            return problem(wrong.status, wrong.detail, request.url.path)

    async def _heard(self, request: Request) -> Response:
        moment, proof = request.headers.get(TIME_HEADER, ""), request.headers.get(PROOF_HEADER, "")
        raw = await _all_of(request)
        one = self._kept.get(request.path_params["host"])  # after the body, which takes its time
        if one is None or not moment.isdecimal() or len(moment) > 15:  # noqa: PLR2004  the year 33658
            raise Wrong(401, "expected a host of this platform, but it is none")
        secret = self._seal.open(one.sealed, one.host_id)
        if not holds(proof, proof_of_report(secret, one.host_id, moment, raw)):
            raise Wrong(401, "expected a host of this platform, but it is none")
        last_ms = self._last_ms.get(one.host_id, self._not_before_ms)
        if abs(int(moment) - self._clock.now_ms()) > _SKEW_MS_MAX or int(moment) <= last_ms:
            raise Wrong(401, "expected a report of now, but it is of another time; compare the clocks of both hosts")
        self._last_ms[one.host_id] = int(moment)
        work = self._fleet.heard(one.host_id, self._fit(raw))
        if work is None:
            raise Wrong(503, "expected a platform that has started, but it has not yet; ask again")
        return self._answer(secret, one.host_id, moment, work)

    def _fit(self, raw: bytes) -> Report:
        try:
            report = _REPORT.decode(raw)
        except msgspec.MsgspecError as error:
            raise Wrong(400, f"expected a report of this version of c8py, but: {error}") from None
        if not _HOST.fullmatch(report.host):
            raise Wrong(400, "expected the name or the address of a host, but it is neither")
        if _only_here(self._settings.public_host) and not _only_here(report.host):
            raise Wrong(
                409,
                "expected a platform that other hosts reach, but this one is at "
                f"{self._settings.public_host}: start it with --host and an address of its network",
            )
        return report

    def _answer(self, secret: Secret, host_id: str, moment: str, work: tuple[Work, ...]) -> Response:
        body = _WORK.encode(work)
        answer = Response(body, media_type="application/json", headers={"cache-control": "no-store"})
        answer.headers[PROOF_HEADER] = proof_of_answer(secret, host_id, moment, body)
        return answer

    def _shown(self, one: _Kept) -> HostShown:
        report = self._fleet.hearsay.report(one.host_id)
        return HostShown(
            id=one.host_id,
            name=one.name,
            state="silent" if report is None else "connected",
            host="" if report is None else report.host,
            brokers=0 if report is None else len(report.brokers),
            clusters=self._fleet.runs_on(one.host_id),
        )

    def _write(self, kept: dict[str, _Kept]) -> None:
        try:
            # A name of its own, for its owner only: what an earlier write left behind is nobody's beginning.
            with tempfile.NamedTemporaryFile(
                dir=self._file.parent, prefix=f"{self._file.name}.", suffix=".new", delete=False
            ) as beside:
                beside.write(msgspec.json.encode(tuple(kept.values())))
            Path(beside.name).replace(self._file)
        except OSError as error:
            for left in self._file.parent.glob(f"{self._file.name}.*.new"):  # nobody else writes meanwhile
                left.unlink(missing_ok=True)
            raise PlatformError(f"expected to write {self._file}, but: {error}", hint="check the disk") from error


async def _all_of(request: Request) -> bytes:
    try:
        return await read_bounded(
            request.stream(), bytes_max=limits.HOST_REPORT_BYTES_MAX, wait_s=limits.CONSOLE_BODY_WAIT_S_MAX
        )
    except BodyTooLarge:
        raise Wrong(413, f"expected at most {limits.HOST_REPORT_BYTES_MAX} bytes, but there are more") from None
    except BodyTooSlow:
        raise Wrong(408, "expected the whole body in time, but it did not end") from None


def _only_here(host: str) -> bool:
    """Whether nobody but this machine itself reaches this host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
