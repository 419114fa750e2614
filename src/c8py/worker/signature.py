"""How a handler is called: what it takes from where, as which types. Read once, when a handler is registered.

Pure. A wrong signature fails here and not with the first job. How results become variables is in `results`.
"""

import inspect
import logging
import types
import typing
from collections.abc import Callable, Collection, Mapping
from typing import Final, Literal, cast, get_type_hints

import msgspec

from c8py.client import AsyncCamunda, Camunda
from c8py.client.values import UnreadableVariables
from c8py.errors import JobFailure, WorkerError
from c8py.models.job import ActivatedJobResult
from c8py.worker.cancellation import Cancellation
from c8py.worker.conversion import Conversion, convertible, fields

Source = Literal["variable", "variables", "headers", "job", "jobs", "client", "logger", "cancellation", "provided"]
MISSING: Final = object()
_BY_NAME: Final[dict[str, Source]] = {"job": "job", "variables": "variables", "headers": "headers"}
_BY_TYPE: Final[tuple[tuple[object, Source], ...]] = (
    (ActivatedJobResult, "job"),
    (AsyncCamunda, "client"),
    (Camunda, "client"),
    (logging.Logger, "logger"),
    (logging.LoggerAdapter, "logger"),
    (Cancellation, "cancellation"),
)
# Names whose annotation need not exist when the worker runs: what they are is known.
_UNREAD: Final = ("job", "return")


class Parameter(msgspec.Struct, frozen=True):
    """One thing that a handler takes.

    Attributes:
        name: of the parameter, and of the variable or the provided thing.
        source: where it comes from.
        annotation: as the handler says it; `object` where it does not.
        convert: brings a value to the annotation; None where there is nothing to do.
        exact: a type whose values are as they should be already; None where that has to be looked at.
        default: taken when the job has no such variable; a private mark where there is none.
    """

    name: str
    source: Source
    annotation: object
    convert: Callable[[object], object] | None
    default: object
    exact: type | None = None


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What a handler wants.

    Attributes:
        parameters: taken by name.
        rest: whether every other variable is wanted (`**variables`).
        is_async: whether the handler runs on the event loop; otherwise in a thread.
        is_plain: whether the job's own contents are all that is taken.
    """

    parameters: tuple[Parameter, ...]
    rest: bool
    is_async: bool
    is_plain: bool

    @property
    def fetch_variables(self) -> tuple[str, ...]:
        """The variables worth fetching; empty means all of them, as in Zeebe's own requests."""
        names: list[str] = []
        for parameter in self.parameters:
            if parameter.source == "variable":
                names.append(parameter.name)
            elif parameter.source in {"variables", "jobs"}:
                known = fields(_item(parameter) if parameter.source == "jobs" else parameter.annotation)
                if known is None:
                    return ()
                names += known
            elif parameter.source == "job":
                return ()
        return () if self.rest else tuple(dict.fromkeys(names))

    def wants(self, source: Source) -> bool:
        """Whether something is taken from there."""
        return any(parameter.source == source for parameter in self.parameters)


class Given(msgspec.Struct, frozen=True):
    """What a handler can be given with one job, besides the job's own contents.

    Attributes:
        job: the job.
        client: for a parameter of the type of a client.
        logger: writes the job's key with each line.
        cancellation: tells whether to go on.
        provided: by name.
    """

    job: ActivatedJobResult
    client: object = None
    logger: object = None
    cancellation: Cancellation | None = None
    provided: Mapping[str, object] = {}


