"""kill -9 at any moment: what was acknowledged is there, and the engine goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

from c8py.engine.readmodel import Page, Search
from harness.engine import Rig

TESTS = Path(__file__).parents[2]
CHILD = """
import sys
from pathlib import Path
from harness.bpmn import one_task
from harness.engine import Rig
rig = Rig(Path(sys.argv[1]), records_per_snapshot=500)
rig.deploy(one_task())
while True:
    created = rig.create(variables={"n": 1})
    print("created", created.key, flush=True)
    if created.key % 3:
        job = rig.job()
        rig.complete(job)
        print("completed", job, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 150])
def test_what_was_acknowledged_survives_kill_9(tmp_path, acknowledged):
    folder = tmp_path / "engine"
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TESTS) as child:
        assert child.stdout
        lines = [child.stdout.readline().split() for _ in range(acknowledged)]
        child.kill()
        lines += [line.split() for line in child.stdout.read().splitlines() if len(line.split()) == 2]

    rig = Rig(folder)

    everything = Search(page=Page(limit=10_000))
    instances = {row.process_instance_key for row in rig.engine.queries.search_process_instances(everything).items}
    jobs = {row.job_key: row.state for row in rig.engine.queries.search_jobs(everything).items}
    for word, key in lines:
        assert int(key) in instances if word == "created" else jobs[int(key)] == "COMPLETED"
    # The state and the read model tell the same.
    open_jobs = {key for key, state in jobs.items() if state == "CREATED"}
    assert set(rig.engine._partition.tables.jobs) == open_jobs
    rig.create()
    rig.advance(3600)
    batch = rig.activate(most=10_000).value
    assert set(batch.job_keys) == open_jobs | {batch.job_keys[-1]}
    rig.engine.close()
