"""The twin of calls_ours.py for camunda-orchestration-sdk, which speaks REST only; at its best settings."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from camunda_orchestration_sdk import CamundaAsyncClient, CamundaClient, ProcessCreationById, ProcessInstanceSearchQuery
from camunda_orchestration_sdk.models import (
    CursorBasedForwardPagination,
    LimitBasedPagination,
    ProcessInstanceCreationInstructionBaseVariables,
)
from loguru import logger

AHEAD = 200
VARIABLES = {"amount": 120, "customer": {"name": "Anna", "vip": True}, "items": ["a", "b", "c"]}
PAGE = 100


def start() -> ProcessCreationById:
    return ProcessCreationById(
        process_definition_id="order",
        variables=ProcessInstanceCreationInstructionBaseVariables.from_dict(VARIABLES),
    )


def search(cursor: str | None) -> ProcessInstanceSearchQuery:
    if cursor is None:
        return ProcessInstanceSearchQuery(page=LimitBasedPagination(limit=PAGE))
    return ProcessInstanceSearchQuery(page=CursorBasedForwardPagination(after=cursor, limit=PAGE))


async def in_asyncio(what: str, count: int, in_flight: int) -> int:
    async with CamundaAsyncClient() as client:
        if what == "search":
            await client.search_process_instances(data=search(None))
            await word()
            found, cursor = [], None
            while True:
                page = await client.search_process_instances(data=search(cursor))
                found += page.items
                cursor = page.page.end_cursor
                if len(found) >= page.page.total_items:
                    return len(found)
        calls = {
            "topology": client.get_topology,
            "start": lambda: client.create_process_instance(data=start()),
        }
        await side_by_side(calls[what], AHEAD, in_flight)
        await word()
        await side_by_side(calls[what], count, in_flight)
        return count


async def side_by_side(call: Callable[[], Awaitable[object]], count: int, in_flight: int) -> None:
    async def some() -> None:
        for _ in range(count // in_flight):
            await call()

    await asyncio.gather(*(some() for _ in range(in_flight)))


async def word() -> None:
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


def in_a_thread(what: str, count: int) -> int:
    with CamundaClient() as client:
        if what == "search":
            client.search_process_instances(data=search(None))
            print("ready", flush=True)
            sys.stdin.readline()
            found, cursor = [], None
            while True:
                page = client.search_process_instances(data=search(cursor))
                found += page.items
                cursor = page.page.end_cursor
                if len(found) >= page.page.total_items:
                    return len(found)
        calls = {
            "topology": client.get_topology,
            "start": lambda: client.create_process_instance(data=start()),
        }
        call = calls[what]
        for _ in range(AHEAD):
            call()
        print("ready", flush=True)
        sys.stdin.readline()
        for _ in range(count):
            call()
        return count


def main(colour: str, _way: str, what: str, count: str, in_flight: str) -> int:
    logger.remove()  # its default sink writes a line a call
    if colour == "asyncio":
        return asyncio.run(in_asyncio(what, int(count), int(in_flight)))
    return in_a_thread(what, int(count))


if __name__ == "__main__":
    print(main(*sys.argv[1:]), flush=True)
    sys.stdin.readline()
