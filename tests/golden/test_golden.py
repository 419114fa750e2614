"""Old logs give the state that they gave when they were written."""

import pytest

from c8py.engine.appliers import APPLIERS
from c8py.engine.state.tables import Tables
from c8py.engine.stream.replay import digest
from golden import golden

LOGS = sorted(golden.LOGS.glob("*.jsonl"))


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_golden_log_gives_its_state(path):
    head, events = golden.read(path)
    tables = Tables()
    for event in events:
        APPLIERS[event.intent, event.version](tables, event.key, event.value)

    assert digest(tables, head.last_key) == head.digest


def test_every_applier_is_in_a_golden_log():
    told = {(event.intent, event.version) for path in LOGS for event in golden.read(path)[1]}

    assert set(APPLIERS) - told == set()


def test_the_story_of_the_newest_log_is_still_told_alike():
    """A processor may change what it says; then a new log joins the old ones."""
    rig = golden.story()
    events = list(golden.read(LOGS[-1])[1])
    rig.engine.close()

    assert [(event.intent, event.version) for event in rig.events] == [(one.intent, one.version) for one in events]
