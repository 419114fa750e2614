"""The questions one may ask. Each is one SELECT with parameters; safe from any thread."""

from c8py.engine.readmodel.rows import (
    ElementInstanceRow,
    IncidentRow,
    JobRow,
    ProcessDefinitionRow,
    ProcessInstanceRow,
    VariableRow,
)
from c8py.engine.readmodel.search import Result, Search


class Queries:
    """Get one by its key (None if there is none), or search; `SearchRefused` tells what a question lacks."""

    def get_process_definition(self, key: int) -> ProcessDefinitionRow | None:
        raise NotImplementedError

    def get_process_definition_xml(self, key: int) -> bytes | None:
        raise NotImplementedError

    def get_process_instance(self, key: int) -> ProcessInstanceRow | None:
        raise NotImplementedError

    def get_element_instance(self, key: int) -> ElementInstanceRow | None:
        raise NotImplementedError

    def get_incident(self, key: int) -> IncidentRow | None:
        raise NotImplementedError

    def get_variable(self, key: int) -> VariableRow | None:
        raise NotImplementedError

    def search_process_definitions(self, search: Search) -> Result[ProcessDefinitionRow]:
        raise NotImplementedError

    def search_process_instances(self, search: Search) -> Result[ProcessInstanceRow]:
        raise NotImplementedError

    def search_element_instances(self, search: Search) -> Result[ElementInstanceRow]:
        raise NotImplementedError

    def search_jobs(self, search: Search) -> Result[JobRow]:
        raise NotImplementedError

    def search_incidents(self, search: Search) -> Result[IncidentRow]:
        raise NotImplementedError

    def search_variables(self, search: Search) -> Result[VariableRow]:
        raise NotImplementedError
