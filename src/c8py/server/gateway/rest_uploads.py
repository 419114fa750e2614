"""Multipart bodies: files and fields of a deployment, parsed in memory within the limits. Whole or refused."""

from typing import TYPE_CHECKING, Final

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from c8py.base import limits
from c8py.server.gateway.refusals import invalid
from c8py.server.gateway.rest_http import Problem, Request

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MULTIPART: Final = "multipart/form-data"


class File(msgspec.Struct, frozen=True):
    """One uploaded file."""

    name: str
    content: bytes


class Upload(msgspec.Struct):
    """What came: files in their order, and fields by name."""

    files: list[File] = []
    fields: dict[str, str] = {}


async def read_upload(request: Request, bytes_max: int) -> Upload:
    """Read a multipart body.

    Raises:
        Problem: another media type, too large, broken off, or malformed.
        Refusal: a part that a deployment does not have.
    """
    media_type, options = parse_options_header(request.header(b"content-type"))
    if media_type.decode("latin-1").lower() != _MULTIPART:
        shown = media_type.decode("latin-1")[:80] or "not given"
        raise Problem(415, f"expected the content type {_MULTIPART}, but it is {shown}")
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise Problem(400, "expected a boundary in the content type of a multipart body, but there is none")
    content = await request.body(bytes_max)
    collector = _Collector()
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        parser.write(content)
        parser.finalize()
    except (FormParserError, UnicodeDecodeError) as error:
        raise Problem(400, f"expected a multipart body, but it is malformed: {error}") from None
    if not collector.ended:
        raise Problem(400, "expected the end of the multipart body, but it breaks off before")
    return collector.upload


class _Collector:
    """Gathers the parts as the parser finds them."""

    def __init__(self) -> None:
        self.upload = Upload()
        self.ended = False
        self._parts = 0
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._content = bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        """For the parser."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_part_data": self._add_content,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        self._content.extend(data[start:end])

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > limits.REST_PARTS_MAX:
            raise invalid(f"expected at most {limits.REST_PARTS_MAX} parts, but there are more")
        self._disposition = b""
        self._content = bytearray()

    def _end_header(self) -> None:
        name, value = self._header
        if bytes(name).lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _end_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode(errors="replace")
        file_name = options.get(b"filename")
        if name == "resources" and file_name is not None:
            self.upload.files.append(File(_file_name(file_name), bytes(self._content)))
        elif name == "tenantId" and file_name is None:
            self.upload.fields[name] = self._content.decode(errors="replace").strip()
        else:
            raise invalid(f"expected parts named resources, each a file, and tenantId, but there is '{name[:80]}'")

    def _end(self) -> None:
        self.ended = True


def _file_name(raw: bytes) -> str:
    name = raw.decode(errors="replace")
    if not name.isprintable() or not name.strip():
        raise invalid("expected file names of printable characters, but there is another")
    return name
