"""Where the CPU of our worker's jobs goes: `TYPE JOBS`, samples of the stack every millisecond of CPU.

Says ready, waits for a word; its last line is JSON: samples by the innermost module of ours, or of the loop, that was
at work. See `profile` in bench/workers.py.
"""

import asyncio
import json
import signal
import sys
from collections import Counter
from types import FrameType

from c8py.client import AsyncCamunda
from c8py.worker import Worker

EVERY_S = 0.001


def place(frame: FrameType | None) -> str:
    """Who is at work: the innermost frame that tells."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(("c8py.", "asyncio", "selectors", "grpc", "hpack", "__main__")):
            return "asyncio" if name.startswith(("asyncio", "selectors")) else name
        frame = frame.f_back
    return "else"


async def main(job_type: str, jobs: int) -> None:
    found: Counter[str] = Counter()
    handled = 0
    done = asyncio.Event()
    async with AsyncCamunda.from_env(grpc_transport="asyncio") as camunda:
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
        signal.signal(signal.SIGPROF, lambda _number, frame: found.update([place(frame)]))
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        working = asyncio.create_task(worker.run_async())
        await done.wait()
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(found), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        working.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
