"""The pages of operations say what is there: each operation once, with a method that the client has."""

import re

import pytest

from c8py import Camunda
from c8py.models.operations import OPERATIONS
from c8py.proto.gateway_pb2_grpc import RPCS


@pytest.fixture
def pages(tool):
    return {path.stem: text for path, text in tool("gen_operations").outputs().items()}


def test_every_operation_has_its_place(pages):
    told = [
        match
        for text in pages.values()
        for match in re.findall(r"^`([A-Z]+ /\S+)` · (\w+) · since", text, re.MULTILINE)
    ]
    assert sorted(told) == sorted((f"{one.method} {one.path}", one.id) for one in OPERATIONS.values())


def test_every_rpc_has_its_place(pages):
    assert set(re.findall(r"^\| `(\w+)` \|", pages["grpc"], re.MULTILINE)) == RPCS.keys()


def test_every_method_is_one_of_the_client(pages):
    client = Camunda.from_env(rest_address="http://localhost:1")
    named = {match for text in pages.values() for match in re.findall(r"`camunda\.([\w.]+)\(", text)}
    for name in named:
        thing = client
        for part in name.split("."):
            thing = getattr(thing, part)
        assert callable(thing), name
    client.close()


def test_a_body_in_an_example_is_the_least_that_is_taken(pages):
    assert "`c8 api POST /jobs/{jobKey}/failure`" in pages["jobs"]
    assert """--data '{"maxJobsToActivate": 1, "timeout": 1, "type": "…"}'`""" in pages["jobs"]
