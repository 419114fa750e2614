"""Takes a renewed certificate into use, for whoever connects from then on: looks at its files now and then.

Runs as a task beside the server. A pair that does not belong together is left alone until it does.
"""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Final

from c8py.base.limits import TOKEN_PROXY_CERTIFICATE_LOOK_S
from c8py.errors import ConfigError
from c8py.serving.http import Tls

_LOG: Final = logging.getLogger("c8py.token_proxy")


async def follow(files: Tls, context: ssl.SSLContext) -> None:
    """Read the files into the context whenever they have changed; without end.

    Args:
        files: of the certificate and its key.
        context: has read them once already.
    """
    seen = _marks(files)
    while True:
        await asyncio.sleep(TOKEN_PROXY_CERTIFICATE_LOOK_S)
        marks = _marks(files)
        if marks == seen:
            continue
        try:
            # In a context of nobody's: one that is in use would be left with a certificate that has lost its key.
            files.context()
            files.read_into(context)
        except ConfigError as error:
            _LOG.warning("the certificate has changed, and the one before goes on being used: %s", error.message)
        else:
            _LOG.info("the certificate in %s has changed, and is used from here on", files.certificate)
        seen = marks


def _marks(files: Tls) -> list[tuple[int, int, int] | None]:
    return [_mark(file) for file in (files.certificate, files.key)]


def _mark(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
