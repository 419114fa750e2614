"""Drives the flows of `auth` with whatever sends: the wire of `transport` in the house, a made-up service in tests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from c8py.auth import Flow, HttpRequest, HttpResponse, Pause
from c8py.errors import ConnectionFailed

T = TypeVar("T")

# Raises ConnectionFailed where there was no response.
Sender: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponse]]


async def drive(flow: Flow[T], send: Sender) -> T:
    """The outcome of a flow.

    Raises:
        AuthError: what the flow raises.
    """
    try:
        step = next(flow)
        while True:
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                step = flow.send(None)
                continue
            try:
                response = await send(step)
            except ConnectionFailed as error:
                step = flow.throw(error)
            else:
                step = flow.send(response)
    except StopIteration as ended:
        outcome: T = ended.value
        return outcome
    finally:
        flow.close()
