"""A Maven repository on a real socket, with one version of Zeebe in it that is what a test makes of it."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.small_broker import START_SCRIPT

WAIT_S = 60.0
VERSION = "8.6.9"


def distribution(more: Mapping[str, str]) -> bytes:
    """An archive that looks like Zeebe, and has these files beside."""
    files = {
        f"zeebe-{VERSION}/bin/broker": START_SCRIPT,
        f"zeebe-{VERSION}/lib/zeebe-broker-{VERSION}.jar": "x",
        **more,
    }
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


class Maven:
    """A Maven repository with Zeebe 8.6.9 in it; does with the archive what a test wants.

    Attributes:
        breaks: how many bytes less than it announces come before the connection ends.
        sha1: what it says beside the archive; None has no such file.
        go_on: clear it, and the second half of the archive waits.
        asked: the names of the files that somebody wanted.
    """

    def __init__(self, content: bytes) -> None:
        self.content, self.breaks = content, 0
        self.sha1: bytes | None = hashlib.sha1(content).hexdigest().encode()
        self.asked: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        repository = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rpartition("/")[2]
                repository.asked.append(name)
                body: bytes | None = {
                    "camunda-zeebe-8.6.9.tar.gz": repository.content,
                    "camunda-zeebe-8.6.9.tar.gz.sha1": repository.sha1,
                }.get(name)
                self.send_response(404 if body is None else 200)
                self.send_header("content-length", str(len(body or b"")))
                self.end_headers()
                broken = repository.breaks if name.endswith(".gz") else 0
                sent = (body or b"")[: len(body or b"") - broken]
                self.wfile.write(sent[: len(sent) // 2])
                repository.go_on.wait(WAIT_S)
                self.wfile.write(sent[len(sent) // 2 :])

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._server.server_port}/maven2"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
