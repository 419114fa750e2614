"""Works off JOBS jobs of TYPE with our worker: says ready, waits for a word, says how it went.

`TYPE JOBS SETTINGS`; SETTINGS is best, grpcio (the best without CAMUNDA_GRPC_TRANSPORT), stream (which has it) or
default. The last line is JSON: milliseconds from the creation of each job to the start of its handler, where it says
when that was, and resident MB after 5,000 jobs and at the end.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from c8py.client import AsyncCamunda
from c8py.worker import Worker

SETTLED = 5000


def resident_mb() -> float:
    pages = Path("/proc/self/statm").read_text()
    return int(pages.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def main(job_type: str, jobs: int, settings: str) -> None:
    waited_ms: list[float] = []
    memory: list[float] = []
    handled = 0
    done = asyncio.Event()
    transport = {"grpc_transport": "asyncio"} if settings in {"best", "stream"} else {}
    async with AsyncCamunda.from_env(**transport) as camunda:
        await camunda.topology(protocol="grpc")
        worker = Worker(camunda, max_jobs=64) if settings in {"best", "grpcio"} else Worker(camunda)

        @worker.task(job_type)
        async def handle(amount: int, sent_ns: int = 0) -> dict[str, int]:
            nonlocal handled
            handled += 1
            if sent_ns:
                waited_ms.append((time.monotonic_ns() - sent_ns) / 1e6)
            if handled in {SETTLED, jobs}:
                memory.append(resident_mb())
            if handled == jobs:
                done.set()
            return {"charged": amount}

        if settings == "stream":  # jobs trickle: what is measured is a worker that has settled
            working = asyncio.create_task(worker.run_async())
            await asyncio.sleep(2)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        if settings != "stream":
            working = asyncio.create_task(worker.run_async())
        await done.wait()
        print(json.dumps({"waited_ms": waited_ms, "memory_mb": memory}), flush=True)
        # The round is over; what becomes of the process is the bench's business.
        await asyncio.to_thread(sys.stdin.readline)
        working.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
