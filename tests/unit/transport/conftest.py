"""Servers on real sockets, certificates of an authority of our own, and settings that point there."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from c8py.auth import MemoryCache
from c8py.base.clock import ManualClock, SystemClock
from c8py.config import load
from c8py.transport._async.grpc import AsyncGrpc
from c8py.transport._async.headers import AsyncFixedHeader
from harness.answering import Gateway, HttpServer


@pytest.fixture
def http_server():
    """Starts HTTP servers: an answering function, and a TLS context if wanted."""
    started = []

    def start(answer, tls=None):
        started.append(HttpServer(answer, tls))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def gateway():
    """Starts gateways: answers by rpc name."""
    started = []

    def start(answers, tls=None):
        started.append(Gateway(answers, tls))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def cache():
    return MemoryCache()


@pytest.fixture
def settings():
    """Settings of arguments alone."""

    def make(**arguments):
        return load(arguments, environ={})

    return make


class Pem(NamedTuple):
    """Files of an authority, and of a server and a client that it vouches for."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path

    def server_context(self, *, mutual: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server, self.server_key)
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.authority)
        return context


@pytest.fixture(scope="session")
def pem(tmp_path_factory) -> Pem:
    folder = tmp_path_factory.mktemp("pem")
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("authority", authority_key, "authority", authority_key)

    def write(name, certificate, key):
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}-key.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return folder / f"{name}.pem", folder / f"{name}-key.pem"

    pairs = {}
    for name in ("server", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        pairs[name] = write(name, _certificate(name, key, "authority", authority_key), key)
    root, _ = write("authority", authority, authority_key)
    return Pem(root, *pairs["server"], *pairs["client"])


def _certificate(name, key, issuer, issuer_key) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    is_authority = name == issuer
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("localhost"),
                    x509.DNSName("c8.example"),
                    x509.DNSName("login.example"),
                    x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")),
                ]
            ),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )


@pytest.fixture(name="client")
async def direct_client(settings):
    """Makes clients of a gateway that call it on the event loop; all are closed."""
    made = []

    def make(address, headers=None, **arguments):
        chosen = settings(grpc_address=address, grpc_transport="asyncio", **arguments)
        made.append(AsyncGrpc(chosen, headers or AsyncFixedHeader(None), SystemClock()))
        return made[-1]

    yield make
    for one in made:
        await one.aclose()
