"""Definitions and the records that only tell of them."""

from c8py.engine.records import DeploymentRecord, ProcessInstanceCreationRecord, ProcessRecord
from c8py.engine.state.tables import Tables


def deployment_created(_tables: Tables, _key: int, _value: DeploymentRecord) -> None:
    """Nothing: its processes have events of their own."""


def process_created(tables: Tables, key: int, value: ProcessRecord) -> None:
    """It is the latest version of its id."""
    tables.put_process(key, value)


def process_instance_created(_tables: Tables, _key: int, _value: ProcessInstanceCreationRecord) -> None:
    """Nothing: the instance comes with ELEMENT_ACTIVATING."""
