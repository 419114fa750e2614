"""`c8 api`: a call of any REST API by method and path, with address and token taken care of; what curl does by hand."""

import mimetypes
import secrets
import sys
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import click
import msgspec

from c8py.cli.options import BODY, Connection, json_option, with_connection
from c8py.cli.output import on_terminal

_APIS: Final = ("orchestration", "console", "modeler", "optimize", "operate", "tasklist")
# What may stand in a path as it is; a name in braces, copied from a document, may not.
_AS_IT_IS: Final = "/%:@!$&'()*+,;=~"
_METHODS: Final = click.Choice(("GET", "POST", "PUT", "PATCH", "DELETE"), case_sensitive=False)
_JSON: Final = "application/json"


@click.command("api")
@click.argument("method", metavar="METHOD", type=_METHODS)
@click.argument("path")
@click.option("--api", "api", type=click.Choice(_APIS), default="orchestration", show_default=True, help="Which API.")
@click.option("--data", type=BODY, metavar="JSON|@FILE|-", help="The body; - is standard input.")
@click.option("--query", "pairs", multiple=True, metavar="NAME=VALUE", help="Behind the ?; repeat it.")
@click.option("--form", "parts", multiple=True, metavar="NAME=VALUE|@FILE", help="A part of a form; repeat it.")
@click.option("--accept", default=f"{_JSON}, */*;q=0.5", help="Media types of the answer.")
@click.option("--content-type", default=_JSON, show_default=True, help="Media type of --data.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, min_open=True), help="For all attempts, in seconds.")
@click.option("--anonymous", is_flag=True, help="Without credentials.")
@json_option
@with_connection
def api_(
    connection: Connection,
    *,
    method: str,
    path: str,
    api: str,
    data: bytes | None,
    pairs: tuple[str, ...],
    parts: tuple[str, ...],
    accept: str,
    content_type: str,
    timeout_s: float | None,
    anonymous: bool,
    as_json: bool,
) -> None:
    """Call PATH of a REST API, and print the answer.

    PATH is as documents have it, with or without /v2, /v1 or /api in front: c8 api GET /topology.
    """
    from c8py.components import PLACES, Api  # noqa: PLC0415  the command line starts without it

    if data is not None and parts:
        raise click.UsageError("expected --data or --form, but got both")
    if content_type == _JSON and data is not None and not parts:
        _must_be_json(data)
    if parts:
        content_type, data = _form(parts)
    rest = Api(connection.settings(), PLACES[api])
    try:
        answer = rest.send(
            f"{method} {_whole(path, pairs)}",
            body=data,
            accept=accept,
            content_type=content_type,
            timeout_s=timeout_s,
            anonymous=anonymous,
        )
    finally:
        rest.close()
    _print(answer, indent=2 if on_terminal() and not as_json else -1)


def _whole(path: str, pairs: tuple[str, ...]) -> str:
    """The path with everything behind the `?`.

    Raises:
        UsageError: it is no path, or a pair has no `=`.
    """
    if "://" in path.partition("?")[0]:
        raise click.UsageError(f"expected a path such as /topology, but got {path}; --api says where")
    bare, mark, said = path.partition("?")
    query = "&".join(part for part in (said, urlencode([_pair(pair) for pair in pairs])) if part)
    return quote(bare, safe=_AS_IT_IS) + (f"?{query}" if mark or query else "")


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not (name and mark):
        raise click.UsageError(f"expected --query NAME=VALUE, but got {text!r}")
    return name, value


def _must_be_json(data: bytes) -> None:
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise click.UsageError(f"""expected JSON such as '{{"filter": {{}}}}' as --data, but {error}""") from None


def _form(parts: tuple[str, ...]) -> tuple[str, bytes]:
    """The content type and bytes of a form.

    Raises:
        UsageError: a part has no name, or its file cannot be read.
    """
    from c8py.transport import Part, multipart  # noqa: PLC0415

    made: list[Part] = []
    for part in parts:
        name, mark, value = part.partition("=")
        if not (name and mark):
            raise click.UsageError(f"expected --form NAME=VALUE or NAME=@FILE, but got {part!r}")
        if not value.startswith("@"):
            made.append(Part(name=name, content=value.encode()))
            continue
        file = Path(value[1:])
        try:
            content = file.read_bytes()
        except OSError as error:
            raise click.UsageError(f"expected to read {file}, but {error.strerror}") from None
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        made.append(Part(name=name, content=content, filename=file.name, content_type=kind))
    return multipart(made, boundary=f"c8py-{secrets.token_hex(16)}")


def _print(answer: bytes, *, indent: int) -> None:
    """JSON indented for a person; anything else as it came."""
    try:
        shown = msgspec.json.format(answer, indent=indent) if answer else b""
    except msgspec.DecodeError:
        sys.stdout.flush()
        sys.stdout.buffer.write(answer)
        return
    if shown:
        click.echo(shown)
