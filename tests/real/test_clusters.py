"""Clusters of real brokers, made by one command of ours and worked on with tokens of ours by other people's clients."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest

from c8py import Camunda
from c8py.errors import C8Error
from c8py.proto import gateway_pb2, gateway_pb2_grpc
from harness.languages import java_client, java_program
from harness.peers import peers
from harness.platform import ORDER_MODEL, UNLIMITED_TOKENS, Platform, c8, plain_environment, read_exports
from harness.processes import Program, alive, free_ports, living_in, run, wait_until

SCRIPTS = Path(__file__).parents[1] / "peers" / "scripts"
PLAIN_HTTP = {"OAUTHLIB_INSECURE_TRANSPORT": "1"}
# Two cores: half of the start-up goes into compiling, and a short life never earns it back.
SMALL = ("--heap-mb", "256", "--partition-mb", "32", "--java-options", "-XX:TieredStopAtLevel=1")
CREATE_DEADLINE_S = 240.0
INSTANCES = 300
INSTANCES_OF_JAVA = 150
CARRY_ON_S = 90.0


class Home:
    """A platform on a folder that outlives it, always at the same addresses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        http, grpc_port = free_ports(2)
        self._places = ("--http-port", str(http), "--grpc-port", str(grpc_port))
        self._starts = 0
        self.platform = self.start()

    def start(self) -> Platform:
        self._starts += 1
        return Platform(
            self._folder,
            *self._places,
            *UNLIMITED_TOKENS,
            "--cache-dir",
            os.environ["C8PY_CACHE"],
            ephemeral=False,
            name=f"platform-{self._starts}",
        )

    def restart(self) -> None:
        assert self.platform.stop() == 0
        self.platform = self.start()

    def c8(self, *arguments: str) -> Any:
        done = c8(
            "cluster",
            *arguments,
            "--json",
            environment=self.platform.console_credentials(),
            deadline_s=CREATE_DEADLINE_S,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def client(self, cluster: str, name: str) -> dict[str, str]:
        """The values of a new client's credentials file."""
        file = self._folder / f"{cluster}-{name}.txt"
        self.c8("client", cluster, name, "--out", str(file))
        return read_exports(file)

    def end(self) -> None:
        """The platform and every broker that it left running."""
        self.platform.stop()
        left = living_in(self._folder)
        for pid in left:
            os.kill(pid, signal.SIGTERM)
        wait_until("the end of the brokers", lambda: not alive(left), deadline_s=60)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    started = Home(tmp_path_factory.mktemp("home"))
    yield started
    started.end()


@pytest.fixture(scope="module")
def three(home):
    """What the one command says: three brokers, three partitions, each on all of them."""
    return home.c8("create", "three", "--brokers", "3", "--partitions", "3", "--replication", "3", *SMALL)


@pytest.fixture(scope="module")
def credentials(home, three):
    return home.client("three", "worker")


def model_called(name: str) -> str:
    return ORDER_MODEL.read_text().replace('id="order"', f'id="{name}"').replace("charge-card", name)


def pids(shown: Any) -> list[int]:
    return [one["pid"] for one in shown["brokers"]]


def test_one_command_makes_a_cluster_of_three_brokers(home, three):
    assert three["status"] == "Healthy"
    assert three["version"] == "8.6.0"
    assert sorted(number for broker in three["brokers"] for number in broker["leads"]) == [1, 2, 3]

    def spread():
        """Elections of a busy machine may still be going on."""
        return all(len(one["leads"]) + len(one["follows"]) == 3 for one in home.c8("show", "three")["brokers"])

    wait_until("each partition on all brokers", spread, deadline_s=CARRY_ON_S)
    listed = home.platform.c8("console", "clusters", "list", "--json")
    assert listed.returncode != 0  # that one wants the organization's credentials
    assert "three" in [one["name"] for one in home.c8("list")]


def test_pyzeebe_works_on_it_with_a_token_of_ours(credentials, tmp_path):
    model = tmp_path / "round.bpmn"
    model.write_text(model_called("round"))
    done = run(
        [peers().python, "-W", "ignore", SCRIPTS / "pyzeebe_round.py", model, "round"],
        environment=plain_environment(**credentials, **PLAIN_HTTP),
        deadline_s=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["charged"] == [1, 2, 3]
    assert json.loads(done.stdout)["partitions"] == 3


def test_camundas_java_client_gets_in_with_a_token_of_ours(credentials):
    java = java_client()
    done = run(
        [*java.command],
        environment=for_java(credentials),
        working_folder=java.folder,
        deadline_s=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "3"


def test_nobody_gets_in_without_a_token_of_this_cluster(home, three, credentials):
    target = three["brokers"][0]["grpc_address"]
    other = home.platform.credentials()  # of the platform's own cluster
    with grpc.insecure_channel(target) as channel:
        stub = gateway_pb2_grpc.GatewayStub(channel)

        def refused(metadata):
            with pytest.raises(grpc.RpcError) as error:
                stub.Topology(gateway_pb2.TopologyRequest(), timeout=30, metadata=metadata)
            return error.value.code()

        assert refused(()) is grpc.StatusCode.UNAUTHENTICATED
        token = c8("token", "--raw", environment=other).stdout.strip()
        assert refused((("authorization", f"Bearer {token}"),)) is grpc.StatusCode.UNAUTHENTICATED
        own = c8("token", "--raw", environment=credentials).stdout.strip()
        answer = stub.Topology(
            gateway_pb2.TopologyRequest(), timeout=30, metadata=(("authorization", f"Bearer {own}"),)
        )
        assert answer.clusterSize == 3


def test_a_killed_broker_and_a_restarted_platform_cost_no_acknowledged_work(home, three, credentials, tmp_path):
    """Clients and workers talk to the first broker; the last one is killed, then the platform is restarted.

    Ours creates for pyzeebe; beside them Camunda's Java client creates and works on a process of its own.
    """
    handled = tmp_path / "handled"
    with client_of(credentials, tmp_path) as camunda:
        camunda.deploy(("kill.bpmn", model_called("kill").encode()))
        camunda.deploy(("kill-java.bpmn", model_called("kill-java").encode()))
        worker = Program(
            [peers().python, "-W", "ignore", SCRIPTS / "pyzeebe_worker.py", "kill", handled],
            folder=tmp_path,
            name="worker",
            environment=plain_environment(**credentials, **PLAIN_HTTP),
        )
        java = java_program(Path(__file__).with_name("java"), "CreateAndWork")
        beside = Program(
            [*java.command, "kill-java", str(INSTANCES_OF_JAVA)],
            folder=tmp_path,
            name="java",
            environment=for_java(credentials),
            working_folder=java.folder,
        )
        try:
            wait_until("work of Java", lambda: said(beside, "handled"), deadline_s=CARRY_ON_S)
            before = pids(home.c8("show", "three"))
            acknowledged: set[str] = set()
            enough = threading.Event()

            def create() -> None:
                while len(acknowledged) < INSTANCES:
                    try:
                        acknowledged.add(str(camunda.start("kill", variables={"amount": 1}).process_instance_key))
                    except C8Error:
                        continue  # not acknowledged: nobody promised anything
                enough.set()

            creators = [threading.Thread(target=create) for _ in range(4)]
            for one in creators:
                one.start()
            wait_until("a third of the work", lambda: len(acknowledged) > INSTANCES // 3, deadline_s=CARRY_ON_S)
            os.kill(before[2], signal.SIGKILL)
            for one in creators:
                one.join(CARRY_ON_S)
            assert enough.is_set()
            assert worker.process.poll() is None, worker.output()
            assert beside.process.poll() is None, beside.output()
            wait_until("the whole work", lambda: acknowledged <= read(handled), deadline_s=CARRY_ON_S)
            wait_until("all of Java", lambda: len(said(beside, "created")) == INSTANCES_OF_JAVA, deadline_s=CARRY_ON_S)
            created = said(beside, "created")
            wait_until("its whole work", lambda: created <= said(beside, "handled"), deadline_s=CARRY_ON_S)
            back = wait_until("the killed broker", lambda: whole(home.c8("show", "three")), deadline_s=CARRY_ON_S)
            assert pids(back)[:2] == before[:2]
            assert pids(back)[2] != before[2]
            home.restart()
            again = wait_until("the cluster", lambda: whole(home.c8("show", "three")), deadline_s=CARRY_ON_S)
            assert pids(again) == pids(back), "expected brokers untouched by the restart of the platform"
            later = str(camunda.start("kill", variables={"amount": 1}).process_instance_key)
            wait_until("work after all that", lambda: later in read(handled), deadline_s=CARRY_ON_S)
        finally:
            worker.stop()
            beside.stop()


def test_what_was_backed_up_comes_back_into_real_brokers(home, tmp_path):
    home.c8("create", "one", *SMALL)
    with client_of(home.client("one", "worker"), tmp_path) as camunda:
        camunda.deploy(("kept.bpmn", model_called("kept").encode()))
        kept = camunda.start("kept", variables={"amount": 1}).process_instance_key
        backup = home.c8("backup", "one")["backupId"]
        lost = camunda.start("kept", variables={"amount": 2}).process_instance_key
        assert home.c8("restore", "one", backup)["status"] == "Healthy"

        def handed_out():
            return camunda.activate_jobs("kept", max_jobs=10, timeout_s=30.0, worker="test")

        # A gateway that has just started knows the leaders a moment later; until then it has no jobs for anybody.
        jobs = wait_until("a job", handed_out, deadline_s=CARRY_ON_S)
        assert {str(job.process_instance_key) for job in jobs} == {str(kept)}
        assert str(lost) != str(kept)
    assert [one["backup_id"] for one in home.c8("backups", "one")] == [backup]
    assert home.c8("suspend", "one")["status"] == "Suspended"
    unasked = c8("cluster", "delete", "one", environment=home.platform.console_credentials())
    assert unasked.returncode == 2
    assert "expected --yes where nobody can be asked" in unasked.stderr
    assert home.c8("delete", "one", "--yes")["result"] == "deleted"
    assert "one" not in [one["name"] for one in home.c8("list")]


def for_java(credentials: dict[str, str]) -> dict[str, str]:
    """What Camunda's client for Java wants to be told beside the file."""
    return plain_environment(
        **credentials,
        CAMUNDA_REST_ADDRESS=credentials["ZEEBE_REST_ADDRESS"],
        CAMUNDA_GRPC_ADDRESS=f"http://{credentials['ZEEBE_ADDRESS']}",
    )


def said(program: Program, word: str) -> set[str]:
    """The keys that it has said after this word."""
    return {line.split()[1] for line in program.lines() if line.startswith(f"{word} ")}


def client_of(credentials: dict[str, str], folder: Path) -> Camunda:
    return Camunda.from_env(
        grpc_address=credentials["ZEEBE_GRPC_ADDRESS"],
        rest_address=credentials["ZEEBE_REST_ADDRESS"],
        client_id=credentials["ZEEBE_CLIENT_ID"],
        client_secret=credentials["ZEEBE_CLIENT_SECRET"],
        oauth_url=credentials["CAMUNDA_OAUTH_URL"],
        audience=credentials["ZEEBE_TOKEN_AUDIENCE"],
        token_cache_dir=folder / "tokens",
    )


def read(file: Path) -> set[str]:
    return set(file.read_text().split()) if file.exists() else set()


def whole(shown: Any) -> Any:
    ready = shown["status"] == "Healthy" and all(one["phase"] == "ready" for one in shown["brokers"])
    return shown if ready else None
