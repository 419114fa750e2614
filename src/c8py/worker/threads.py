"""Threads for plain functions: bounded, started when needed, and never in the way of a process that wants to leave.

The standard pool joins its threads at exit; a handler that hangs would keep a worker from leaving on the second signal.
"""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

import msgspec

T = TypeVar("T")


class _Call(msgspec.Struct, eq=False):
    function: Callable[[], object]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[object]
    context: contextvars.Context
    started: bool = False
    dropped: bool = False


class Threads:
    """Runs plain functions beside the event loop.

    Args:
        size: how many at once; more wait in the order in which they came.
        name: of the threads, for debuggers.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._waiting: set[_Call] = set()
        self._busy = 0
        self._threads = 0
        self._lock = threading.Lock()

    async def run(self, function: Callable[[], object]) -> object:
        """Call the function in a thread.

        Raises:
            NeverStarted: `drop_waiting` came before a thread was free.
        """
        loop = asyncio.get_running_loop()
        call = _Call(function, loop, loop.create_future(), contextvars.copy_context())
        with self._lock:
            self._waiting.add(call)
            if self._threads < self._size and self._busy + len(self._waiting) > self._threads:
                self._threads += 1
                threading.Thread(target=self._serve, name=f"{self._name}-{self._threads}", daemon=True).start()
        self._calls.put(call)
        return await call.answer

    def drop_waiting(self) -> None:
        """Whatever has not started never will; who waits for it gets `NeverStarted`."""
        with self._lock:
            dropped, self._waiting = self._waiting, set()
            for call in dropped:
                call.dropped = True
        for call in dropped:
            if not call.answer.done():
                call.answer.set_exception(NeverStarted())

    def close(self) -> None:
        """Let the threads end when they have nothing to do."""
        for _ in range(self._threads):
            self._calls.put(None)

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            with self._lock:
                if call.dropped:
                    continue
                self._waiting.discard(call)
                self._busy += 1
            try:
                result, error = call.context.run(call.function), None
            except BaseException as raised:  # noqa: BLE001  whatever it is, it belongs to who waits for the answer
                result, error = None, raised
            with self._lock:
                self._busy -= 1
            try:
                call.loop.call_soon_threadsafe(_answer, call.answer, result, error)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more


class NeverStarted(Exception):  # noqa: N818  no error: the answer of a call that was dropped
    """The function was dropped before it started."""


def _answer(answer: "asyncio.Future[object]", result: object, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    elif isinstance(error, StopIteration):
        answer.set_exception(RuntimeError("the function raised StopIteration"))  # a future cannot carry one
    else:
        answer.set_exception(error)
