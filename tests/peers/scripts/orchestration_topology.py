"""Asks for the topology once with Camunda's own Python client, with whatever the environment says."""

import asyncio
import sys

from camunda_orchestration_sdk import CamundaAsyncClient


async def main() -> int:
    async with CamundaAsyncClient() as client:
        return (await client.get_topology()).partitions_count


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(main())}\n")
