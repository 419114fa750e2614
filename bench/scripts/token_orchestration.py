"""Callers that need a token: the twin of token_ours.py for camunda-orchestration-sdk."""

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from camunda_orchestration_sdk import CamundaAsyncClient, CamundaClient

ROUNDS = 15


def wait_for_the_word() -> float:
    print("ready", flush=True)
    sys.stdin.readline()
    return time.monotonic()


async def coroutines(count: int, patience_s: float) -> list[float]:
    async with CamundaAsyncClient() as client:
        start = wait_for_the_word()
        return await asyncio.gather(*(served(client, start, patience_s) for _ in range(count)))


async def served(client: CamundaAsyncClient, start: float, patience_s: float) -> float:
    while (waited := time.monotonic() - start) < patience_s:
        try:
            async with asyncio.timeout(patience_s - waited):
                await client.get_topology()
        except Exception:  # noqa: BLE001 - whatever it raises, a user would try again
            await asyncio.sleep(1)
        else:
            return time.monotonic() - start
    return -waited


def threads(count: int, patience_s: float) -> list[float]:
    with CamundaClient() as client, ThreadPoolExecutor(count) as pool:
        start = wait_for_the_word()
        return list(pool.map(lambda _: served_in_thread(client, start, patience_s), range(count)))


def served_in_thread(client: CamundaClient, start: float, patience_s: float) -> float:
    while (waited := time.monotonic() - start) < patience_s:
        try:
            client.get_topology()
        except Exception:  # noqa: BLE001 - whatever it raises, a user would try again
            time.sleep(1)
        else:
            return time.monotonic() - start
    return -waited


async def warm(count: int, _patience_s: float) -> list[float]:
    async with CamundaAsyncClient() as client:
        await client.auth_provider.aget_headers()
        wait_for_the_word()
        best = float("inf")
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for _ in range(count):
                await client.auth_provider.aget_headers()
            best = min(best, time.perf_counter() - start)
        return [best / count * 1e6]


def warm_threads(count: int, _patience_s: float) -> list[float]:
    with CamundaClient() as client:
        client.auth_provider.get_headers()
        wait_for_the_word()
        best = float("inf")
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for _ in range(count):
                client.auth_provider.get_headers()
            best = min(best, time.perf_counter() - start)
        return [best / count * 1e6]


KINDS = {
    "coroutines": lambda *course: asyncio.run(coroutines(*course)),
    "threads": threads,
    "warm": lambda *course: asyncio.run(warm(*course)),
    "warm-threads": warm_threads,
}

if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]))), flush=True)
