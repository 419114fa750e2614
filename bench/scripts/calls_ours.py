"""Calls one after another or side by side. `COLOUR WAY WHAT COUNT IN_FLIGHT`.

COLOUR is asyncio or threads, WAY grpc or rest, WHAT topology, start or search; the last makes no calls side by side but
reads all that is found, page by page. It says ready after some calls ahead of the count, waits for a word, and says how
many calls or items it has made or read. See bench/calls.py; its twins are those of the peers.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from c8py.client import AsyncCamunda, Camunda

AHEAD = 200
VARIABLES = {"amount": 120, "customer": {"name": "Anna", "vip": True}, "items": ["a", "b", "c"]}


async def in_asyncio(way: str, what: str, count: int, in_flight: int) -> int:
    async with AsyncCamunda.from_env() as camunda:
        calls = {
            "topology": lambda: camunda.topology(protocol=way),
            "start": lambda: camunda.start("order", variables=VARIABLES, protocol=way),
        }
        if what == "search":
            await camunda.process_instances.search()
            await word()
            found = [item async for item in camunda.process_instances.search_all(page_size=100)]
            return len(found)
        call = calls[what]
        await side_by_side(call, AHEAD, in_flight)
        await word()
        await side_by_side(call, count, in_flight)
        return count


async def side_by_side(call: Callable[[], Awaitable[object]], count: int, in_flight: int) -> None:
    async def some() -> None:
        for _ in range(count // in_flight):
            await call()

    await asyncio.gather(*(some() for _ in range(in_flight)))


async def word() -> None:
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


def in_a_thread(way: str, what: str, count: int) -> int:
    with Camunda.from_env() as camunda:
        calls = {
            "topology": lambda: camunda.topology(protocol=way),
            "start": lambda: camunda.start("order", variables=VARIABLES, protocol=way),
        }
        if what == "search":
            camunda.process_instances.search()
            print("ready", flush=True)
            sys.stdin.readline()
            return len(list(camunda.process_instances.search_all(page_size=100)))
        call = calls[what]
        for _ in range(AHEAD):
            call()
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(count):
            call()
        return count


def main(colour: str, way: str, what: str, count: str, in_flight: str) -> int:
    if colour == "asyncio":
        return asyncio.run(in_asyncio(way, what, int(count), int(in_flight)))
    return in_a_thread(way, what, int(count))


if __name__ == "__main__":
    print(main(*sys.argv[1:]), flush=True)
    sys.stdin.readline()
