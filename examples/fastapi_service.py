"""A service that starts processes and tells how they stand, with a worker beside it in the same event loop.

Run it with a cluster's credentials in the environment: `uvicorn --app-dir examples fastapi_service:app`.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

from c8py import AsyncCamunda, NotFound, Worker
from c8py.models.keys import ProcessInstanceKey

MODEL = Path(__file__).with_name("order.bpmn")


class Order(BaseModel):
    customer: str
    amount: float


class Started(BaseModel):
    key: str


class Standing(BaseModel):
    key: str
    state: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """One client for the whole service: it keeps its connections and its token."""
    async with AsyncCamunda.from_env() as camunda, asyncio.TaskGroup() as tasks:
        await camunda.deploy(MODEL)
        worker = Worker(camunda)
        worker.task("charge-card")(charge_card)
        # The server has its own way with signals.
        tasks.create_task(worker.run_async(signals=False))
        app.state.camunda = camunda
        yield
        worker.stop()


async def charge_card(amount: float) -> dict[str, object]:
    return {"charged": round(amount * 1.19, 2)}


def camunda_of(request: Request) -> AsyncCamunda:
    return request.app.state.camunda


Camunda = Annotated[AsyncCamunda, Depends(camunda_of)]
app = FastAPI(lifespan=lifespan)


@app.post("/orders", status_code=201)
async def place(order: Order, camunda: Camunda) -> Started:
    """Start a process with the order as its variables."""
    started = await camunda.start("order", variables=order)
    return Started(key=started.process_instance_key)


@app.get("/orders/{key}")
async def look(key: str, camunda: Camunda) -> Standing:
    """How it stands; what was started just now may take a moment to be seen."""
    try:
        found = await camunda.process_instances.get(ProcessInstanceKey(key))
    except NotFound as error:
        raise HTTPException(404, error.message) from error
    return Standing(key=key, state=found.state)
