import inspect
from typing import get_type_hints

import pytest

from c8py.engine.appliers import APPLIERS, Applier, latest_of
from c8py.engine.records import FAMILIES, Intent, JobIntent, ProcessInstanceResultIntent, is_event, value_type

# Its only record is an answer, never stored.
ANSWER_ONLY = {ProcessInstanceResultIntent.COMPLETED}
EVENTS = {intent for family in FAMILIES for intent in family if is_event(intent)} - ANSWER_ONLY


def test_every_event_has_an_applier_and_no_command_has_one():
    assert {intent for intent, _version in APPLIERS} == EVENTS


@pytest.mark.parametrize("entry", APPLIERS, ids=str)
def test_an_applier_takes_the_value_of_its_intent(entry):
    applier = APPLIERS[entry]
    (value,) = list(inspect.signature(applier).parameters)[2:]

    assert get_type_hints(applier)[value] is value_type(entry[0])


def test_numbers_of_intents_are_unique_over_all_families():
    numbers = [intent.value for family in FAMILIES for intent in family]

    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("keys", [[(JobIntent.COMPLETE, 1)], [(JobIntent.COMPLETED, 0)], [(JobIntent.COMPLETED, 2)]])
def test_a_table_with_a_command_or_a_wrong_version_is_refused(keys):
    with pytest.raises(ValueError, match="expected"):
        latest_of(dict.fromkeys(keys, APPLIERS[JobIntent.COMPLETED, 1]))


def test_new_events_use_the_highest_version():
    first, second = APPLIERS[JobIntent.COMPLETED, 1], APPLIERS[JobIntent.CANCELED, 1]
    table: dict[tuple[Intent, int], Applier] = {(JobIntent.COMPLETED, 2): second, (JobIntent.COMPLETED, 1): first}

    assert latest_of(table) == {JobIntent.COMPLETED: (2, second)}
