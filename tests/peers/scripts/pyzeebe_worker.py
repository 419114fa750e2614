"""A worker with pyzeebe, as a user of it would write it, that goes on until it is ended.

Run by the peers' own interpreter; the connection comes from the environment, as the credentials file sets it.
Arguments: the job type, and a file that gets the key of each process instance that was worked on, a line each.
"""

import asyncio
import os
import sys

import grpc
from pyzeebe import Job, ZeebeWorker, create_oauth2_client_credentials_channel


async def main(name: str, file: str) -> None:
    # Tokens over plain text: grpc allows it for local addresses only, and only when told so.
    channel = create_oauth2_client_credentials_channel(channel_credentials=grpc.local_channel_credentials())
    worker = ZeebeWorker(channel, request_timeout=5_000, max_connection_retries=1_000)
    handled = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    @worker.task(task_type=name, timeout_ms=10_000)
    async def charge_card(job: Job, amount: int) -> dict[str, int]:
        os.write(handled, f"{job.process_instance_key}\n".encode())
        return {"charged": amount}

    await worker.work()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
