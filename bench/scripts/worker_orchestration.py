"""Works off JOBS jobs of TYPE with camunda-orchestration-sdk: the twin of worker_ours.py. SETTINGS: best or default."""

import asyncio
import json
import sys

from camunda_orchestration_sdk import CamundaAsyncClient
from camunda_orchestration_sdk.runtime.job_worker import WorkerConfig
from loguru import logger

logger.remove()


async def main(job_type: str, jobs: int, settings: str) -> None:
    handled = 0
    done = asyncio.Event()
    async with CamundaAsyncClient() as client:
        await client.get_topology()

        async def handle(job) -> dict[str, int]:  # noqa: ANN001
            nonlocal handled
            handled += 1
            if handled == jobs:
                done.set()
            return {"charged": job.variables.to_dict()["amount"]}

        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        if settings == "best":
            config = WorkerConfig(job_type=job_type, job_timeout_milliseconds=60_000, max_concurrent_jobs=64)
            client.create_job_worker(config, handle, execution_strategy="async")
        else:
            client.create_job_worker(WorkerConfig(job_type=job_type, job_timeout_milliseconds=60_000), handle)
        await done.wait()
        print(json.dumps({"waited_ms": []}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
