"""The platform as a whole: starts, answers, refuses nonsense, and leaves nothing behind."""

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from c8py.errors import PlatformError
from c8py.server.settings import Settings

READY_WAIT_S = 60


def talk(served, *parts: bytes) -> bytes:
    """Send these bytes, and read until the other side closes."""
    host, port = served.authority.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
        return answer


def test_it_is_healthy_once_it_has_started(served):
    answer = served.request("GET", "/health")
    assert answer.status == 200
    assert answer.json == {"status": "UP", "clusters": {served.addresses.cluster_id: "Healthy"}}


def test_the_addresses_have_the_fields_that_are_printed(served):
    addresses = served.addresses
    assert list(addresses.__struct_fields__) == [
        "pid", "http_address", "grpc_address", "rest_address", "oauth_url", "console_url", "console_api_url",
        "cluster_id", "region", "org_id", "credentials_file", "console_credentials_file", "owner_url",
    ]  # fmt: skip
    assert addresses.pid == os.getpid()


def test_a_token_of_the_ready_made_client_opens_the_cluster(served):
    path = f"{served.addresses.rest_address}/v2/topology".removeprefix(served.addresses.http_address)
    assert served.request("GET", path).status == 401
    headers = {"authorization": f"Bearer {served.token('zeebe.camunda.io')}"}
    assert served.request("GET", path, headers=headers).json["clusterSize"] == 1
    assert served.request("GET", f"/{served.addresses.cluster_id}{path}", headers=headers).status == 200


@pytest.mark.parametrize(
    ("mode", "header", "status"),
    [
        ("none", None, 200),
        ("none", "Bearer nonsense", 200),
        ("basic", None, 401),
        ("basic", "Basic ZGVtbzpkZW1v", 200),
        ("basic", "Basic ZGVtbzp3cm9uZw==", 401),
        ("oauth", "Basic ZGVtbzpkZW1v", 401),
    ],
)
def test_the_cluster_asks_as_it_was_told_to(serve, mode, header, status):
    served = serve(auth=mode)
    headers = {} if header is None else {"authorization": header}
    assert served.request("GET", "/v2/topology", headers=headers).status == status


@pytest.mark.parametrize("path", ["/nothing", "/oauth", "/oauth/token/x", "/auth/realms", "/%00", "/" + "x" * 5000])
def test_unknown_paths_are_problems(served, path):
    answer = served.request("GET", path)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json["status"] == 404


@pytest.mark.parametrize("path", ["/operate/v1/x", "/tasklist/", "/optimize/api"])
def test_apis_that_credentials_files_name_but_are_not_here_say_so(served, path):
    assert served.request("GET", path).status == 501


def test_nobody_is_told_what_serves(served):
    assert "server" not in served.request("GET", "/health").headers


def test_a_foreign_host_name_gets_nothing(served):
    answer = served.request("GET", "/v2/topology", headers={"host": "evil.example"})
    assert answer.status == 421


def test_a_host_name_can_be_allowed(serve):
    served = serve(allowed_hosts=("Camunda.Example",))
    assert served.request("GET", "/health", headers={"host": "camunda.example:1"}).status == 200


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        (lambda port: {"http_port": port}, "--http-port"),
        (lambda port: {"grpc_port": port}, "--grpc-port"),
    ],
)
def test_a_port_in_use_is_named_and_nothing_is_left(serve, tmp_path, settings, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PlatformError, match=rf"{port}.*{option}"):
            serve(data_dir=tmp_path, **settings(port))
    # The folder can be had again at once.
    serve(data_dir=tmp_path)


def test_a_host_of_another_machine_is_refused(serve):
    with pytest.raises(PlatformError, match=r"192\.0\.2\.1.*--host|--http-port"):
        serve(host="192.0.2.1")
    with pytest.raises(PlatformError, match="--host"):
        serve(host="no-such-host.invalid")


def test_what_is_kept_is_readable_by_its_owner_alone_wherever_it_is(serve, tmp_path):
    (tmp_path / "theirs").write_text("x")
    tmp_path.chmod(0o755)
    serve(data_dir=tmp_path)
    open_to_others = {path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077}
    assert open_to_others == {"theirs"}


def test_an_ephemeral_folder_goes_with_the_platform(serve):
    served = serve()
    folder = Path(served.addresses.credentials_file).parent
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o077 == 0
    served.stop()
    assert not folder.exists()


