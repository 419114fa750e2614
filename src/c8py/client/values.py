"""Variables, keys, files and times as callers hand them in, brought to what goes over the wire."""

import math
import tempfile
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ClassVar, Final, Literal, NoReturn, Protocol, TypeAlias, cast

import msgspec

from c8py.errors import C8Error, InvalidArgument


class DataclassInstance(Protocol):
    """Any instance of a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class ModelInstance(Protocol):
    """Any instance of a pydantic model."""

    def model_dump(self, *, mode: Literal["json"], by_alias: bool) -> dict[str, Any]:
        """It as JSON would have it, under the names that it is read by."""
        ...


Variables: TypeAlias = Mapping[str, object] | msgspec.Struct | DataclassInstance | ModelInstance
ResourceFile: TypeAlias = str | Path | tuple[str, bytes]
AnyKey: TypeAlias = str | int

PHYSICAL_TENANTS_SINCE: Final = "8.10"

_INT64 = range(-(2**63), 2**63)


class ActivationQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs are wanted.

    Attributes:
        type: of the jobs.
        worker: shown in Operate.
        timeout_s: how long they stay locked, in seconds.
        fetch_variables: names; empty for all.
        tenant_ids: empty for the caller's own default.
        max_jobs: at most so many; streams have no limit.
        request_timeout_s: how long the gateway waits for the first one; None is the gateway's own measure, less than
            0 is not at all.
        with_lease: whether each job comes with a token without which nobody can report it.
        retry: whether a call that fails in passing is made again.
    """

    type: str
    worker: str
    timeout_s: float
    fetch_variables: tuple[str, ...]
    tenant_ids: tuple[str, ...]
    max_jobs: int = 0
    request_timeout_s: float | None = None
    with_lease: bool = False
    retry: bool = True


class StartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which process is to be started, and with what.

    Attributes:
        process_id: of the model; None when a key is given.
        version: -1 for the latest.
        process_definition_key: of one deployed version.
        variables: a JSON object.
        tenant_id: "" for the default.
        tags: of the instance.
        business_id: of the instance; "" for none.
    """

    process_id: str | None
    version: int
    process_definition_key: str | None
    variables: Mapping[str, object]
    tenant_id: str
    tags: tuple[str, ...]
    business_id: str = ""


class UnreadableVariables(dict[str, object]):
    """The variables of a job that came over the wire and cannot be read: whatever looks into them raises.

    The other jobs of the same answer are not to be lost for it.
    """

    def __init__(self, error: C8Error) -> None:
        super().__init__()
        self.error = error

    def _refuse(self, *_: object) -> NoReturn:
        raise self.error

    __getitem__ = __iter__ = __len__ = __contains__ = get = keys = values = items = copy = _refuse  # pyright: ignore[reportAssignmentType]


def document(variables: Variables | None) -> dict[str, object]:
    """Variables as a JSON object.

    Raises:
        InvalidArgument: they are none, or hold something that JSON cannot say.
    """
    if variables is None:
        return {}
    try:
        plain = _builtins(variables)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"expected variables that JSON can say, but {error}") from error
    if not isinstance(plain, dict):
        raise InvalidArgument(
            f"expected variables as an object of names and values, but got {type(variables).__name__}",
            hint="pass a dict, a msgspec.Struct, a dataclass or a pydantic model",
        )
    return cast("dict[str, object]", plain)


def _builtins(variables: object) -> object:
    # What is a dict already is left as it is: the encoder finds out whether JSON can say what is in it.
    if type(variables) is dict:
        return cast("dict[object, object]", variables)
    return msgspec.to_builtins(variables, enc_hook=_dumped, str_keys=True)


def _dumped(value: object) -> object:
    if hasattr(value, "model_dump"):
        return cast("ModelInstance", value).model_dump(mode="json", by_alias=True)
    raise TypeError(f"it has no way to say {type(value).__name__}")


def json_text(value: object) -> str:
    """JSON, as the gateway wants it inside its messages; nothing at all for an empty object.

    Raises:
        InvalidArgument: JSON cannot say it.
    """
    return json_bytes(value).decode() if value else ""


def json_bytes(value: object) -> bytes:
    """JSON.

    Raises:
        InvalidArgument: JSON cannot say it.
    """
    try:
        said = msgspec.json.encode(value, enc_hook=_dumped)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidArgument(f"expected values that JSON can say, but {error}") from error
    # The encoder says null for them; who looks twice only where a null is pays nothing for it elsewhere.
    if b"null" in said and _has_no_number(msgspec.to_builtins(value, enc_hook=_dumped, str_keys=True)):
        raise InvalidArgument(
            "expected values that JSON can say, but one is NaN or infinite", hint="send None or a text in its place"
        )
    return said


def _has_no_number(value: object) -> bool:
    """Whether a float somewhere in it is NaN or infinite."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(_has_no_number(item) for item in cast("dict[str, object]", value).values())
    if isinstance(value, (list, tuple)):
        return any(_has_no_number(item) for item in cast("list[object]", value))
    return False


def key_number(key: AnyKey) -> int:
    """A key as gRPC has it.

    Raises:
        InvalidArgument: it is no key.
    """
    try:
        number = int(key)
    except ValueError:
        raise InvalidArgument(f"expected a key, a whole number, but got {key!r}") from None
    if number not in _INT64:
        raise InvalidArgument(f"expected a key of 64 bits, but got {key!r}")
    return number


def key_text(key: AnyKey) -> str:
    """A key as REST has it.

    Raises:
        InvalidArgument: it is no key.
    """
    return str(key_number(key))


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, never 0 for something that is more than nothing."""
    return max(round(seconds * 1000), 1) if seconds > 0 else round(seconds * 1000)


def resources(files: Iterable[ResourceFile]) -> list[tuple[str, bytes]]:
    """Names and contents of files to be deployed.

    Raises:
        InvalidArgument: there are none, or one cannot be read.
    """
    found = [_resource(file) for file in files]
    if not found:
        raise InvalidArgument("expected files to deploy, but there are none")
    return found


@contextmanager
def replacing(path: Path) -> Generator[IO[bytes], None, None]:
    """A file to write, which takes the place of another one once it is whole."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)


def _resource(file: ResourceFile) -> tuple[str, bytes]:
    if isinstance(file, tuple):
        return file
    path = Path(file)
    try:
        return path.name, path.read_bytes()
    except OSError as error:
        raise InvalidArgument(f"expected a file at {path}, but it cannot be read ({error.strerror})") from error
