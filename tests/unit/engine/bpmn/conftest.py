"""Models for tests, written shortly: `model(...)` wraps what stands inside one process into a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from c8py.engine.bpmn import ExecutableProcess, ModelRejected, read

Model: TypeAlias = Callable[..., bytes]
Findings: TypeAlias = Callable[[bytes], list[tuple[str, int, str]]]

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'id="d" targetNamespace="http://test">'
)
_START = '<startEvent id="start"/><sequenceFlow id="first" sourceRef="start" targetRef="{target}"/>\n'


@pytest.fixture
def model() -> Model:
    """A file with one process; line 1 is the head, line 2 a start event that leads to `target`, the rest as given."""

    def build(inner: str, *, target: str = "end", attributes: str = 'id="p" isExecutable="true"') -> bytes:
        start = _START.format(target=target) if target else "\n"
        return f"{_HEAD}<process {attributes}>\n{start}{inner}</process></definitions>".encode()

    return build


@pytest.fixture
def process() -> Callable[[bytes], ExecutableProcess]:
    """The only process of a file."""

    def compile_one(content: bytes) -> ExecutableProcess:
        (compiled,) = read("test.bpmn", content)
        return compiled

    return compile_one


@pytest.fixture
def findings() -> Findings:
    """What is wrong with a file: element id, line and message of each finding."""

    def collect(content: bytes) -> list[tuple[str, int, str]]:
        with pytest.raises(ModelRejected) as caught:
            read("test.bpmn", content)
        return [(finding.element_id, finding.line, finding.message) for finding in caught.value.findings]

    return collect


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder of sample models."""
    return Path(__file__).parents[3] / "models"
