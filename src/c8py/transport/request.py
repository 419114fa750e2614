"""One request of a REST API as a value, and the bytes of forms. Pure."""

from collections.abc import Iterable

import msgspec


class RestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    Attributes:
        call: the name of the operation, for errors.
        method: of HTTP.
        path: behind the address of the API, quoted.
        body: None for none.
        content_type: of the body.
        accept: the media types that the answer may have.
        safe: whether it may take effect twice.
        timeout_s: for all attempts together, in seconds.
        retry: whether to try again at all, but for a new token.
    """

    call: str
    method: str
    path: str
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    safe: bool
    timeout_s: float
    retry: bool = True


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a form.

    Attributes:
        name: of the field.
        content: its bytes.
        filename: for a file; None for a plain value.
        content_type: None leaves it out.
        headers: further ones of this part, names and values in ASCII.
    """

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def multipart(parts: Iterable[Part], *, boundary: str) -> tuple[str, bytes]:
    """The content type and the bytes of a form.

    Args:
        parts: in order.
        boundary: a text that no content has in it.
    """
    chunks: list[bytes] = []
    for part in parts:
        filename = "" if part.filename is None else f'; filename="{_quoted(part.filename)}"'
        lines = [f'content-disposition: form-data; name="{_quoted(part.name)}"{filename}']
        lines += [] if part.content_type is None else [f"content-type: {_one_line(part.content_type)}"]
        lines += [f"{_one_line(name)}: {_one_line(value)}" for name, value in part.headers]
        chunks += [f"--{boundary}\r\n".encode(), "\r\n".join(lines).encode(), b"\r\n\r\n", part.content, b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(chunks)


def _quoted(text: str) -> str:
    # As browsers do it; a NUL makes a real gateway fail.
    return text.replace("\0", "").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _one_line(text: str) -> str:
    return text.replace("\0", " ").replace("\r", " ").replace("\n", " ")
