"""Servers that answer as a test says, on real sockets: HTTP (plain, TLS, as a proxy) and the gateway's gRPC.

They run in threads of their own, so that both colours can be tried against them.
"""

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, cast

import grpc
from google.protobuf.message import Message

from c8py.proto import gateway_pb2 as pb
from harness import counterparts

SERVICE = "gateway_protocol.Gateway"


class Received(NamedTuple):
    """One request, as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: tuple[str, int]


class Reply(NamedTuple):
    """What to answer; None as status breaks the connection off instead. Pieces of a body are sent as they come."""

    status: int | None = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    pieces: Iterable[bytes] | None = None


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128  # crowds knock at once

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that break off are what some tests are about."""


class HttpServer:
    """Answers every request with what `answer` makes of it, and remembers them all.

    Args:
        answer: from request to reply.
        tls: makes it HTTPS.
    """

    def __init__(self, answer: Callable[[Received], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self._server = _Listener(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'http' if tls is None else 'https'}://localhost:{self._server.server_address[1]}"
        counterparts.say(self.url, None)  # it answers whatever a test says
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(server: HttpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # headers and body leave apart: the second would wait 40 ms for the peer

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.command, self.path, headers, body, self.client_address)
            server.received.append(received)
            reply = server.answer(received)
            if reply.status is None:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            if reply.status in {204, 304}:
                self.end_headers()
            elif reply.pieces is None:
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            else:
                self._send_pieces(reply.pieces)

        def _send_pieces(self, pieces: Iterable[bytes]) -> None:
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for piece in pieces:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _reply  # noqa: N815  http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


class Refused(Exception):  # noqa: N818  no error of ours
    """Raised by an answer: end the call with this status."""

    def __init__(self, status: grpc.StatusCode, detail: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Gateway:
    """Answers every rpc with what `answers` has under its name: a message, an iterable of them, or raise `Refused`.

    Args:
        answers: rpc name to a function of the request and its metadata.
        tls: key and certificate chain, PEM.
        clients: roots, PEM, of certificates that callers must show.
        at: where it listens.
    """

    def __init__(
        self,
        answers: Mapping[str, Callable[[Message, dict[str, str]], Message | Iterator[Message]]],
        tls: tuple[bytes, bytes] | None = None,
        clients: bytes | None = None,
        at: str = "127.0.0.1:0",
    ) -> None:
        self.answers = dict(answers)
        self.calls: list[tuple[str, Message, dict[str, str]]] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, self._handlers()),))
        if tls is None:
            port = self._server.add_insecure_port(at)
        else:
            credentials = grpc.ssl_server_credentials([tls], clients, require_client_auth=clients is not None)
            port = self._server.add_secure_port(at, credentials)
        self.address = f"{'grpc' if tls is None else 'grpcs'}://localhost:{port}"
        counterparts.say(self.address, counterparts.STUB)
        self._server.start()

    def close(self) -> None:
        """Stop at once."""
        self._server.stop(0).wait()

    def _handlers(self) -> "dict[str, grpc.RpcMethodHandler[Message, Message]]":
        handlers: dict[str, grpc.RpcMethodHandler[Message, Message]] = {}
        for method in pb.DESCRIPTOR.services_by_name["Gateway"].methods:
            make = (
                grpc.unary_stream_rpc_method_handler if method.server_streaming else grpc.unary_unary_rpc_method_handler
            )
            request = getattr(pb, method.input_type.name)
            handlers[method.name] = make(
                self._stream(method.name) if method.server_streaming else self._unary(method.name),
                request_deserializer=request.FromString,
                response_serializer=getattr(pb, method.output_type.name).SerializeToString,
            )
        return handlers

    def _answer(self, name: str, request: Message, context: grpc.ServicerContext):
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        self.calls.append((name, request, metadata))
        if name not in self.answers:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{name} is not answered here")
        try:
            return self.answers[name](request, metadata)
        except Refused as refused:
            context.abort(refused.status, refused.detail)

    def _unary(self, name: str):
        return lambda request, context: self._answer(name, request, context)

    def _stream(self, name: str):
        def stream(request: Message, context: grpc.ServicerContext):
            try:
                yield from cast("Iterator[Message]", self._answer(name, request, context))
            except Refused as refused:
                context.abort(refused.status, refused.detail)

        return stream
