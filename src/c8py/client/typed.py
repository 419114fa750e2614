"""What comes back from a cluster as objects of the caller's own: dataclasses, msgspec structs, pydantic models.

Pure. How they go there is for `values` to know.
"""

from collections.abc import Mapping
from typing import Protocol, TypeVar, cast

import msgspec

from c8py.errors import InvalidArgument

Wanted = TypeVar("Wanted")


class _Model(Protocol):
    def model_validate(self, value: object) -> object: ...


def variables_as(variables: Mapping[str, object], wanted: type[Wanted]) -> Wanted:
    """Variables of an instance or a job as an object; those that it has no field for are left out.

    Args:
        variables: as they came.
        wanted: a dataclass, a msgspec.Struct, a TypedDict or a pydantic model.

    Raises:
        InvalidArgument: one is missing, or of another type.
    """
    try:
        return msgspec.convert(variables, wanted, dec_hook=_validated)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"expected variables in the form of {_name(wanted)}, but {error}") from error


def value_as(text: str, wanted: type[Wanted]) -> Wanted:
    """A value that came as JSON text: the output of a decision, or a variable that was searched for.

    Args:
        text: as it came.
        wanted: a type that JSON can become, or one of those of `variables_as`.

    Raises:
        InvalidArgument: it is no JSON, or of another type.
    """
    try:
        return msgspec.json.decode(text, type=wanted, dec_hook=_validated)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"expected JSON in the form of {_name(wanted)}, but {error}") from error


def _validated(wanted: type, value: object) -> object:
    """Pydantic's models, and whatever has their ways."""
    if hasattr(wanted, "model_validate"):
        return cast("_Model", wanted).model_validate(value)
    raise TypeError(f"nothing that came can become {wanted.__name__}")


def _name(wanted: type) -> str:
    return getattr(wanted, "__name__", str(wanted))
