"""Element instances: they come with ELEMENT_ACTIVATING and go with ELEMENT_COMPLETED or ELEMENT_TERMINATED."""

from c8py.engine.records import ProcessInstanceIntent, ProcessInstanceRecord
from c8py.engine.state.entities import ElementInstance
from c8py.engine.state.tables import Tables


def element_activating(tables: Tables, key: int, value: ProcessInstanceRecord) -> None:
    """It begins: from now on it has a scope of its own."""
    tables.put_element(key, ElementInstance(value, ProcessInstanceIntent.ELEMENT_ACTIVATING))


def element_activated(tables: Tables, key: int, value: ProcessInstanceRecord) -> None:
    """It has begun; a job that it waits for stays known."""
    job_key = tables.elements[key].job_key
    tables.put_element(key, ElementInstance(value, ProcessInstanceIntent.ELEMENT_ACTIVATED, job_key))


def element_completing(tables: Tables, key: int, value: ProcessInstanceRecord) -> None:
    """It is about to end; what it waited for is done."""
    tables.put_element(key, ElementInstance(value, ProcessInstanceIntent.ELEMENT_COMPLETING))


def element_completed(tables: Tables, key: int, _value: ProcessInstanceRecord) -> None:
    """It is gone, with its variables."""
    tables.drop_element(key)


def element_terminating(tables: Tables, key: int, value: ProcessInstanceRecord) -> None:
    """It is being ended from outside."""
    old = tables.elements[key]
    terminating = ElementInstance(value, ProcessInstanceIntent.ELEMENT_TERMINATING, old.job_key, old.incident_key)
    tables.put_element(key, terminating)


def element_terminated(tables: Tables, key: int, _value: ProcessInstanceRecord) -> None:
    """It is gone, with its variables."""
    tables.drop_element(key)


def sequence_flow_taken(_tables: Tables, _key: int, _value: ProcessInstanceRecord) -> None:
    """Nothing: the element that it leads to is activated as part of the same command."""
