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
    started: Callable[[], None]
    dropped: bool = False
    left: bool = False


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
        self._started = 0
        self._lock = threading.Lock()

    async def run(self, function: Callable[[], object], *, started: Callable[[], None] = lambda: None) -> object:
        """Call the function in a thread. Where nobody waits for its end any more, another thread takes its place.

        Args:
            function: the function.
            started: called when a thread takes it up, in that thread; it must not raise.

        Raises:
            NeverStarted: `drop_waiting` came before a thread was free.
        """
        loop = asyncio.get_running_loop()
        call = _Call(function, loop, loop.create_future(), contextvars.copy_context(), started)
        with self._lock:
            self._waiting.add(call)
            self._grow()
        self._calls.put(call)
        try:
            return await call.answer
        except asyncio.CancelledError:
            self._leave(call)
            raise

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

    def _grow(self) -> None:
        if self._threads < self._size and self._busy + len(self._waiting) > self._threads:
            self._threads += 1
            self._started += 1
            threading.Thread(target=self._serve, name=f"{self._name}-{self._started}", daemon=True).start()

    def _leave(self, call: _Call) -> None:
        """Nobody waits for it: drop it, or count its thread out until it is through."""
        with self._lock:
            if call in self._waiting:
                self._waiting.discard(call)
                call.dropped = True
            elif not call.left:
                call.left = True
                self._threads -= 1
                self._busy -= 1
                self._grow()

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            with self._lock:
                if call.dropped:
                    continue
                self._waiting.discard(call)
                self._busy += 1
            call.started()
            try:
                result, error = call.context.run(call.function), None
            except BaseException as raised:  # noqa: BLE001  whatever it is, it belongs to who waits for the answer
                result, error = None, raised
            with self._lock:
                if call.left:
                    return  # another thread has taken this one's place
                call.left = True
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
