"""The questions one may ask. Each is a SELECT with parameters; safe from any thread."""

import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, Final, TypeVar

import msgspec

from c8py.engine.readmodel.rows import (
    ElementInstanceRow,
    IncidentRow,
    JobRow,
    ProcessDefinitionRow,
    ProcessInstanceRow,
    Row,
    VariableRow,
)
from c8py.engine.readmodel.search import Result, Search
from c8py.engine.readmodel.sql import INTEGER_MAX, cursor_of, select

R = TypeVar("R", bound=Row)

_VIEWS: Final[dict[type[Row], str]] = {
    ProcessDefinitionRow: "process_definition_row",
    ProcessInstanceRow: "process_instance_row",
    ElementInstanceRow: "element_instance_row",
    JobRow: "job_row",
    IncidentRow: "incident_row",
    VariableRow: "variable_row",
}
_CONVERTED: Final[dict[str, Callable[[Any], object]]] = {
    "has_incident": bool,
    "has_failed_with_retries_left": bool,
    "tags": msgspec.json.Decoder(tuple[str, ...]).decode,
    "custom_headers": msgspec.json.Decoder(dict[str, str]).decode,
}


class Queries:
    """Get one by its key (None if there is none), or search; `SearchRefused` tells what a question lacks.

    Args:
        connections: each is used by one thread at a time. Shared ones would show an old state for as long as any
            of their readers is not done.
    """

    def __init__(self, connections: Sequence[sqlite3.Connection]) -> None:
        self._connections = connections
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for connection in connections:
            self._idle.put(connection)

    def get_process_definition(self, key: int) -> ProcessDefinitionRow | None:
        """The definition of this key."""
        return self._get(ProcessDefinitionRow, key)

    def get_process_definition_xml(self, key: int) -> bytes | None:
        """The file of which the definition was read."""
        if abs(key) > INTEGER_MAX:
            return None
        with self._reading() as connection:
            found = connection.execute("SELECT resource FROM process_definition WHERE key = ?", (key,)).fetchall()
        return found[0][0] if found else None

    def get_process_instance(self, key: int) -> ProcessInstanceRow | None:
        """The instance of this key, whether it has ended or not."""
        return self._get(ProcessInstanceRow, key)

    def get_element_instance(self, key: int) -> ElementInstanceRow | None:
        """The element instance of this key, whether it has ended or not."""
        return self._get(ElementInstanceRow, key)

    def get_incident(self, key: int) -> IncidentRow | None:
        """The incident of this key, whether it is resolved or not."""
        return self._get(IncidentRow, key)

    def get_variable(self, key: int) -> VariableRow | None:
        """The variable of this key, as it was last."""
        return self._get(VariableRow, key)

    def search_process_definitions(self, search: Search) -> Result[ProcessDefinitionRow]:
        """Definitions, oldest first unless sorted otherwise."""
        return self._search(ProcessDefinitionRow, search)

    def search_process_instances(self, search: Search) -> Result[ProcessInstanceRow]:
        """Process instances, oldest first unless sorted otherwise."""
        return self._search(ProcessInstanceRow, search)

    def search_element_instances(self, search: Search) -> Result[ElementInstanceRow]:
        """Element instances, oldest first unless sorted otherwise; process instances are not among them."""
        return self._search(ElementInstanceRow, search)

    def search_jobs(self, search: Search) -> Result[JobRow]:
        """Jobs, oldest first unless sorted otherwise."""
        return self._search(JobRow, search)

    def search_incidents(self, search: Search) -> Result[IncidentRow]:
        """Incidents, oldest first unless sorted otherwise."""
        return self._search(IncidentRow, search)

    def search_variables(self, search: Search) -> Result[VariableRow]:
        """Variables of all scopes, oldest first unless sorted otherwise."""
        return self._search(VariableRow, search)

    def close(self) -> None:
        """Close the connections; nobody may be asking any more."""
        for connection in self._connections:
            connection.close()

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        """One view of the data for all that is read inside."""
        connection = self._idle.get()
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")
        finally:
            self._idle.put(connection)

    def _get(self, row: type[R], key: int) -> R | None:
        if abs(key) > INTEGER_MAX:
            return None
        columns = row.__struct_fields__
        statement = f"SELECT {', '.join(columns)} FROM {_VIEWS[row]} WHERE {columns[0]} = ?"  # noqa: S608  names
        with self._reading() as connection:
            found = connection.execute(statement, (key,)).fetchall()
        return _row(row, found[0]) if found else None

    def _search(self, row: type[R], search: Search) -> Result[R]:
        selection = select(row, _VIEWS[row], search)
        with self._reading() as connection:
            found = connection.execute(selection.text, selection.values).fetchall()
            total: int = connection.execute(selection.count_text, selection.count_values).fetchall()[0][0]
        if selection.backwards:
            found.reverse()
        items = tuple(_row(row, values) for values in found)
        ends = (cursor_of(items[0], selection.sort), cursor_of(items[-1], selection.sort)) if items else (None, None)
        return Result(items, total, *ends)


def _row(row: type[R], values: Sequence[object]) -> R:
    return row(*(
        convert(value) if (convert := _CONVERTED.get(name)) else value
        for name, value in zip(row.__struct_fields__, values, strict=True)
    ))  # fmt: skip
