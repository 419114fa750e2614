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
        safe: whether it may take effect twice.
        timeout_s: for all attempts together, in seconds.
    """

    call: str
    method: str
    path: str
    body: bytes | None = None
    content_type: str = "application/json"
    safe: bool
    timeout_s: float


def multipart(
    files: Iterable[tuple[str, bytes]], fields: Iterable[tuple[str, str]], *, part: str, boundary: str
) -> tuple[str, bytes]:
    """The content type and the bytes of a form with files.

    Args:
        files: names and contents.
        fields: names and values of further parts.
        part: the name of the parts that are files.
        boundary: a text that no content has in it.
    """
    chunks: list[bytes] = []
    for name, content in files:
        chunks += [
            f'--{boundary}\r\ncontent-disposition: form-data; name="{part}"; filename="{_quoted(name)}"\r\n'.encode(),
            b"content-type: application/octet-stream\r\n\r\n",
            content,
            b"\r\n",
        ]
    for name, value in fields:
        chunks.append(
            f'--{boundary}\r\ncontent-disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'.encode()
        )
    chunks.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(chunks)


def _quoted(name: str) -> str:
    # As browsers do it; a NUL makes a real gateway fail.
    return name.replace("\0", "").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
