"""What is said to an API and what it answers, between values and bytes. Pure. Secrets are wrapped as they come in."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeVar, cast
from urllib.parse import quote, urlencode

import msgspec

from c8py.base.redact import Secret
from c8py.errors import ServerFault
from c8py.models._wire import Reader, keep

Answer = TypeVar("Answer")


def given(members: Mapping[str, object]) -> dict[str, object]:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def orders(names: Sequence[str], key: str = "order") -> list[dict[str, str]] | None:
    """What to sort by: names of the wire, with a `-` before those that go down; None for none.

    Args:
        names: the most important one first.
        key: what the API calls the direction.
    """
    return [{"field": name.removeprefix("-"), key: "DESC" if name.startswith("-") else "ASC"} for name in names] or None


def filled(path: str, values: Sequence[str | int], query: Mapping[str, object] | None) -> str:
    """A path with values, quoted, in the place of its `{names}`, one after the other, and what follows the `?`."""
    parts = path.split("{")
    assert len(parts) == len(values) + 1, f"{path} wants other values than {len(values)}"
    path = parts[0]
    for value, part in zip(values, parts[1:], strict=True):
        path += quote(str(value), safe="") + part.partition("}")[2]
    asked = given(query or {})
    return f"{path}?{urlencode(asked)}" if asked else path


def encoded(body: object) -> bytes | None:
    """JSON for the wire, secrets in the open; None for no body."""
    return None if body is None else msgspec.json.encode(body, enc_hook=_revealed)


def decoded(body: bytes, answer: type[Answer], *, call: str, address: str) -> Answer:
    """An answer as a value; null where a document knows of none is as good as absent.

    Raises:
        ServerFault: it is something else.
    """
    try:
        return _reader(answer).read(body)
    except msgspec.ValidationError:
        pass
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _other(call, address) from None
    try:
        read = _without_nulls(msgspec.json.decode(body))
        found = msgspec.convert(read, answer, dec_hook=_wrapped)
        keep(found, read)
    except (msgspec.MsgspecError, RecursionError):
        # The decoder's own words are left out: the answer may hold a secret.
        raise _other(call, address) from None
    return found


def text(body: bytes, *, call: str, address: str) -> str:
    """An answer as a text; one that came as JSON's string without its quotes.

    Raises:
        ServerFault: it is no text.
    """
    try:
        return msgspec.json.decode(body, type=str)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise _other(call, address) from None


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {name: _without_nulls(member) for name, member in members.items() if member is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in cast("list[object]", value)]
    return value


def _other(call: str, address: str) -> ServerFault:
    return ServerFault(
        f"expected an answer to {call} in the form of its API, but it is something else",
        hint=f"check that {address} is the address of this API",
    )


@cache
def _reader(answer: type[Answer]) -> Reader[Answer]:
    return Reader(answer, _wrapped)


def _wrapped(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    if kind is object:
        return value
    raise msgspec.ValidationError(f"expected {kind.__name__}, but it is something else")


def _revealed(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError
