"""A crowd of callers in one process, run as a program: all begin on a word, each calls for so long, and all report.

`python crowd_ours.py KIND COUNT SECONDS PAUSE_S`, with settings from the environment. KIND says what a caller is: a
coroutine, a thread, or a loop in a thread; they share one client. The last line is a list of `Caller` as JSON.
"""

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from c8py.client import AsyncCamunda, Camunda
from c8py.errors import C8Error


class Caller(NamedTuple):
    """What became of one of them.

    Attributes:
        first_s: when its first call succeeded, by the monotonic clock that all processes of a host share.
        calls: that succeeded.
        failures: what the others raised.
    """

    first_s: float
    calls: int
    failures: list[str]


class _Course(NamedTuple):
    count: int
    seconds: float
    pause_s: float


async def coroutines(course: _Course) -> list[Caller]:
    """As many coroutines of one loop."""
    async with AsyncCamunda.from_env() as camunda:
        _wait_for_the_word()
        return await asyncio.gather(*(_called(camunda, course) for _ in range(course.count)))


def threads(course: _Course) -> list[Caller]:
    """As many threads."""
    callers: list[Caller] = []
    with Camunda.from_env() as camunda:
        _wait_for_the_word()
        _in_threads(course.count, lambda: callers.append(_called_in_thread(camunda, course)))
    return callers


def loops(course: _Course) -> list[Caller]:
    """As many threads, each with a loop of its own."""
    callers: list[Caller] = []
    camunda = AsyncCamunda.from_env()

    async def called() -> Caller:
        async with camunda:
            return await _called(camunda, course)

    _wait_for_the_word()
    _in_threads(course.count, lambda: callers.append(asyncio.run(called())))
    return callers


KINDS: Final[Mapping[str, Callable[[_Course], list[Caller]]]] = {
    "coroutines": lambda course: asyncio.run(coroutines(course)),
    "threads": threads,
    "loops": loops,
}


async def _called(camunda: AsyncCamunda, course: _Course) -> Caller:
    firsts: list[float] = []
    failures: list[str] = []
    calls, ends_s = 0, time.monotonic() + course.seconds
    while not (calls or failures) or time.monotonic() < ends_s:
        try:
            await camunda.topology()
        except C8Error as error:
            failures.append(f"{type(error).__name__}: {error}")
        else:
            calls += 1
            firsts = firsts or [time.monotonic()]
        await asyncio.sleep(course.pause_s)
    return Caller(*(firsts or [0.0]), calls, failures)


def _called_in_thread(camunda: Camunda, course: _Course) -> Caller:
    firsts: list[float] = []
    failures: list[str] = []
    calls, ends_s = 0, time.monotonic() + course.seconds
    while not (calls or failures) or time.monotonic() < ends_s:
        try:
            camunda.topology()
        except C8Error as error:
            failures.append(f"{type(error).__name__}: {error}")
        else:
            calls += 1
            firsts = firsts or [time.monotonic()]
        time.sleep(course.pause_s)
    return Caller(*(firsts or [0.0]), calls, failures)


def _in_threads(count: int, work: Callable[[], None]) -> None:
    started = [threading.Thread(target=work) for _ in range(count)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def _wait_for_the_word() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    _kind, _count, _seconds, _pause_s = sys.argv[1:]
    print(json.dumps(KINDS[_kind](_Course(int(_count), float(_seconds), float(_pause_s)))), flush=True)
