import pytest

from harness.bpmn import one_task
from harness.engine import Rig


@pytest.fixture
def on_disk(tmp_path):
    """Makes rigs on the same folder; all of them are closed with the test."""
    rigs = []

    def make(**options):
        rigs.append(Rig(tmp_path / "engine", **options))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.engine.close()


@pytest.fixture
def rig(on_disk):
    """An engine on disk with process `p`: start, service task `work`, end."""
    rig = on_disk()
    rig.deploy(one_task())
    return rig
