"""Which handler takes which job type, and on which terms. Refuses at registration whatever could never work. Pure."""

from collections.abc import Callable, Collection, Mapping
from typing import Final, Literal

import msgspec

from c8py.errors import WorkerError
from c8py.worker.signature import Signature, read

Place = Literal["loop", "thread", "process"]
"""Where a handler runs."""

TIMEOUT_S: Final = 60.0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a task says about its jobs; None leaves it to the worker, its settings, and their defaults.

    Attributes:
        timeout_s: seconds until a job is given to somebody else.
        max_jobs: how many of its jobs are held at most; None means as many as the worker may hold.
        heartbeat: whether the deadline is moved on while a handler runs.
        limit_s: a handler that takes longer is ended, as far as Python can, and its job failed; None is no limit.
        stream: whether jobs are streamed as well as polled.
        enabled: whether it is worked on at all.
    """

    timeout_s: float | None = None
    max_jobs: int | None = None
    heartbeat: bool | None = None
    limit_s: float | None = None
    stream: bool | None = None
    enabled: bool | None = None

    def over(self, other: "Terms") -> "Terms":
        """These, and the other's where these say nothing."""
        said = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}
        return msgspec.structs.replace(other, **said)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One registered handler.

    Attributes:
        type: the job type.
        handler: called with variables by name.
        signature: what it takes.
        place: where it runs.
        terms: what is said about its jobs.
        fetch_variables: what is asked for; empty means everything.
        batch: how many jobs it takes at once, at most; 0 for one by one.
        batch_wait_s: how long a batch waits to become full, in seconds.
    """

    type: str
    handler: Callable[..., object]
    signature: Signature
    place: Place
    terms: Terms
    fetch_variables: tuple[str, ...]
    batch: int = 0
    batch_wait_s: float = 0.0

    @property
    def timeout_s(self) -> float:
        """How long a job is ours, in seconds."""
        return self.terms.timeout_s or TIMEOUT_S


class Registry:
    """The tasks of a worker, by type.

    Args:
        provided: names of parameters that the worker gives to handlers.
    """

    def __init__(self, provided: Collection[str] = ()) -> None:
        self._provided = frozenset(provided)
        self._tasks: dict[str, Task] = {}

    def add(
        self,
        type_: str,
        handler: Callable[..., object],
        *,
        terms: Terms | None = None,
        fetch_variables: tuple[str, ...] | None = None,
        process: bool = False,
        batch: int = 0,
        batch_wait_s: float = 0.0,
    ) -> Task:
        """Register a handler.

        Args:
            type_: the job type.
            handler: an async or plain function that takes variables by name.
            terms: what is said about its jobs.
            fetch_variables: what to ask for; None means what the handler takes.
            process: whether it runs in a process of its own.
            batch: how many jobs it takes at once, at most; 0 for one by one.
            batch_wait_s: how long a batch waits to become full, in seconds.

        Raises:
            WorkerError: the type is empty or taken, a number is out of its range, or the handler cannot be called.
        """
        terms = terms or Terms()
        self._must_be_free(type_)
        must_be_sound(type_, terms)
        if batch < 0 or batch_wait_s < 0:
            raise WorkerError(f"expected a batch of at least 1 job for type {type_!r}, but got {batch}")
        if not callable(handler):
            raise WorkerError(f"expected a function for type {type_!r}, but got {type(handler).__name__}")
        signature = read(handler, provided=self._provided, batch=batch > 0)
        place: Place = "process" if process else ("loop" if signature.is_async else "thread")
        if process:
            _must_fit_a_process(type_, handler, signature, batch=batch)
        task = Task(
            type=type_,
            handler=handler,
            signature=signature,
            place=place,
            terms=terms,
            fetch_variables=signature.fetch_variables if fetch_variables is None else fetch_variables,
            batch=batch,
            batch_wait_s=batch_wait_s,
        )
        self._tasks[type_] = task
        return task

    def get(self, type_: str) -> Task:
        """The task of a type.

        Raises:
            WorkerError: there is none.
        """
        if type_ not in self._tasks:
            there = ", ".join(self._tasks) or "none"
            raise WorkerError(f"expected a task of type {type_!r}, but there are: {there}")
        return self._tasks[type_]

    def on_terms(self, general: Terms, overrides: Mapping[str, Terms]) -> tuple[Task, ...]:
        """The tasks that are worked on, in the order of their registration.

        Args:
            general: what holds where a task says nothing.
            overrides: by type: what holds whatever the task says.

        Raises:
            WorkerError: a number is out of its range.
        """
        found: list[Task] = []
        for task in self._tasks.values():
            terms = overrides.get(task.type, Terms()).over(task.terms).over(general)
            must_be_sound(task.type, terms)
            if terms.enabled is not False:
                found.append(msgspec.structs.replace(task, terms=terms))
        return tuple(found)

    @property
    def types(self) -> tuple[str, ...]:
        """All types, in the order of their registration."""
        return tuple(self._tasks)

    def _must_be_free(self, type_: str) -> None:
        if not type_.strip():
            raise WorkerError("expected a job type, but it is empty", hint='give the one of the model: task("my-type")')
        if type_ in self._tasks:
            taken = getattr(self._tasks[type_].handler, "__qualname__", "another handler")
            raise WorkerError(
                f"expected one handler of type {type_!r}, but {taken} has it already",
                hint="give the other its own type",
            )


def must_be_sound(type_: str, terms: Terms) -> None:
    """Refuse numbers that mean nothing.

    Raises:
        WorkerError: one does.
    """
    for name in ("timeout_s", "limit_s", "max_jobs"):
        number: float | None = getattr(terms, name)
        if number is not None and not 0 < number < float("inf"):
            raise WorkerError(f"expected {name} of type {type_!r} to be above 0, but got {number}")


def _must_fit_a_process(type_: str, handler: Callable[..., object], signature: Signature, *, batch: int) -> None:
    if signature.is_async:
        raise WorkerError(
            f"expected a plain function for type {type_!r} in a process, but it is async", hint="write it with def"
        )
    if batch:
        raise WorkerError(f"expected type {type_!r} in a process to take jobs one by one, but it takes batches")
    here = [one.name for one in signature.parameters if one.source in {"client", "logger", "cancellation", "provided"}]
    if here:
        raise WorkerError(
            f"expected the handler of type {type_!r} to take variables only, for it runs in a process of its own, "
            f"but it takes {', '.join(here)}",
            hint="make them inside of the handler's module",
        )
    # By name only: while a module is being read, nothing in it can be found yet.
    name = getattr(handler, "__qualname__", "")
    if not name or "<" in name:
        raise WorkerError(
            f"expected the handler of type {type_!r} to be found by its name in another process, but it is "
            f"{name or type(handler).__name__}",
            hint="define it with def at the top of a module",
        )
