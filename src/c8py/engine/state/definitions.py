"""Compiled processes of stored definitions, made when first needed and kept for the life of the engine."""

from c8py.engine.bpmn import ExecutableProcess, read
from c8py.engine.records import ProcessRecord


class Definitions:
    """A cache. Keyed by content, not by definition key: a key whose deployment was taken back is given out again."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[bytes, str], ExecutableProcess] = {}

    def of(self, process: ProcessRecord) -> ExecutableProcess:
        """The compiled process."""
        found = self._compiled.get((process.checksum, process.bpmn_process_id))
        if found is not None:
            return found
        for executable in read(process.resource_name, process.resource):
            self._compiled[process.checksum, executable.id] = executable
        return self._compiled[process.checksum, process.bpmn_process_id]
