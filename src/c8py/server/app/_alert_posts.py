"""Takes alerts out of the house: calls webhooks over HTTP, and hands mail to the mail server.

A webhook's name is looked up once, and the connection goes to the very address that was judged: one that the operator
has not opened (private networks, this machine) is not called, whatever a name resolves to the next moment. Redirects
are not followed, answers are not read beyond their first line, and the whole call has one deadline.
"""

import asyncio
import contextlib
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from c8py.base import limits
from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.server.console import SIGNATURE_HEADER, Mail, NotDelivered, Post
from c8py.server.settings import MailSettings, Settings

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_STATUS_BYTES_MAX: Final = 4096
_PORTS: Final = {"http": 80, "https": 443}


class AlertPosts:
    """Delivers.

    Args:
        settings: the mail server, and whether webhooks may be in private networks.

    Raises:
        ConfigError: the file of the mail server's password cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._private = settings.webhooks_private
        self._mail = settings.mail
        self._password = _password_in(settings.mail)
        self._tls = ssl.create_default_context()

    async def deliver(self, what: Post | Mail) -> None:
        """Deliver it now.

        Raises:
            NotDelivered: it did not arrive; says why, without the address's path.
        """
        wait_s = limits.SERVER_ALERT_WAIT_S_MAX
        try:
            async with asyncio.timeout(wait_s):
                if isinstance(what, Post):
                    await self._post(what)
                else:
                    await asyncio.to_thread(self._send, what)
        except TimeoutError as error:
            raise NotDelivered(f"no answer within {wait_s:g} seconds") from error
        except (OSError, ValueError, smtplib.SMTPException, EOFError) as error:
            raise NotDelivered(f"{type(error).__name__}: {_short(error)}") from error

    async def _post(self, post: Post) -> None:
        parts = urlsplit(post.url.reveal())
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        address = await self._address(host, port)
        tls = self._tls if parts.scheme == "https" else None
        reader, writer = await asyncio.open_connection(
            address, port, ssl=tls, server_hostname=host if tls else None, limit=_STATUS_BYTES_MAX
        )
        try:
            writer.write(_request(parts.netloc, f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", post))
            await writer.drain()
            line = await reader.readline()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        version, _, rest = line.decode("latin-1").partition(" ")
        status = rest[:3]
        if not version.startswith("HTTP/1.") or not status.isdecimal():
            raise NotDelivered("its answer is no HTTP")
        if not status.startswith("2"):
            raise NotDelivered(f"it answered {status}")

    async def _address(self, host: str, port: int) -> str:
        """The address to connect to, if all that the name stands for may be called."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(one[4][0]) for one in found]
        if not addresses or not all(may_be_called(one, private=self._private) for one in addresses):
            raise NotDelivered("its address is not a public one, and webhooks_private is off")
        return addresses[0]

    def _send(self, mail: Mail) -> None:
        told, wait_s = self._mail, limits.SERVER_ALERT_WAIT_S_MAX
        message = EmailMessage()
        message["From"], message["To"] = told.sender, mail.to
        message["Subject"] = mail.subject
        message["Message-ID"] = make_msgid(domain=told.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        if told.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(told.host, told.port, timeout=wait_s, context=self._tls)
        else:
            server = smtplib.SMTP(told.host, told.port, timeout=wait_s)
        with server:
            if told.security == "starttls":
                server.starttls(context=self._tls)
            if told.user:
                server.login(told.user, self._password.reveal())
            server.send_message(message)


def may_be_called(address: str, *, private: bool) -> bool:
    """Whether a webhook may be at this address.

    Args:
        address: IPv4 or IPv6, perhaps with a zone.
        private: whether private networks and this machine are open to webhooks.
    """
    try:
        found = tuple(_all_of(ipaddress.ip_address(address)))
    except ValueError:
        return False
    if any(one.is_link_local or one.is_multicast or one.is_unspecified for one in found):
        # Link-local is where clouds keep the credentials of their machines: never.
        return False
    return private or all(one.is_global for one in found)


def _all_of(address: _IP) -> Iterator[_IP]:
    """The address, and the IPv4 ones that it may stand for."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo or ()
        yield from (one for one in (address.ipv4_mapped, address.sixtofour, *teredo) if one is not None)
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _request(authority: str, target: str, post: Post) -> bytes:
    head = {
        "Host": authority,
        "Content-Type": "application/json",
        "Content-Length": str(len(post.body)),
        "User-Agent": "c8py",
        "Connection": "close",
    }
    if post.signature:
        head[SIGNATURE_HEADER] = post.signature
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + post.body


def _short(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error))[:200]


def _password_in(settings: MailSettings) -> Secret:
    """The password in its file; empty for no file.

    Raises:
        ConfigError: it cannot be read.
    """
    if not settings.password_file:
        return Secret("")
    try:
        return Secret(Path(settings.password_file).read_text().strip())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"expected the password of the mail server in {settings.password_file}, but: {error}",
            hint="check mail.password_file",
        ) from error
