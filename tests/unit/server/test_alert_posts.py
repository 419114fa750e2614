"""Alerts leave the house: webhooks are called at addresses that may be called, mail goes to the mail server."""

import asyncio
import socket
import socketserver
import threading
from email import message_from_bytes

import pytest

from c8py.base.redact import Secret
from c8py.errors import ConfigError
from c8py.server.app._alert_posts import AlertPosts, may_be_called
from c8py.server.console import Mail, NotDelivered, Post
from c8py.server.settings import MailSettings, Settings


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.216.34", True, True),
        ("2606:2800:220:1::1", True, True),
        ("127.0.0.1", False, True),
        ("10.1.2.3", False, True),
        ("192.168.0.1", False, True),
        ("100.64.0.1", False, True),
        ("::1", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("2002:a00:1::1", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("fe80::1%1", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.1", False, False),
        ("nonsense", False, False),
    ],
)
def test_webhooks_are_public_unless_the_operator_says_otherwise(address, public, private):
    assert may_be_called(address, private=False) is public
    assert may_be_called(address, private=True) is private


def deliver(what, **told):
    asyncio.run(AlertPosts(Settings(**told)).deliver(what))


def test_a_webhook_gets_the_body_and_the_signature(hook):
    deliver(Post(url=Secret(hook.url), body=b'{"a":1}', signature="abc"), webhooks_private=True)
    path, headers, body = hook.seen[0]
    assert (path, body) == ("/hook?x=1", b'{"a":1}')
    assert headers["X-Camunda-Signature-256"] == "abc"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433"])
def test_this_machine_is_not_called_under_whatever_name(hook, host):
    url = Secret(hook.url.replace("127.0.0.1", host))
    with pytest.raises(NotDelivered, match=r"webhooks_private|gaierror"):
        deliver(Post(url=url, body=b"{}"))
    assert hook.seen == []


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_what_is_not_taken_has_not_arrived_and_redirects_are_not_followed(hook, status):
    hook.status = status
    with pytest.raises(NotDelivered, match=str(status)) as error:
        deliver(Post(url=Secret(hook.url), body=b"{}"), webhooks_private=True)
    assert "hook?" not in str(error.value)
    assert len(hook.seen) == 1


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n", b"HTTP/1.1 ok\r\n", b"", b"x" * 100_000])
def test_what_is_no_http_is_said_to_be_none(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        url = Secret(f"http://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(NotDelivered):
            deliver(Post(url=url, body=b"{}"), webhooks_private=True)


def test_nobody_is_waited_for_without_end(monkeypatch):
    monkeypatch.setattr("c8py.base.limits.SERVER_ALERT_WAIT_S_MAX", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = Secret(f"http://127.0.0.1:{server.getsockname()[1]}/")
        with pytest.raises(NotDelivered, match="no answer within"):
            deliver(Post(url=url, body=b"{}"), webhooks_private=True)


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as one mail needs."""

    daemon_threads = True

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        super().__init__(("127.0.0.1", 0), MailSession)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class MailSession(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            command = line.strip().upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                assert isinstance(self.server, MailServer)
                self.server.mails.append(b"".join(lines))
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
            if command == b"QUIT":
                return


def test_mail_is_handed_to_the_mail_server():
    with MailServer() as server:
        told = MailSettings(host="127.0.0.1", port=server.server_address[1], security="none", sender="c8@example.org")
        deliver(Mail(to="ops@example.org", subject="Cluster Übung: 1 new incident", text="a\n.\nb ü"), mail=told)
        server.shutdown()
        mail = message_from_bytes(server.mails[0])
    assert (mail["to"], mail["from"], mail["auto-submitted"]) == ("ops@example.org", "c8@example.org", "auto-generated")
    assert "ü".encode() in bytes(mail.get_payload(decode=True))


def test_a_mail_server_that_is_away_is_told_as_trouble():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotDelivered, match="ConnectionRefused"):
        deliver(Mail(to="a@b", subject="s", text="t"), mail=MailSettings(host="127.0.0.1", port=port, security="none"))


@pytest.mark.parametrize("wrong", [{"user": "x"}, {"password_file": "x"}, {"sender": "x"}, {"port": 0}])
def test_a_mail_server_that_cannot_work_is_refused(wrong):
    with pytest.raises(ConfigError):
        MailSettings(host="mail.example", **wrong)
