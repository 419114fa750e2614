"""Works off JOBS jobs of TYPE with pyzeebe at its best settings: says ready, waits for a word, says done."""

import asyncio
import sys

from pyzeebe import ZeebeClient, ZeebeWorker, create_insecure_channel


async def main(job_type: str, jobs: int) -> None:
    handled = 0
    done = asyncio.Event()
    channel = create_insecure_channel()
    await ZeebeClient(channel).topology()
    # Its pause of 5 s after each full house or refused poll would decide the bench; its users can turn it down, too.
    worker = ZeebeWorker(channel, poll_retry_delay=0.001)

    @worker.task(task_type=job_type, max_running_jobs=64, max_jobs_to_activate=64)
    async def handle(amount: int) -> dict[str, int]:
        nonlocal handled
        handled += 1
        if handled == jobs:
            done.set()
        return {"charged": amount}

    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    working = asyncio.create_task(worker.work())
    await done.wait()
    print("done", flush=True)
    # The round is over; what becomes of the process is the bench's business.
    await asyncio.to_thread(sys.stdin.readline)
    working.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
