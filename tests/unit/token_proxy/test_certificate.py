"""A renewed certificate, shown to whoever connects after it."""

import asyncio
import shutil
import ssl

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from c8py.base.limits import TOKEN_PROXY_CERTIFICATE_LOOK_S
from c8py.serving.http import Tls
from c8py.token_proxy.certificate import follow
from harness.authority import Authority


def shown(context: ssl.SSLContext, authority: Authority) -> str:
    """The common name that a client is shown, by a handshake in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    trust = ssl.create_default_context(cafile=str(authority.pem))
    client = trust.wrap_bio(to_client, to_server, server_hostname="localhost")
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    certificate = client.getpeercert(binary_form=True)
    assert certificate is not None
    (name,) = x509.load_der_x509_certificate(certificate).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


@pytest.fixture
def files(tmp_path):
    return Tls(tmp_path / "tls.crt", tmp_path / "tls.key")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


def put(files, certificate, key):
    shutil.copy(certificate, files.certificate)
    shutil.copy(key, files.key)


def test_a_renewed_certificate_is_shown_from_then_on(house, files, authority):
    first, second = (authority.identity(name) for name in ("first", "second"))
    put(files, first.certificate, first.key)
    context = files.context()

    async def renewed():
        following = asyncio.create_task(follow(files, context))
        await asyncio.sleep(2.5 * TOKEN_PROXY_CERTIFICATE_LOOK_S)
        before = shown(context, authority)
        put(files, second.certificate, second.key)
        await asyncio.sleep(2 * TOKEN_PROXY_CERTIFICATE_LOOK_S)
        following.cancel()
        return before, shown(context, authority)

    assert house.run(renewed()) == ("first", "second")


@pytest.mark.parametrize("wrong", ["another key", "no key", "no certificate"])
def test_what_cannot_be_used_is_said_and_left_alone_until_it_can(house, files, authority, caplog, wrong):
    first, second = (authority.identity(name) for name in ("first", "second"))
    put(files, first.certificate, first.key)
    context = files.context()

    async def renewed_badly():
        following = asyncio.create_task(follow(files, context))
        await asyncio.sleep(0)
        match wrong:
            case "another key":
                put(files, second.certificate, first.key)
            case "no key":
                files.key.unlink()
            case _:
                files.certificate.write_text("nothing")
        await asyncio.sleep(5.5 * TOKEN_PROXY_CERTIFICATE_LOOK_S)
        meanwhile = shown(context, authority)
        put(files, second.certificate, second.key)
        await asyncio.sleep(2 * TOKEN_PROXY_CERTIFICATE_LOOK_S)
        following.cancel()
        return meanwhile, shown(context, authority)

    assert house.run(renewed_badly()) == ("first", "second")
    assert [record.levelname for record in caplog.records if "goes on being used" in record.message] == ["WARNING"]
