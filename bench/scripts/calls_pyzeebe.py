"""The twin of calls_ours.py for pyzeebe, which speaks gRPC only."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from pyzeebe import SyncZeebeClient, ZeebeClient, create_insecure_channel

AHEAD = 200
VARIABLES = {"amount": 120, "customer": {"name": "Anna", "vip": True}, "items": ["a", "b", "c"]}


async def in_asyncio(what: str, count: int, in_flight: int) -> int:
    client = ZeebeClient(create_insecure_channel())
    calls = {"topology": client.topology, "start": lambda: client.run_process("order", VARIABLES)}
    await side_by_side(calls[what], AHEAD, in_flight)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await side_by_side(calls[what], count, in_flight)
    return count


async def side_by_side(call: Callable[[], Awaitable[object]], count: int, in_flight: int) -> None:
    async def some() -> None:
        for _ in range(count // in_flight):
            await call()

    await asyncio.gather(*(some() for _ in range(in_flight)))


def in_a_thread(what: str, count: int) -> int:
    asyncio.set_event_loop(asyncio.new_event_loop())
    client = SyncZeebeClient(create_insecure_channel())
    calls = {"topology": client.topology, "start": lambda: client.run_process("order", VARIABLES)}
    call = calls[what]
    for _ in range(AHEAD):
        call()
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(count):
        call()
    return count


def main(colour: str, _way: str, what: str, count: str, in_flight: str) -> int:
    if colour == "asyncio":
        return asyncio.run(in_asyncio(what, int(count), int(in_flight)))
    return in_a_thread(what, int(count))


if __name__ == "__main__":
    print(main(*sys.argv[1:]), flush=True)
    sys.stdin.readline()
