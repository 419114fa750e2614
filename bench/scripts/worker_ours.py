"""Works off JOBS jobs of TYPE with our worker: says ready, waits for a word, says done."""

import asyncio
import sys

from c8py.client import AsyncCamunda
from c8py.worker import Worker


async def main(job_type: str, jobs: int) -> None:
    handled = 0
    done = asyncio.Event()
    async with AsyncCamunda.from_env() as camunda:
        await camunda.topology(protocol="grpc")
        worker = Worker(camunda, max_jobs=64)

        @worker.task(job_type)
        async def handle(amount: int) -> dict[str, int]:
            nonlocal handled
            handled += 1
            if handled == jobs:
                done.set()
            return {"charged": amount}

        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        working = asyncio.create_task(worker.run_async())
        await done.wait()
        print("done", flush=True)
        # The round is over; what becomes of the process is the bench's business.
        await asyncio.to_thread(sys.stdin.readline)
        working.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
