"""Callers that need a token. `KIND COUNT PATIENCE_S`: each asks for a topology until it has one, or its patience ends.

KIND is coroutines or threads, which share a client; or warm or warm-threads: then it is COUNT calls that are measured
which have a token already. The last line is a list: seconds until each was served, negative where it was not; or
microseconds of a call, and the files that calls opened. See bench/tokens.py; its twins are those of the peers.
"""

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from c8py.client import AsyncCamunda, Camunda
from c8py.errors import C8Error

ROUNDS = 15
READS_FILES = {"open", "os.listdir", "os.scandir"}


def wait_for_the_word() -> float:
    print("ready", flush=True)
    sys.stdin.readline()
    return time.monotonic()


async def coroutines(count: int, patience_s: float) -> list[float]:
    async with AsyncCamunda.from_env() as camunda:
        start = wait_for_the_word()
        return await asyncio.gather(*(served(camunda, start, patience_s) for _ in range(count)))


async def served(camunda: AsyncCamunda, start: float, patience_s: float) -> float:
    while (waited := time.monotonic() - start) < patience_s:
        try:
            async with asyncio.timeout(patience_s - waited):
                await camunda.topology(protocol="grpc")
        except (C8Error, TimeoutError):
            await asyncio.sleep(1)
        else:
            return time.monotonic() - start
    return -waited


def threads(count: int, patience_s: float) -> list[float]:
    with Camunda.from_env() as camunda, ThreadPoolExecutor(count) as pool:
        start = wait_for_the_word()
        return list(pool.map(lambda _: served_in_thread(camunda, start, patience_s), range(count)))


def served_in_thread(camunda: Camunda, start: float, patience_s: float) -> float:
    while (waited := time.monotonic() - start) < patience_s:
        try:
            camunda.topology(protocol="grpc")
        except C8Error:
            time.sleep(1)
        else:
            return time.monotonic() - start
    return -waited


async def warm(count: int, _patience_s: float) -> list[float]:
    async with AsyncCamunda.from_env() as camunda:
        await camunda.authorization()
        wait_for_the_word()
        best, opened = float("inf"), watched_files()
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for _ in range(count):
                await camunda.authorization()
            best = min(best, time.perf_counter() - start)
        return [best / count * 1e6, len(opened)]


def warm_threads(count: int, _patience_s: float) -> list[float]:
    with Camunda.from_env() as camunda:
        camunda.authorization()
        wait_for_the_word()
        best, opened = float("inf"), watched_files()
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for _ in range(count):
                camunda.authorization()
            best = min(best, time.perf_counter() - start)
        return [best / count * 1e6, len(opened)]


def watched_files() -> list[str]:
    """What is opened from now on."""
    opened: list[str] = []
    sys.addaudithook(lambda event, _: opened.append(event) if event in READS_FILES else None)
    return opened


KINDS = {
    "coroutines": lambda *course: asyncio.run(coroutines(*course)),
    "threads": threads,
    "warm": lambda *course: asyncio.run(warm(*course)),
    "warm-threads": warm_threads,
}

if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]))), flush=True)