class TestSlowAndLarge:
    def test_headers_that_do_not_end_are_not_awaited(self, serve):
        served = serve(headers_wait_s=0.1)
        assert talk(served, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: ").startswith(b"HTTP/1.1 408")

    def test_a_connection_that_says_nothing_is_closed(self, serve):
        assert talk(serve(headers_wait_s=0.1)).startswith(b"HTTP/1.1 408")

    def test_the_second_request_of_a_connection_has_no_more_time_than_the_first(self, serve):
        served = serve(headers_wait_s=0.2)
        answer = talk(served, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he")
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"HTTP/1.1 408" in answer

    def test_headers_beyond_all_measure_are_refused(self, served):
        assert talk(served, b"GET /health HTTP/1.1\r\nX: " + b"x" * 100_000).startswith(b"HTTP/1.1 431")

    def test_what_is_no_http_is_a_bad_request(self, served):
        assert talk(served, b"\x16\x03\x01\x02\x00 hello\r\n\r\n").startswith(b"HTTP/1.1 400")

    def test_the_headers_of_a_body_in_pieces_are_not_counted_again(self, served):
        body = b"x" * 60_000
        head = b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 60000\r\n\r\n"
        assert talk(served, head, body[:30_000], body[30_000:]).startswith(b"HTTP/1.1 400")

    @pytest.mark.parametrize("path", ["/oauth/token", "/console", "/console-api/clusters/x/clients"])
    def test_a_caller_that_goes_away_in_the_middle_is_no_fault_of_ours(self, served, caplog, path):
        host, port = served.authority.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert served.request("GET", "/health").status == 200
        assert caplog.records == []


def test_a_full_disk_is_said_and_nothing_half_done_remains(serve, tmp_path):
    served = serve(data_dir=tmp_path)
    headers = {
        "authorization": f"Bearer {served.token('api.cloud.camunda.io', served.addresses.console_credentials_file)}"
    }
    clients = f"/console-api/clusters/{served.addresses.cluster_id}/clients"
    _, limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Larger than the log of SQLite is already, so that Python itself can go on writing.
    size = (tmp_path / "platform.db-wal").stat().st_size
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit))
    try:
        answer = served.request("POST", clients, json.dumps({"clientName": "too late"}), headers=headers)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, before)
    assert answer.status == 503
    assert "expected to write" in answer.json["detail"]
    assert "too late" not in served.request("GET", clients, headers=headers).text
    assert served.request("POST", clients, json.dumps({"clientName": "too late"}), headers=headers).status == 200


def test_a_long_poll_does_not_hold_up_the_end(serve):
    served = serve()
    headers = {"authorization": f"Bearer {served.token('zeebe.camunda.io')}", "content-type": "application/json"}
    poll = {"type": "nothing", "timeout": 1000, "maxJobsToActivate": 1, "requestTimeout": 60_000}
    host, port = served.authority.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("POST", "/v2/jobs/activation", json.dumps(poll), headers)
    # When the next answer is there, the poll is waiting.
    assert served.request("GET", "/v2/topology", headers=headers).status == 200
    began_s = time.monotonic()
    served.stop()
    assert time.monotonic() - began_s < 3
    connection.close()


SERVE = """
import sys
from pathlib import Path
import msgspec
from c8py.server.app import Platform
from c8py.server.settings import Settings
from c8py.serving.running import run_until_told
def say(ready):
    print(msgspec.json.encode(ready).decode(), flush=True)
platform = Platform(Settings(http_port=0, grpc_port=0))
sys.exit(run_until_told(platform.start, platform.stop, say))
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(tmp_path, number):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as program:
        try:
            assert program.stdout is not None
            ready = json.loads(program.stdout.readline())
            assert Path(ready["credentials_file"]).is_file()
            assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1
            program.send_signal(number)
            _, errors = program.communicate(timeout=READY_WAIT_S)
        finally:
            program.kill()
    assert (program.returncode, errors) == (0, b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_signal_during_the_start_ends_it_as_well(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    early = SERVE.replace("import sys\n", "import sys, os, signal\n").replace(
        "sys.exit(",
        "import c8py.server.app._platform as p\n"
        "told = p.ensure_cluster\n"
        "p.ensure_cluster = lambda *a, **k: (os.kill(os.getpid(), signal.SIGTERM), told(*a, **k))[1]\n"
        "sys.exit(",
    )
    done = subprocess.run(
        [sys.executable, "-c", early], capture_output=True, env=environment, timeout=READY_WAIT_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert list(tmp_path.iterdir()) == []


def test_the_default_folder_of_the_machine_is_not_touched(served):
    assert Path(served.addresses.credentials_file).is_relative_to(tempfile.gettempdir())
    assert Settings().data_dir is None