def read(function: Callable[..., object], *, provided: Collection[str] = (), batch: bool = False) -> Signature:
    """Look at a handler.

    Args:
        function: the handler.
        provided: names of parameters that the worker gives, whatever the job's variables.
        batch: whether it takes many jobs at once.

    Raises:
        WorkerError: the handler cannot be called with variables by name.
    """
    name = _name(function)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise WorkerError(f"expected {name} to return its variables, but it is a generator", hint="use return")
    try:
        described = inspect.signature(function)
        hints = _hints(_annotated(function))
    except (TypeError, ValueError, NameError) as error:
        raise WorkerError(f"expected a function with readable parameters, but {name} has none: {error}") from error
    parameters: list[Parameter] = []
    rest = False
    for parameter in described.parameters.values():
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL}:
            raise WorkerError(
                f"expected {name} to take variables by name, but {parameter.name} is positional",
                hint=f"declare it without / or *: def {name}({parameter.name}, …)",
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            rest = True
        else:
            parameters.append(_parameter(name, parameter, hints.get(parameter.name, object), provided))
    if batch:
        parameters = _of_batch(name, parameters, rest=rest)
    is_plain = all(one.source in {"variable", "variables", "headers", "job"} for one in parameters)
    return Signature(parameters=tuple(parameters), rest=rest, is_async=_is_async(function), is_plain=is_plain)


def arguments(signature: Signature, given: Given) -> dict[str, object]:
    """What to call the handler with.

    Raises:
        JobFailure: a variable is missing or of another type than the handler says.
    """
    variables = given.job.variables
    if type(variables) is UnreadableVariables:
        raise JobFailure(str(variables.error))
    called: dict[str, object] = {}
    for parameter in signature.parameters:
        if parameter.source == "variable":
            called[parameter.name] = _variable(parameter, variables)
        else:
            called[parameter.name] = _SOURCES[parameter.source](parameter, given)
    if signature.rest:
        called.update({name: value for name, value in variables.items() if name not in called})
    return called


def batch_item(signature: Signature, job: ActivatedJobResult) -> object:
    """What stands for one job in the list that a batch handler takes.

    Raises:
        JobFailure: the job's variables are of another type than the handler says.
    """
    if type(job.variables) is UnreadableVariables:
        raise JobFailure(str(job.variables.error))
    parameter = next(one for one in signature.parameters if one.source == "jobs")
    if parameter.convert is None:
        return job
    return _converted(parameter, job.variables)


def _parameter(function: str, parameter: inspect.Parameter, annotation: object, provided: Collection[str]) -> Parameter:
    default: object = MISSING if parameter.default is parameter.empty else parameter.default
    source = _source(parameter.name, annotation, provided)
    convert: Callable[[object], object] | None = None
    if source in {"variable", "variables", "headers"}:
        convert = convertible(annotation, function=function, parameter=parameter.name)
    exact = cast("type", annotation) if annotation is str or annotation is int or annotation is bool else None
    return Parameter(parameter.name, source, annotation, convert, default, exact)


def _source(name: str, annotation: object, provided: Collection[str]) -> Source:
    if name in provided:
        return "provided"
    plain = typing.get_origin(annotation) or annotation
    # Looked for one by one: an annotation may be anything, also something without a hash.
    for type_, source in _BY_TYPE:
        if plain is type_:
            return source
    return _BY_NAME.get(name, "variable")


def _of_batch(function: str, parameters: list[Parameter], *, rest: bool) -> list[Parameter]:
    """The one list that a batch handler takes, and what is provided beside it."""
    lists = [one for one in parameters if one.source in {"variable", "variables"}]
    others = [one for one in parameters if one.source in {"provided", "client", "logger"}]
    if len(lists) != 1 or len(lists) + len(others) != len(parameters) or rest:
        raise WorkerError(
            f"expected {function} to take one list of jobs, but it takes {len(parameters)} things",
            hint="declare it as def handler(jobs: list[Job]), or with a list of your own type of variables",
        )
    taken = lists[0]
    item = _item(taken)
    convert = None
    if item is not ActivatedJobResult and item is not object:
        convert = convertible(item, function=function, parameter=taken.name)
    return [Parameter(taken.name, "jobs", taken.annotation, convert, MISSING), *others]


def _item(parameter: Parameter) -> object:
    found = typing.get_args(parameter.annotation)
    return found[0] if found else object


def _variable(parameter: Parameter, variables: Mapping[str, object]) -> object:
    value = variables.get(parameter.name, MISSING)
    if value is not MISSING:
        if parameter.convert is None or type(value) is parameter.exact:
            return value
        return _converted(parameter, value)
    if parameter.default is not MISSING:
        return parameter.default
    if _takes_none(parameter.annotation):
        return None
    there = ", ".join(sorted(variables)) or "none"
    raise JobFailure(f"expected variable {parameter.name}, but the job has {there}")


def _whole(parameter: Parameter, given: Given) -> object:
    whole = given.job.variables if parameter.source == "variables" else given.job.custom_headers
    return whole if parameter.convert is None else _converted(parameter, whole)


_SOURCES: Final[dict[Source, Callable[[Parameter, Given], object]]] = {
    "variables": _whole,
    "headers": _whole,
    "job": lambda _, given: given.job,
    "client": lambda _, given: given.client,
    "logger": lambda _, given: given.logger,
    "cancellation": lambda _, given: given.cancellation,
    "provided": lambda parameter, given: given.provided[parameter.name],
}


def _converted(parameter: Parameter, value: object) -> object:
    assert parameter.convert is not None
    try:
        return parameter.convert(value)
    except Conversion as error:
        what = {"headers": "headers", "variables": "variables", "jobs": "variables"}.get(parameter.source, "")
        words = what or f"variable {parameter.name}"
        raise JobFailure(f"expected {words} as the handler says, but {error}") from error


def _hints(function: Callable[..., object]) -> dict[str, object]:
    """The types of the parameters. Those of the job and of the result need not exist when the worker runs."""
    wanted = {
        name: annotation
        for name, annotation in cast("dict[str, object]", getattr(function, "__annotations__", {})).items()
        if name not in _UNREAD
    }
    return get_type_hints(types.SimpleNamespace(__annotations__=wanted), globalns=getattr(function, "__globals__", {}))


def _takes_none(annotation: object) -> bool:
    if annotation is object:
        return False
    union = typing.get_origin(annotation) in {typing.Union, types.UnionType}
    return annotation is None or (union and type(None) in typing.get_args(annotation))


def _is_async(function: Callable[..., object]) -> bool:
    return inspect.iscoroutinefunction(_annotated(function))


def _annotated(function: object) -> Callable[..., object]:
    """The function that bears the annotations: behind `partial`, and behind an object with `__call__`."""
    inner = function
    while hasattr(inner, "func"):
        inner = getattr(inner, "func")  # noqa: B009  functools.partial, by its shape
    if not (inspect.isfunction(inner) or inspect.ismethod(inner)) and not isinstance(inner, type):
        inner = getattr(inner, "__call__", inner)  # noqa: B004  the bound method itself is wanted
    return cast("Callable[..., object]", inner)


def _name(function: object) -> str:
    return getattr(function, "__qualname__", None) or type(function).__name__
