"""The steps of the quickstart: each does what it says, with the same client that everybody uses, and tells it."""

import asyncio
import re
import time
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from c8py.base.clock import SystemClock
from c8py.base.redact import Secret
from c8py.cli.credentials import claims_of, masked
from c8py.cli.credentials_text import credentials_text
from c8py.cli.quickstart_worker import check_order
from c8py.cli.story import Story, shown_path
from c8py.errors import DeadlineExceeded, NotFound
from c8py.models.keys import ProcessInstanceKey

if TYPE_CHECKING:
    from c8py.client import Camunda
    from c8py.config import Settings

PROCESS_ID: Final = "quickstart"
JOB_TYPE: Final = "quickstart-check-order"
VARIABLES: Final = {"amount": 120}
HANDLER: Final = "c8py.cli.quickstart_worker:check_order"
_WORK_S: Final = 15.0
_SEEN_S: Final = 30.0  # SaaS shows an instance some seconds after the engine knew it
_LOOK_S: Final = 0.05
_FIRST_WITH_SEARCH: Final = [8, 8]


class Finished(msgspec.Struct, frozen=True):
    """How it ended.

    Attributes:
        instance_key: of the process instance.
        state: of it.
    """

    instance_key: str
    state: str


def make_client(
    story: Story, console_settings: "Settings", cluster_id: str, name: str, *, commands: Sequence[str]
) -> tuple[str, str]:
    """Make an API client over the Administration API.

    Returns:
        Its client id, and the text of its credentials file.
    """
    from c8py.cli.console import new_client  # noqa: PLC0415  only this step needs it
    from c8py.console import Console  # noqa: PLC0415

    title = "Make an API client in Console and save its credentials (mode 0600)"
    with story.step(title, *commands) as step, Console(console_settings) as console:
        cluster = next((one for one in console.clusters() if one.uuid == cluster_id), None)
        if cluster is None:
            raise NotFound(f"expected cluster {cluster_id} in the organization, but it is not there")
        client = new_client(console, cluster, name, ("Zeebe",))
        step.result = f"client {client.client_id}, scope {', '.join(client.permissions)}"
        step.details = {"client_id": client.client_id, "name": name}
        return client.client_id, credentials_text(client)


def remove_client(console_settings: "Settings", cluster_id: str, client_id: str) -> None:
    """Take back a client that only the quickstart needed."""
    from c8py.console import Console  # noqa: PLC0415

    with Console(console_settings) as console:
        console.delete_client(cluster_id, client_id)


def topologies(story: Story, settings: "Settings", program: str, file: str | None) -> None:
    """A token, where the cluster wants one, and the topology over what the cluster speaks.

    Args:
        story: where it is told.
        settings: of the cluster.
        program: what a person types for this command line.
        file: the credentials file, as a person standing here would name it.
    """
    from c8py.client import Camunda  # noqa: PLC0415

    before = (f"export C8_CREDENTIALS={file}",) if file else ()
    with Camunda(settings) as camunda:
        if settings.auth == "oauth":
            _token(story, camunda, program, file)
            before = ()
        for protocol, address in (("grpc", settings.grpc_address), ("rest", settings.rest_address)):
            if address is None:
                continue
            word = {"grpc": "gRPC", "rest": "REST"}[protocol]
            with story.step(f"Ask for the topology over {word}", *before, f"{program} topology --{protocol}") as step:
                answer = camunda.topology(protocol="grpc" if protocol == "grpc" else "rest")
                brokers, partitions = len(answer.brokers), answer.partitions_count
                step.result = (
                    f"{_count(brokers, 'broker')}, {_count(partitions, 'partition')}, gateway {answer.gateway_version}"
                )
                step.details = {"gateway_version": answer.gateway_version, "brokers": brokers}
            before = ()


def _token(story: Story, camunda: "Camunda", program: str, file: str | None) -> None:
    commands = [f"{program} token"]
    by_hand = (
        "curl -s $ZEEBE_AUTHORIZATION_SERVER_URL \\\n"
        "  -d grant_type=client_credentials -d audience=$ZEEBE_TOKEN_AUDIENCE \\\n"
        "  -d client_id=$ZEEBE_CLIENT_ID -d client_secret=$ZEEBE_CLIENT_SECRET"
    )
    if file:
        source = file if "/" in file else f"./{file}"
        commands = [f"export C8_CREDENTIALS={file}", *commands, f". {source}; {by_hand}"]
    with story.step("Fetch an access token, with c8 or by hand", *commands) as step:
        token = Secret(camunda.authorization().removeprefix("Bearer "))
        claims = claims_of(token)
        step.result = f"{masked(token)}, good until {claims.expires_at or 'the service says otherwise'}"
        step.details = {"expires": claims.expires_at}


