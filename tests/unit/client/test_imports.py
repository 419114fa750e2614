"""Rules of what importing costs: modules, not times."""

import json
import subprocess
import sys

import pytest

from harness.answering import Reply


def loaded(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after a statement."""
    script = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_importing_c8py_loads_nothing_of_weight():
    modules = loaded("import c8py")
    assert {"grpc", "google.protobuf", "pyreqwest", "msgspec", "asyncio"} & modules == set()
    assert {name for name in modules if name.startswith("c8py.")} == set()


def test_errors_alone_load_no_room():
    modules = loaded("from c8py import NotFound")
    assert {name for name in modules if name.startswith("c8py.")} == {"c8py.errors"}


@pytest.mark.parametrize(
    "statement",
    [
        "from c8py import Camunda",
        "from c8py import AsyncCamunda, Console, load",
        "from c8py import Camunda; Camunda.from_env(rest_address='http://localhost:1')._over(None)",
    ],
)
def test_who_uses_rest_alone_loads_no_grpc(statement):
    assert {"grpc", "google.protobuf", "c8py.proto"} & loaded(statement) == set()


def test_the_client_never_loads_the_platform():
    modules = loaded("from c8py import Camunda, Worker; Camunda.from_env()._connection.gateway()")
    assert "grpc" in modules
    assert {name for name in modules if name.startswith(("c8py.server", "c8py.engine", "starlette"))} == set()


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import c8py

    with pytest.raises(AttributeError, match="Nonsense"):
        c8py.Nonsense  # noqa: B018
    assert set(c8py.__all__) <= set(dir(c8py))


MODELS_OF_ALL = {"c8py.models", *(f"c8py.models.{name}" for name in ("_base", "_operation", "_wire", "operations"))}
ANSWERS = {
    "/v2/users/ann": {"username": "ann", "name": None, "email": None},
    "/v2/topology": {"gatewayVersion": "8.9.0"},
    "/v2/process-instances": {
        "processDefinitionId": "p",
        "processDefinitionVersion": 1,
        "tenantId": "t",
        "variables": {},
        "processDefinitionKey": "1",
        "processInstanceKey": "2",
        "tags": [],
    },
}


@pytest.mark.parametrize("name", ["Camunda", "AsyncCamunda"])
def test_a_client_that_has_called_nothing_has_no_models(name):
    modules = loaded(f"from c8py import {name}; {name}.from_env(rest_address='http://localhost:1')")
    assert {module for module in modules if module.startswith("c8py.models")} <= {*MODELS_OF_ALL, "c8py.models.keys"}


@pytest.mark.parametrize(
    ("call", "tag"),
    [
        ("camunda.users.get('ann')", "user"),
        ("camunda.start('p')", "process_instance"),
        ("camunda.process_instances.create(process_definition_id='p')", "process_instance"),
    ],
)
def test_the_first_call_of_an_operation_loads_its_tag_alone(http_server, call, tag):
    server = http_server(lambda request: Reply(200, json.dumps(ANSWERS[request.path]).encode()))
    modules = loaded(f"from c8py import Camunda\nwith Camunda.from_env(rest_address={server.url!r}) as camunda: {call}")
    nouns = {module.rpartition(".")[2] for module in modules if module.startswith("c8py.client._sync.nouns.")}
    models = {module for module in modules if module.startswith("c8py.models.")}
    assert nouns == {f"{tag}s"}
    assert models - MODELS_OF_ALL == {"c8py.models.keys", "c8py.models.common", f"c8py.models.{tag}"}
