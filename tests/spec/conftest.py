"""For the specification of the engine: commands in, records out."""

import pytest

from harness.bpmn import one_task
from harness.engine import Rig


@pytest.fixture
def rig():
    """An engine in memory with process `p`: start, service task `work`, end."""
    rig = Rig()
    rig.deploy(one_task())
    yield rig
    rig.engine.close()
