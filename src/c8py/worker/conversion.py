"""Between JSON and the types of handlers: variables in, results out. Pure; msgspec does the work, pydantic where it is.

Called by `signature` when a handler is registered, by `signature` and `execution` with each job.
"""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Final, Protocol, cast

import msgspec

from c8py.errors import JobFailure, WorkerError

_KNOWN: Final = "use the types of JSON, dataclasses, msgspec structs or pydantic models"


class Conversion(Exception):  # noqa: N818  no error of its own: who asked says whose value it was
    """A value is not what was expected."""


class _Model(Protocol):
    def model_validate(self, value: object) -> object: ...


def convertible(annotation: object, *, function: str, parameter: str) -> Callable[[object], object] | None:
    """What brings a JSON value to this type; None where any value will do.

    Args:
        annotation: the type.
        function: whose it is, for errors.
        parameter: and of which parameter.

    Returns:
        A function that raises `Conversion` for a value that does not fit.

    Raises:
        WorkerError: nothing that JSON says can become this type.
    """
    if annotation is object:
        return None
    try:
        msgspec.json.Decoder(cast("type[object]", annotation), dec_hook=_validated)
    except TypeError as error:
        raise WorkerError(
            f"expected {function}'s {parameter} to be a type that JSON can become, but {error}", hint=_KNOWN
        ) from error
    if isinstance(annotation, type) and not _is_known(annotation):
        raise WorkerError(
            f"expected {function}'s {parameter} to be a type that JSON can become, but it is {annotation.__name__}",
            hint=f"{_KNOWN}; what is no variable is given with Worker(..., provide={{{parameter!r}: ...}})",
        )
    wanted = cast("type[object]", annotation)

    def convert(value: object) -> object:
        try:
            return msgspec.convert(value, type=wanted, dec_hook=_validated)
        except (msgspec.ValidationError, TypeError, ValueError, NotImplementedError, RecursionError) as error:
            raise Conversion(str(error)) from error

    return convert


def fields(annotation: object) -> tuple[str, ...] | None:
    """The names of the variables that this type has room for; None where that may be any."""
    if not inspect.isclass(annotation):
        return None
    if issubclass(annotation, msgspec.Struct):
        return annotation.__struct_encode_fields__
    if dataclasses.is_dataclass(annotation):
        return tuple(field.name for field in dataclasses.fields(annotation))
    models = cast("dict[str, object] | None", getattr(cast("object", annotation), "model_fields", None))
    if models is not None:
        return tuple(str(getattr(field, "alias", None) or name) for name, field in models.items())
    return None


def result_variables(result: object) -> dict[str, object] | None:
    """The variables that a handler's result stands for; None for none.

    Raises:
        JobFailure: the result is neither None nor a mapping, struct, dataclass or model.
    """
    if result is None:
        return None
    try:
        plain: object = msgspec.to_builtins(result, enc_hook=_dumped, str_keys=True)
    except (TypeError, ValueError, NotImplementedError, RecursionError) as error:
        raise JobFailure(f"expected a result that is JSON, but {type(result).__name__} is not: {error}") from error
    if not isinstance(plain, dict):
        raise JobFailure(
            f"expected the handler to return a dict of variables or None, but it returned {type(result).__name__}"
        )
    return cast("dict[str, object]", plain)


def _validated(wanted: type, value: object) -> object:
    """Pydantic's models, and whatever has their ways."""
    if hasattr(wanted, "model_validate"):
        return cast("_Model", wanted).model_validate(value)
    raise NotImplementedError(f"{wanted.__name__} cannot be made of a variable")


def _dumped(value: object) -> object:
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json", by_alias=True)
    raise NotImplementedError(f"{type(value).__name__} is no JSON value")


def _is_known(annotation: type) -> bool:
    described = msgspec.inspect.type_info(annotation)
    return not isinstance(described, msgspec.inspect.CustomType) or hasattr(annotation, "model_validate")
