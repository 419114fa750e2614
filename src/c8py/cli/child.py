"""The local platform as a child process: started on free ports, always stopped, even when we are killed.

The child reads a pipe that only we hold; when we are gone, however that came, it sees the end of it and stops.
"""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import IO, Final, cast

import msgspec

from c8py.errors import PlatformError

_READY_S: Final = 30.0
_STOP_S: Final = 10.0
_WORDS_CHARS: Final = 400


class Platform(msgspec.Struct, frozen=True):
    """What the child says about itself.

    Attributes:
        pid: its process.
        grpc_address: host:port of the gateway.
        rest_address: base of the REST API.
        oauth_url: where tokens are asked for.
        console_url: the web pages.
        console_api_url: base of the Administration API.
        cluster_id: its cluster.
        credentials_file: a ready-made client of the cluster.
        console_credentials_file: a ready-made client of the organization.
    """

    pid: int
    grpc_address: str
    rest_address: str
    oauth_url: str
    console_url: str
    console_api_url: str
    cluster_id: str
    credentials_file: str
    console_credentials_file: str


@contextlib.contextmanager
def platform(data_dir: Path, options: Sequence[str] = ()) -> Generator[Platform]:
    """Run a platform for as long as the block lasts.

    Args:
        data_dir: where it keeps everything.
        options: more options of `c8 up`.

    Raises:
        PlatformError: it did not start; with its own words.
    """
    command = [
        *(sys.executable, "-m", "c8py.cli", "up", "--json", "--until-stdin-closes"),
        *("--http-port", "0", "--grpc-port", "0", "--data-dir", str(data_dir)),
        *options,
    ]
    # A group of its own: Ctrl-C at our terminal is ours to pass on, once.
    child = subprocess.Popen(  # noqa: S603  our own interpreter and module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    words: list[bytes] = []
    # Read to the end of its life: a full pipe would stop the child.
    listening = threading.Thread(target=_listen, args=(cast("IO[bytes]", child.stderr), words), daemon=True)
    listening.start()
    try:
        yield _ready(child, listening, words)
    finally:
        _stop(child)
        listening.join(1.0)


def _ready(child: "subprocess.Popen[bytes]", listening: threading.Thread, words: list[bytes]) -> Platform:
    late = threading.Timer(_READY_S, child.kill)
    late.start()
    try:
        line = cast("IO[bytes]", child.stdout).readline()
    finally:
        late.cancel()
    if line:
        return msgspec.json.decode(line, type=Platform)
    child.wait(_STOP_S)
    listening.join(1.0)
    said = b"".join(words).decode(errors="replace").strip().removeprefix("c8: ")[-_WORDS_CHARS:]
    if not said:
        raise PlatformError(f"expected the platform to be ready within {_READY_S:g} s, but it was not")
    message, _, hint = said.partition("; ")
    raise PlatformError(message, hint=hint)


def _listen(stream: IO[bytes], words: list[bytes]) -> None:
    with stream:
        for line in stream:
            if len(words) < _WORDS_CHARS:
                words.append(line)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    cast("IO[bytes]", child.stdin).close()
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(_STOP_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        child.kill()
        child.wait()
    cast("IO[bytes]", child.stdout).close()
