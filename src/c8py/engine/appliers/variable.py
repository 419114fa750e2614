"""Variables live in the scope of an element instance and go with it."""

from c8py.engine.records import VariableDocumentRecord, VariableRecord
from c8py.engine.state.entities import Variable
from c8py.engine.state.tables import Tables


def variable_created(tables: Tables, key: int, value: VariableRecord) -> None:
    """Its scope has it."""
    tables.put_variable(value.scope_key, value.name, Variable(key, value.value))


def variable_updated(tables: Tables, key: int, value: VariableRecord) -> None:
    """Its scope has the new value."""
    tables.put_variable(value.scope_key, value.name, Variable(key, value.value))


def variable_document_updated(_tables: Tables, _key: int, _value: VariableDocumentRecord) -> None:
    """Nothing: each variable has an event of its own."""
