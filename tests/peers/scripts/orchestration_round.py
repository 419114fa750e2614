"""One round with Camunda's own Python client, as a user of it would write it: topology, deploy, start, work, completed.

Run by the peers' own interpreter; the connection comes from the environment, as the credentials file sets it.
Arguments: the model, and what its process and its job type are called. Prints one JSON object.
"""

import asyncio
import json
import sys

from camunda_orchestration_sdk import (
    CamundaAsyncClient,
    ConnectedJobContext,
    ProcessCreationByKey,
    WorkerConfig,
)
from camunda_orchestration_sdk.models import ProcessInstanceCreationInstructionBaseVariables

COMPLETION_DEADLINE_S = 30.0


async def main(model: str, name: str, instances: int) -> dict[str, object]:
    handled: list[int] = []

    async def charge_card(job: ConnectedJobContext) -> dict[str, object]:
        amount = job.variables.to_dict()["amount"]
        handled.append(amount)
        return {"charged": amount}

    async with CamundaAsyncClient() as client:
        topology = await client.get_topology()
        deployment = await client.deploy_resources_from_files([model])
        process = deployment.processes[0]
        client.create_job_worker(
            config=WorkerConfig(job_type=name, job_timeout_milliseconds=30_000), callback=charge_card
        )
        working = asyncio.create_task(client.run_workers())
        keys = []
        for amount in range(1, instances + 1):
            created = await client.create_process_instance(
                data=ProcessCreationByKey(
                    process_definition_key=process.process_definition_key,
                    variables=ProcessInstanceCreationInstructionBaseVariables.from_dict({"amount": amount}),
                )
            )
            keys.append(created.process_instance_key)
        states = [await completed(client, key) for key in keys]
        working.cancel()
    return {
        "partitions": topology.partitions_count,
        "deployed": process.process_definition_id,
        "handled": sorted(handled),
        "states": states,
    }


async def completed(client: CamundaAsyncClient, key: str) -> str:
    """The state of the instance once it is over, or the last one seen."""
    state = "never seen"
    try:
        async with asyncio.timeout(COMPLETION_DEADLINE_S):
            while state not in {"COMPLETED", "TERMINATED"}:
                try:
                    instance = await client.get_process_instance(process_instance_key=key)
                    state = str(getattr(instance.state, "value", instance.state))
                except Exception as error:  # noqa: BLE001 - not found yet is an exception of its own in every version
                    state = repr(error)
                await asyncio.sleep(0.1)
    except TimeoutError:
        return state
    return state


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], 3))))
