"""Callers of a token endpoint on plain HTTP, in a process of their own; they begin on a word.

`python token_callers.py rush|strangers|steady ADDRESS FILE NUMBER SECONDS`. FILE has bodies of requests, one a line,
that are sent in turns. `rush`: NUMBER callers, each asks again as soon as it is answered. `strangers`: so does each of
them, but on a new connection every time. `steady`: NUMBER requests a second in all, due at even times, whatever the
answers take; its waits count from the moment at which a request was due. The last line is `Said` as JSON.
"""

import asyncio
import itertools
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import uvloop

STEADY_CALLERS = 50
DEADLINE_S = 60.0


class Said(NamedTuple):
    """What became of the requests.

    Attributes:
        answers: how many were answered with a token.
        others: how many were not.
        seconds: from the first request to the last answer.
        p50_ms: half of them waited no longer than this.
        p99_ms: of a hundred one waited longer.
    """

    answers: int
    others: int
    seconds: float
    p50_ms: float
    p99_ms: float


class Caller(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self._came = b""
        self._answer: asyncio.Future[bool] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready to ask."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not of its family

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits gets nothing."""
        del exc
        self._done(served=False)

    def data_received(self, data: bytes) -> None:
        """Some of the answer, or the last of it."""
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self._came = b""
            self._done(served=head.startswith(b"HTTP/1.1 200 ") and b'"access_token"' in body)

    async def ask(self, request: bytes) -> bool:
        """Whether a token came."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer

    def _done(self, *, served: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(served)


class Course:
    """What all callers do together."""

    def __init__(self, address: str, bodies: list[str]) -> None:
        self._host, _, self._port = address.rpartition(":")
        self._requests: Iterator[bytes] = itertools.cycle([self._request(body) for body in bodies])
        self.waits_s: list[float] = []
        self.others = 0

    async def rush(self, callers: int, seconds: float, *, anew: bool) -> None:
        """Everybody as fast as it goes."""
        ends_s = time.perf_counter() + seconds

        async def calls() -> None:
            caller = await self._connected()
            while time.perf_counter() < ends_s:
                if anew:
                    caller.transport.close()
                began_s = time.perf_counter()
                if anew:
                    caller = await self._connected()
                await self._ask(caller, began_s)
            caller.transport.close()

        await asyncio.gather(*(calls() for _ in range(callers)))

    async def steady(self, rate_per_s: int, seconds: float) -> None:
        """At even times, by whoever is free; who is not there in time makes the request late."""
        callers = [await self._connected() for _ in range(STEADY_CALLERS)]
        begin_s = time.perf_counter()
        due = iter([begin_s + number / rate_per_s for number in range(round(rate_per_s * seconds))])

        async def calls(caller: Caller) -> None:
            for due_s in due:
                await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
                await self._ask(caller, due_s)

        await asyncio.gather(*(calls(caller) for caller in callers))

    async def _connected(self) -> Caller:
        _, caller = await asyncio.get_running_loop().create_connection(Caller, self._host, int(self._port))
        return caller

    async def _ask(self, caller: Caller, since_s: float) -> None:
        served = await caller.ask(next(self._requests))
        self.waits_s.append(time.perf_counter() - since_s)
        self.others += not served

    def _request(self, body: str) -> bytes:
        head = (
            f"POST /oauth/token HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            "Accept: application/json\r\nUser-Agent: callers\r\n\r\n"
        )
        return (head + body).encode()


async def run(kind: str, course: Course, number: int, seconds: float) -> Said:
    """One course, from the word to the last answer."""
    print("ready", flush=True)
    sys.stdin.readline()
    began_s = time.perf_counter()
    async with asyncio.timeout(seconds + DEADLINE_S):
        if kind == "steady":
            await course.steady(number, seconds)
        else:
            await course.rush(number, seconds, anew=kind == "strangers")
    took_s = time.perf_counter() - began_s
    waits_ms = sorted(wait_s * 1000 for wait_s in course.waits_s)
    count = len(waits_ms)
    return Said(count - course.others, course.others, took_s, waits_ms[count // 2], waits_ms[count * 99 // 100])


if __name__ == "__main__":
    _hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))
    _kind, _address, _file, _number, _seconds = sys.argv[1:]
    _course = Course(_address, Path(_file).read_text().splitlines())
    _said = uvloop.run(run(_kind, _course, int(_number), float(_seconds)))
    print(json.dumps(_said._asdict()), flush=True)
