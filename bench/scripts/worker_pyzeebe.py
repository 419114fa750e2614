"""Works off JOBS jobs of TYPE with pyzeebe: the twin of worker_ours.py. SETTINGS: best, stream or default."""

import asyncio
import json
import sys
import time

from pyzeebe import ZeebeClient, ZeebeWorker, create_insecure_channel


async def main(job_type: str, jobs: int, settings: str) -> None:
    waited_ms: list[float] = []
    handled = 0
    done = asyncio.Event()
    channel = create_insecure_channel()
    await ZeebeClient(channel).topology()
    # Its pause of 5 s after each full house or refused poll would decide the bench; its users can turn it down, too.
    terms = {} if settings == "default" else {"max_running_jobs": 64, "max_jobs_to_activate": 64}
    pause = {} if settings == "default" else {"poll_retry_delay": 0.001}
    worker = ZeebeWorker(channel, stream_enabled=settings == "stream", **pause)

    @worker.task(task_type=job_type, **terms)
    async def handle(amount: int, sent_ns: int = 0) -> dict[str, int]:
        nonlocal handled
        handled += 1
        if sent_ns:
            waited_ms.append((time.monotonic_ns() - sent_ns) / 1e6)
        if handled == jobs:
            done.set()
        return {"charged": amount}

    if settings == "stream":
        working = asyncio.create_task(worker.work())
        await asyncio.sleep(2)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    if settings != "stream":
        working = asyncio.create_task(worker.work())
    await done.wait()
    print(json.dumps({"waited_ms": waited_ms}), flush=True)
    # The round is over; what becomes of the process is the bench's business.
    await asyncio.to_thread(sys.stdin.readline)
    working.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
