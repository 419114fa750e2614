"""COVERAGE.md says what the record says, and what it does not say."""

import pytest

ROWS = [
    ("grpc", "Topology", "topology", "stub", "sync", "tests/a.py::test_a[1]"),
    ("grpc", "Topology", "topology", "stub", "async", "tests/b.py::test_b"),
    ("grpc", "Topology", "topology", "Zeebe 8.6", "async", "tests/a.py::test_a[2]"),
    ("console", "GET /clusters", "clusters", "platform", "async", "tests/b.py::test_b"),
]


@pytest.fixture
def page(tool):
    module = tool("gen_coverage")
    return lambda rows: module.page([module.Row(*row) for row in rows])


def test_a_call_stands_with_its_method_and_one_test_for_each_kind_of_server(page):
    text = page(ROWS)
    assert "| `Topology` | 8.4 | `topology` | Zeebe 8.6 T1; stub T2 T1 |" in text
    assert "| `GET /clusters` | `clusters` | platform T2 |" in text
    assert "- T1: `tests/a.py::test_a`" in text
    assert "## gRPC: 1 of 23" in text


def test_what_nothing_calls_is_said_to_be_called_by_nothing(page):
    assert "| `CompleteJob` | 8.4 |  | nothing |" in page(ROWS)


def test_every_rpc_and_operation_is_called_by_something(tool):
    """The page of this repository: whoever adds an operation adds a test that calls it."""
    (text,) = tool("gen_coverage").outputs().values()
    assert "| nothing |" not in text
    assert text.count("|\n") > 390
