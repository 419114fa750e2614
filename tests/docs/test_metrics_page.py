"""The page about watching workers names every metric, and no other."""

import re
from pathlib import Path

from c8py.worker.ledger import WorkerState
from c8py.worker.metrics import Metrics

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "watch-workers.md"


def test_the_page_names_every_metric_of_a_worker():
    state = WorkerState(name="w", phase="working", ready=True, capacity=1, taken=0, types=())
    served = set(re.findall(r"# TYPE c8_worker_(\w+) ", Metrics().text(state)))
    table = PAGE.read_text().partition("| metric | means |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == served
