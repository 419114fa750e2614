"""What differs between the colours, under twin names: `AsyncX` and `X`.

Code in `_async` folders uses the first of each pair; tools/unasync.py prints its twin with the second. Nothing here
knows what it is used for.
"""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Generic, TypeVar

T = TypeVar("T")


class AsyncOwn(Generic[T]):
    """What each loop has of its own, made when it is first wanted there; loops in threads do not disturb each other."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made: dict[asyncio.AbstractEventLoop, T] = {}

    def get(self, make: Callable[[], T]) -> T:
        """That of the running loop."""
        loop = asyncio.get_running_loop()
        made = self._made.get(loop)
        if made is not None:
            return made
        with self._guard:
            made = self._made.get(loop)
            if made is None:
                # What belonged to loops that are over is of no use to anybody.
                self._made = {other: its for other, its in self._made.items() if not other.is_closed()}
                made = self._made[loop] = make()
            return made

    def holds(self, one: T) -> bool:
        """Whether this still is that of the running loop."""
        return self._made.get(asyncio.get_running_loop()) is one

    def pop(self) -> T | None:
        """That of the running loop, if there is any; the next one who wants it has it made anew."""
        with self._guard:
            return self._made.pop(asyncio.get_running_loop(), None)


class Own(Generic[T]):
    """What a process has of its own, made when a thread first wants it; a fork does not inherit it.

    It must not: two processes would write to the same sockets.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._made: dict[int, T] = {}

    def get(self, make: Callable[[], T]) -> T:
        """That of this process."""
        process = os.getpid()
        made = self._made.get(process)
        if made is not None:
            return made
        with self._guard:
            made = self._made.get(process)
            if made is None:
                made = self._made[process] = make()
            return made

    def holds(self, one: T) -> bool:
        """Whether this still is that of this process."""
        return self._made.get(os.getpid()) is one

    def pop(self) -> T | None:
        """That of this process, if there is any; the next one who wants it has it made anew."""
        with self._guard:
            return self._made.pop(os.getpid(), None)


class AsyncFlight(Generic[T]):
    """Lets one piece of work go on at a time; who comes meanwhile waits for the same outcome.

    The work is a task of its own: a caller that is cancelled leaves it to the others.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[T] | None = None

    async def run(self, work: Callable[[], Coroutine[object, object, T]]) -> T:
        """The outcome of the work that is going on, or of this one."""
        return await asyncio.shield(self._going(work))

    def spawn(self, work: Callable[[], Coroutine[object, object, T]]) -> None:
        """Begin this work in the background, unless some is going on."""
        self._going(work)

    async def aclose(self) -> None:
        """Stop what is going on."""
        task, self._task = self._task, None
        if task is not None and task.get_loop() is asyncio.get_running_loop() and not task.done():
            task.cancel()
            await asyncio.wait([task])

    def _going(self, work: Callable[[], Coroutine[object, object, T]]) -> asyncio.Task[T]:
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._task = asyncio.create_task(work())
            # Work in the background may fail with nobody waiting; who waits is told all the same.
            task.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception() and None)
        return task


class Flight(Generic[T]):
    """Lets one piece of work go on at a time; threads that come meanwhile wait for the same outcome."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going: Future[T] | None = None
        self._process = os.getpid()
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[], T]) -> T:
        """The outcome of the work that is going on, or of this one."""
        while True:
            with self._lock:
                # In a fork nobody goes on with what a thread of the parent began.
                others = self._going if self._process == os.getpid() else None
                if others is None:
                    self._process, self._going = os.getpid(), Future()
                    own = self._going
                    break
            with contextlib.suppress(CancelledError):  # whose caller was interrupted is left to the next one
                return others.result()
        try:
            outcome = work()
        except Exception as error:
            self._going = None
            own.set_exception(error)
            raise
        except BaseException:
            self._going = None
            own.cancel()
            raise
        self._going = None
        own.set_result(outcome)
        return outcome

    def spawn(self, work: Callable[[], object]) -> None:
        """Begin this work in a thread, unless some is going on. The work deals with its own failures."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=work, name="c8py-flight", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Let go of what is going on; the thread ends by itself."""
        self._thread = None
