from c8py.engine.processors import PROCESSORS
from c8py.engine.records import FAMILIES, ProcessInstanceIntent, is_event, value_type

# Asked for by the engine itself, as part of other commands.
INNER = {
    ProcessInstanceIntent.ACTIVATE_ELEMENT,
    ProcessInstanceIntent.COMPLETE_ELEMENT,
    ProcessInstanceIntent.TERMINATE_ELEMENT,
}


def test_every_command_has_a_processor_and_no_event_has_one():
    assert set(PROCESSORS) == {intent for family in FAMILIES for intent in family if not is_event(intent)} - INNER


def test_a_processor_takes_the_value_of_its_intent():
    assert {intent: one.value_type for intent, one in PROCESSORS.items()} == {
        intent: value_type(intent) for intent in PROCESSORS
    }
