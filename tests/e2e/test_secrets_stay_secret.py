"""No secret and no token in anything that is printed or logged, at the most talkative settings, even on failure."""

from pathlib import Path

from harness.platform import C8, UNLIMITED_TOKENS, c8, plain_environment, read_exports
from harness.processes import Program, wait_until

TALKATIVE = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from c8py.cli import main
main()
"""


def test_neither_platform_nor_client_prints_one(start_platform, tmp_path, order_model, fetch_token):
    platform = start_platform(*UNLIMITED_TOKENS)
    credentials, organization = platform.credentials(), platform.console_credentials()
    secrets = {value for pair in (credentials, organization) for name, value in pair.items() if "SECRET" in name}
    token = fetch_token(platform)
    wrong = {name: ("wrong-but-still-a-secret" if "SECRET" in name else value) for name, value in credentials.items()}
    printed: list[str] = []
    for environment, arguments in [
        (credentials, ["topology"]),
        (credentials, ["--debug", "topology", "--rest"]),
        (credentials, ["deploy", str(order_model)]),
        (credentials, ["create", "instance", "order", "--variables", '{"amount": 1}']),
        (credentials, ["create", "instance", "nothing-like-it"]),
        (credentials, ["config", "explain"]),
        (credentials, ["config", "explain", "--json"]),
        (credentials, ["--debug", "api", "GET", "/nothing/like/it"]),
        (credentials, ["--debug", "grpc", "Topology"]),
        (wrong, ["--debug", "api", "GET", "/topology"]),
        (organization, ["console", "clients", "list", "--json"]),
        (organization, ["--debug", "console", "secrets", "list"]),
        (organization, ["console", "clients", "create", "kept", "--scope", "Zeebe", "--out", str(tmp_path / "kept")]),
        (wrong, ["--debug", "topology"]),
        (wrong, ["token"]),
    ]:
        done = c8(*arguments, environment=environment)
        printed += [done.stdout, done.stderr]
    secrets |= {value for name, value in read_exports(tmp_path / "kept").items() if "SECRET" in name}
    printed += talkative_worker(credentials, tmp_path)
    platform.stop()
    printed.append(platform.program.output())
    everything = "\n".join(printed)
    assert [secret for secret in secrets | {"wrong-but-still-a-secret"} if secret in everything] == []
    # The signature is the part that makes a token one.
    assert token.rpartition(".")[2] not in everything


def talkative_worker(credentials: dict[str, str], folder: Path) -> list[str]:
    """What `c8 work` prints with every logger on DEBUG, while it completes a job."""
    (folder / "talkative.py").write_text(TALKATIVE)
    worker = Program(
        [C8.with_name("python"), folder / "talkative.py", "work", "charge-card", "--exec", "cat", "--stop-after", "1"],
        folder=folder,
        name="worker",
        environment=plain_environment(**credentials),
    )
    try:
        wait_until("one completed job", lambda: worker.process.poll() is not None, deadline_s=60)
        assert worker.process.returncode == 0, worker.output()
    finally:
        worker.stop()
    return [worker.output()]
