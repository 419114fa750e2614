"""One round with pyzeebe, as a user of it would write it: topology, deploy, start, work, completed.

Run by the peers' own interpreter; the connection comes from the environment, as the credentials file sets it.
Arguments: the model, and what its process and its job type are called. Prints one JSON object.
"""

import asyncio
import json
import os
import sys

import grpc
from pyzeebe import (
    ZeebeClient,
    ZeebeWorker,
    create_insecure_channel,
    create_oauth2_client_credentials_channel,
)
from pyzeebe.errors import ProcessDefinitionNotFoundError
from pyzeebe.grpc_internals.types import CreateProcessInstanceWithResultResponse

REACHES_ALL_PARTITIONS_S = 30.0


def channel() -> grpc.aio.Channel:
    if "ZEEBE_CLIENT_ID" in os.environ:
        # Tokens over plain text: grpc allows it for local addresses only, and only when told so.
        return create_oauth2_client_credentials_channel(channel_credentials=grpc.local_channel_credentials())
    return create_insecure_channel()


async def started(client: ZeebeClient, name: str, amount: int) -> CreateProcessInstanceWithResultResponse:
    """An instance, once the deployment has reached the partition whose turn it is: real brokers pass it on later."""
    async with asyncio.timeout(REACHES_ALL_PARTITIONS_S):
        while True:
            try:
                return await client.run_process_with_result(name, {"amount": amount}, timeout=30_000)
            except ProcessDefinitionNotFoundError:
                await asyncio.sleep(0.1)


async def main(model: str, name: str, instances: int) -> dict[str, object]:
    handled: list[int] = []
    connection = channel()
    client = ZeebeClient(connection)
    worker = ZeebeWorker(connection, stream_enabled="--stream" in sys.argv)

    @worker.task(task_type=name)
    async def charge_card(amount: int) -> dict[str, int]:
        handled.append(amount)
        return {"charged": amount}

    topology = await client.topology()
    deployment = await client.deploy_resource(model)
    working = asyncio.create_task(worker.work())
    results = [await started(client, name, amount) for amount in range(1, instances + 1)]
    await worker.stop()
    working.cancel()
    await connection.close()
    return {
        "partitions": topology.partitions_count,
        "deployed": deployment.deployments[0].bpmn_process_id,
        "handled": sorted(handled),
        "charged": [result.variables["charged"] for result in results],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], 3))))
