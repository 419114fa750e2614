"""Processes for plain functions that need a core of their own. Each one works on one call at a time, and may die of it.

The standard pool breaks as a whole when one of its processes dies; here the call that was in it fails, and no other.
"""

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.connection import Connection
from typing import NoReturn, TypeAlias, cast

import msgspec

from c8py.errors import BpmnError, JobFailure
from c8py.worker.conversion import result_variables
from c8py.worker.threads import Threads
from c8py.worker.verdict import excerpt


class Processes:
    """Runs plain functions in processes, each beside a thread that waits for it.

    Args:
        size: how many at once; more wait in the order in which they came.
        name: of the threads, for debuggers.
    """

    def __init__(self, size: int, name: str) -> None:
        self._threads = Threads(size, name)
        self._here = threading.local()
        self._children: set[_Child] = set()
        self._lock = threading.Lock()

    async def run(
        self, function: Callable[..., object], given: Mapping[str, object], *, started: Callable[[], None]
    ) -> object:
        """Call the function in a process; when nobody waits any more, that process is ended.

        Raises:
            NeverStarted: `drop_waiting` came before a process was free.
            JobFailure: the process died, or the function raised what is no error of the model.
        """
        ours: list[_Child] = []
        try:
            return await self._threads.run(partial(self._call, ours, function, dict(given), started))
        finally:
            # Where the call has an answer, its child is idle and no longer here.
            for child in ours:
                child.kill()

    def drop_waiting(self) -> None:
        """Whatever has not started never will."""
        self._threads.drop_waiting()

    def close(self) -> None:
        """End all processes."""
        self._threads.close()
        with self._lock:
            for child in self._children:
                child.kill()

    def _call(
        self,
        ours: "list[_Child]",
        function: Callable[..., object],
        given: dict[str, object],
        started: Callable[[], None],
    ) -> object:
        child: _Child | None = getattr(self._here, "child", None)
        if child is None or not child.alive:
            child = self._here.child = _Child()
            with self._lock:
                self._children = {one for one in self._children if one.alive} | {child}
        ours.append(child)
        started()
        answer = child.ask(function, given)
        ours.clear()
        if answer is None:
            raise JobFailure(child.last_words())
        return answer.result()


class _Returned(msgspec.Struct, frozen=True):
    variables: dict[str, object] | None

    def result(self) -> object:
        return self.variables


class _Thrown(msgspec.Struct, frozen=True):
    error_code: str
    message: str
    variables: dict[str, object] | None

    def result(self) -> NoReturn:
        raise BpmnError(self.error_code, self.message, self.variables)


class _Failed(msgspec.Struct, frozen=True):
    message: str
    retries: int | None = None
    backoff_s: float = 0.0
    variables: dict[str, object] | None = None

    def result(self) -> NoReturn:
        raise JobFailure(self.message, retries=self.retries, backoff_s=self.backoff_s, variables=self.variables)


_Answer: TypeAlias = _Returned | _Thrown | _Failed


class _Child:
    """One process, started afresh: it shares neither locks nor connections with us."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), name="c8py-handler", daemon=True)
        self._process.start()
        theirs.close()
        with contextlib.suppress(EOFError, OSError):
            self._pipe.recv()  # it is up; what that takes is not the handler's time

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def ask(self, function: Callable[..., object], given: dict[str, object]) -> _Answer | None:
        try:
            self._pipe.send((function, given))
            return cast("_Answer", self._pipe.recv())
        except (EOFError, OSError):
            self._process.join(1.0)
            return None

    def last_words(self) -> str:
        code = self._process.exitcode
        how = f"by {signal.Signals(-code).name}" if code is not None and code < 0 else f"with exit code {code}"
        return f"the process that ran the handler ended {how}"

    def kill(self) -> None:
        if self._process.is_alive():
            self._process.kill()


def _serve(pipe: Connection) -> None:
    # Ctrl-C goes to the whole group; our parent says when we are done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            function, given = pipe.recv()
            pipe.send(_outcome(function, given))


def _outcome(function: Callable[..., object], given: dict[str, object]) -> _Answer:
    """What goes back over the pipe: plain values only, for an exception's own class may not exist over there."""
    try:
        return _Returned(result_variables(function(**given)))
    except BpmnError as error:
        return _Thrown(error.error_code, error.message, error.variables)
    except JobFailure as error:
        return _Failed(error.message, error.retries, error.backoff_s, error.variables)
    except BaseException as error:  # noqa: BLE001  SystemExit ends its job only
        return _Failed(excerpt(error))
