"""Rules of what importing costs: modules, not times."""

import subprocess
import sys

import pytest


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
        "from c8py import Camunda; Camunda.from_env(rest_address='http://localhost:1')._connection.over(None)",
    ],
)
def test_who_uses_rest_alone_loads_no_grpc(statement):
    assert {"grpc", "google.protobuf", "c8py.proto"} & loaded(statement) == set()


def test_the_client_never_loads_the_platform():
    modules = loaded("from c8py import Camunda, Worker; Camunda.from_env()._connection.over_grpc()")
    assert "grpc" in modules
    assert {name for name in modules if name.startswith(("c8py.server", "c8py.engine", "starlette"))} == set()


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import c8py

    with pytest.raises(AttributeError, match="Nonsense"):
        c8py.Nonsense  # noqa: B018
    assert set(c8py.__all__) <= set(dir(c8py))
