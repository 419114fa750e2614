"""Which handler takes which job type. Refuses at registration whatever could never work. Pure."""

from collections.abc import Callable

import msgspec

from c8py.errors import WorkerError
from c8py.worker.signature import Signature, read


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One registered handler.

    Attributes:
        type: the job type.
        handler: called with variables by name.
        signature: what it takes.
        timeout_s: how long a job is ours, in seconds.
        fetch_variables: what is asked for; empty means everything.
    """

    type: str
    handler: Callable[..., object]
    signature: Signature
    timeout_s: float
    fetch_variables: tuple[str, ...]


class Registry:
    """The tasks of a worker, by type."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def add(
        self,
        type_: str,
        handler: Callable[..., object],
        *,
        timeout_s: float,
        fetch_variables: tuple[str, ...] | None = None,
    ) -> Task:
        """Register a handler.

        Args:
            type_: the job type.
            handler: an async or plain function that takes variables by name.
            timeout_s: how long a job is ours, in seconds.
            fetch_variables: what to ask for; None means what the handler takes.

        Raises:
            WorkerError: the type is empty or taken, the time is none, or the handler cannot be called by name.
        """
        if not type_.strip():
            raise WorkerError("expected a job type, but it is empty", hint='give the one of the model: task("my-type")')
        if type_ in self._tasks:
            taken = getattr(self._tasks[type_].handler, "__qualname__", "another handler")
            raise WorkerError(
                f"expected one handler of type {type_!r}, but {taken} has it already",
                hint="give the other its own type",
            )
        if timeout_s <= 0:
            raise WorkerError(f"expected a time for jobs of type {type_!r} above 0 s, but got {timeout_s}")
        if not callable(handler):
            raise WorkerError(f"expected a function for type {type_!r}, but got {type(handler).__name__}")
        signature = read(handler)
        fetch = signature.fetch_variables if fetch_variables is None else fetch_variables
        task = Task(type=type_, handler=handler, signature=signature, timeout_s=timeout_s, fetch_variables=fetch)
        self._tasks[type_] = task
        return task

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All of them, in the order of their registration."""
        return tuple(self._tasks.values())