def run_process(story: Story, settings: "Settings", program: str) -> Finished:
    """Deploy, start, work, look."""
    from c8py.client import Camunda  # noqa: PLC0415

    with Camunda(settings) as camunda, as_file(files("c8py.cli") / "quickstart.bpmn") as model:
        with story.step("Deploy a process", f"{program} deploy {shown_path(model)}") as step:
            deployed = camunda.deploy((model.name, Path(model).read_bytes())).deployments[0].process_definition
            if deployed is None:
                raise NotFound(f"expected a process in the answer to the deployment of {model.name}, but there is none")
            step.result = f"process {deployed.process_definition_id}, version {deployed.process_definition_version}"
            step.details = {"process_definition_key": deployed.process_definition_key}
        variables = msgspec.json.encode(VARIABLES).decode()
        start = f"{program} create instance {PROCESS_ID} --variables '{variables}'"
        with story.step("Start an instance of it", start) as step:
            # A deployment reaches the other partitions a moment later, and nobody chooses where an instance starts.
            started = camunda.wait_until(lambda: camunda.start(PROCESS_ID, variables=VARIABLES), timeout_s=_SEEN_S)
            key = started.process_instance_key
            step.result = f"instance {key} waits at the task Check order"
            step.details = {"process_instance_key": key}
        work = f"{program} work {JOB_TYPE} \\\n  --python {HANDLER}"
        with story.step("Work on its job", work) as step:
            done = asyncio.run(_work(settings, key))
            step.result = f"{_count(len(done), 'job')} completed with {msgspec.json.encode(done[-1]).decode()}"
        if _can_look(camunda, settings):
            return _look(story, camunda, key, program)
        return _run_another(story, settings, program, variables)


async def _work(settings: "Settings", instance_key: str | None, until: asyncio.Event | None = None) -> list[object]:
    """Work until the job of this instance is done, or until told."""
    from c8py.client import AsyncCamunda  # noqa: PLC0415
    from c8py.worker import Job, Worker  # noqa: PLC0415

    done: list[object] = []
    ours = until or asyncio.Event()
    async with AsyncCamunda(settings) as camunda:
        worker = Worker(camunda, max_jobs=4, name="c8-quickstart")

        @worker.task(JOB_TYPE)
        async def check(job: Job, amount: int) -> dict[str, bool]:  # pyright: ignore[reportUnusedFunction]
            result = check_order(amount)
            done.append(result)
            if job.process_instance_key == instance_key:
                ours.set()
            return result

        running = asyncio.create_task(worker.run_async(signals=False))
        waiting = asyncio.create_task(ours.wait())
        await asyncio.wait([running, waiting], timeout=_WORK_S, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        worker.stop()
        await running
    if not done:
        raise DeadlineExceeded(
            f"expected a job of type {JOB_TYPE} within {_WORK_S:g} s, but none came",
            hint="another worker may have taken it: look with `c8 list jobs`",
        )
    return done


def _can_look(camunda: "Camunda", settings: "Settings") -> bool:
    """Whether the cluster can be asked for a single instance: since 8.8, over REST."""
    version = [int(number) for number in re.findall(r"\d+", camunda.topology().gateway_version)[:2]]
    return settings.rest_address is not None and version >= _FIRST_WITH_SEARCH


def _look(story: Story, camunda: "Camunda", key: str, program: str) -> Finished:
    with story.step("See it completed", f"{program} get instance {key}") as step:
        clock = SystemClock()
        until_s = clock.monotonic_s() + _SEEN_S
        while True:
            try:
                state = str(camunda.process_instances.get(ProcessInstanceKey(key)).state)
            except NotFound:
                state = "not seen yet"
            if state == "COMPLETED":
                break
            if clock.monotonic_s() > until_s:
                raise DeadlineExceeded(f"expected instance {key} to be COMPLETED, but it is {state}")
            time.sleep(_LOOK_S)
        step.result = f"instance {key} is {state}: the gateway saw approved = true"
        step.details = {"state": state}
        return Finished(key, state)


def _run_another(story: Story, settings: "Settings", program: str, variables: str) -> Finished:
    """Before 8.8 nobody can ask for an instance: the answer to a start that waits shows the end just as well."""
    command = f"{program} create instance {PROCESS_ID} --variables '{variables}' --wait"
    with story.step("See one completed: start another and wait for its end", command) as step:
        key, result = asyncio.run(_start_and_work(settings))
        step.result = f"instance {key} is COMPLETED with {msgspec.json.encode(result).decode()}"
        step.details = {"state": "COMPLETED", "variables": result}
        return Finished(key, "COMPLETED")


async def _start_and_work(settings: "Settings") -> tuple[str, dict[str, object]]:
    from c8py.client import AsyncCamunda  # noqa: PLC0415

    ended = asyncio.Event()
    async with AsyncCamunda(settings) as camunda:
        working = asyncio.create_task(_work(settings, None, ended))
        try:
            answer = await camunda.wait_until(
                lambda: camunda.start_and_wait(PROCESS_ID, variables=VARIABLES, timeout_s=_WORK_S), timeout_s=_SEEN_S
            )
        finally:
            ended.set()
            await asyncio.wait([working])
    return answer.process_instance_key, dict(answer.variables)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
