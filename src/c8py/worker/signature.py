"""How a handler is called: which variables it takes, as which types, and how its result becomes variables.

Pure. Read once when a handler is registered, so that a wrong signature fails there and not with the first job.
"""

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Final, Protocol, cast, get_type_hints

import msgspec

from c8py.errors import JobFailure, WorkerError

_MISSING: Final = object()
_JOB: Final = "job"


class Parameter(msgspec.Struct, frozen=True):
    """One variable that a handler takes.

    Attributes:
        name: of the parameter and of the variable.
        annotation: what the value is converted to; `object` where the handler does not say.
        default: taken when the job has no such variable; a private mark where there is none.
    """

    name: str
    annotation: object
    default: object


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What a handler wants.

    Attributes:
        variables: taken by name.
        job: whether the job itself is wanted, as `job`.
        rest: whether every other variable is wanted (`**variables`).
        is_async: whether the handler runs on the event loop; otherwise in a thread.
    """

    variables: tuple[Parameter, ...]
    job: bool
    rest: bool
    is_async: bool

    @property
    def fetch_variables(self) -> tuple[str, ...]:
        """The variables worth fetching; empty means all of them, as in Zeebe's own requests."""
        if self.job or self.rest:
            return ()
        return tuple(parameter.name for parameter in self.variables)


class _Model(Protocol):
    def model_validate(self, value: object) -> object: ...


def read(function: Callable[..., object]) -> Signature:
    """Look at a handler.

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
    variables: list[Parameter] = []
    job = rest = False
    for parameter in described.parameters.values():
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL}:
            raise WorkerError(
                f"expected {name} to take variables by name, but {parameter.name} is positional",
                hint=f"declare it without / or *: def {name}({parameter.name}, …)",
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            rest = True
        elif parameter.name == _JOB:
            job = True
        else:
            annotation = hints.get(parameter.name, object)
            _must_be_convertible(name, parameter.name, annotation)
            default = _MISSING if parameter.default is parameter.empty else parameter.default
            variables.append(Parameter(parameter.name, annotation, default))
    return Signature(variables=tuple(variables), job=job, rest=rest, is_async=_is_async(function))


def arguments(signature: Signature, job: object, variables: Mapping[str, object]) -> dict[str, object]:
    """What to call the handler with.

    Raises:
        JobFailure: a variable is missing or of another type than the handler says.
    """
    given: dict[str, object] = {_JOB: job} if signature.job else {}
    for parameter in signature.variables:
        value = variables.get(parameter.name, parameter.default)
        if value is _MISSING:
            if not _takes_none(parameter.annotation):
                there = ", ".join(sorted(variables)) or "none"
                raise JobFailure(f"expected variable {parameter.name}, but the job has {there}")
            value = None
        elif parameter.name in variables:
            value = _converted(parameter, value)
        given[parameter.name] = value
    if signature.rest:
        given.update({name: value for name, value in variables.items() if name not in given})
    return given


def result_variables(result: object) -> dict[str, object] | None:
    """The variables that a handler's result stands for; None for none.

    Raises:
        JobFailure: the result is neither None nor a mapping, struct, dataclass or model.
    """
    if result is None:
        return None
    try:
        plain: object = msgspec.to_builtins(result, enc_hook=_dumped, str_keys=True)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise JobFailure(f"expected a result that is JSON, but {type(result).__name__} is not: {error}") from error
    if not isinstance(plain, dict):
        raise JobFailure(
            f"expected the handler to return a dict of variables or None, but it returned {type(result).__name__}"
        )
    return cast("dict[str, object]", plain)


def _hints(function: Callable[..., object]) -> dict[str, object]:
    """The types of the variables. Those of the job and of the result need not exist when the worker runs."""
    wanted = {
        name: annotation
        for name, annotation in cast("dict[str, object]", getattr(function, "__annotations__", {})).items()
        if name not in {_JOB, "return"}
    }
    return get_type_hints(types.SimpleNamespace(__annotations__=wanted), globalns=getattr(function, "__globals__", {}))


def _converted(parameter: Parameter, value: object) -> object:
    if parameter.annotation is object:
        return value
    try:
        return msgspec.convert(value, type=cast("type[object]", parameter.annotation), dec_hook=_validated)
    except (msgspec.ValidationError, TypeError, ValueError, NotImplementedError) as error:
        raise JobFailure(f"expected variable {parameter.name} as the handler says, but {error}") from error


def _validated(wanted: type, value: object) -> object:
    """Pydantic's models, and whatever has their ways."""
    if hasattr(wanted, "model_validate"):
        return cast("_Model", wanted).model_validate(value)
    raise NotImplementedError(f"{wanted.__name__} cannot be made of a variable")


def _dumped(value: object) -> object:
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    raise NotImplementedError(f"{type(value).__name__} is no JSON value")


def _must_be_convertible(function: str, parameter: str, annotation: object) -> None:
    if annotation is object:
        return
    try:
        msgspec.json.Decoder(cast("type[object]", annotation), dec_hook=_validated)
    except TypeError as error:
        raise WorkerError(
            f"expected {function}'s {parameter} to be a type that JSON can become, but {error}",
            hint="use the types of JSON, dataclasses, msgspec structs or pydantic models",
        ) from error
    if isinstance(annotation, type) and not _is_known(annotation):
        raise WorkerError(
            f"expected {function}'s {parameter} to be a type that JSON can become, but it is {annotation.__name__}",
            hint="use the types of JSON, dataclasses, msgspec structs or pydantic models",
        )


def _is_known(annotation: type) -> bool:
    described = msgspec.inspect.type_info(annotation)
    return not isinstance(described, msgspec.inspect.CustomType) or hasattr(annotation, "model_validate")


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
