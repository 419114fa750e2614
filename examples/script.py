"""Deploys a process, starts it with an object of your own, works on its job, and has an object of your own back.

Run it with a cluster's credentials in the environment: `python examples/script.py`.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from c8py import AsyncCamunda, Worker, variables_as

MODEL = Path(__file__).with_name("order.bpmn")


@dataclass
class Order:
    customer: str
    amount: float


@dataclass
class Receipt:
    customer: str
    charged: float


async def main() -> None:
    async with AsyncCamunda.from_env() as camunda:
        await camunda.deploy(MODEL)
        worker = Worker(camunda, max_jobs=8)

        @worker.task("charge-card")
        async def charge_card(amount: float) -> dict[str, object]:
            return {"charged": round(amount * 1.19, 2)}

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.run_async())
            ended = await camunda.start_and_wait("order", variables=Order("Anna", 100))
            worker.stop()

    print(variables_as(ended.variables, Receipt))


if __name__ == "__main__":
    asyncio.run(main())
