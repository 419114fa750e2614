"""Our worker with ten types that have no jobs. `SECONDS`: says ready once it has settled, done after so many."""

import asyncio
import sys

from c8py.client import AsyncCamunda
from c8py.worker import Worker

TYPES = 10
SETTLED_S = 5


async def main(seconds: float) -> None:
    async with AsyncCamunda.from_env() as camunda:
        worker = Worker(camunda)
        for number in range(TYPES):
            worker.task(f"idle-{number}")(handle)
        working = asyncio.create_task(worker.run_async())
        await asyncio.sleep(SETTLED_S)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.sleep(seconds)
        print("done", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        working.cancel()


async def handle(amount: int) -> None:
    del amount


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
