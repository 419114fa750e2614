"""What handlers are given besides variables: the client they ask for, and a logger that names the job."""

import logging
from collections.abc import MutableMapping
from typing import Final

from c8py.client import AsyncCamunda, Camunda
from c8py.models.job import ActivatedJobResult
from c8py.worker.registry import Task

_handlers: Final = logging.getLogger("c8py.worker.handler")


class JobLogger(logging.LoggerAdapter[logging.Logger]):
    """Writes the keys of its job with each line: in the text, and as fields `job_key`, `job_type`, … for formatters.

    Args:
        job: that is worked on.
    """

    def __init__(self, job: ActivatedJobResult) -> None:
        super().__init__(
            _handlers,
            {
                "job_key": job.job_key,
                "job_type": job.type,
                "process_instance_key": job.process_instance_key,
                "process_id": job.process_definition_id,
                "element_id": job.element_id,
            },
        )
        self._prefix = f"job {job.job_key} ({job.type}): ".replace("%", "%%")

    def process(self, msg: object, kwargs: MutableMapping[str, object]) -> tuple[str, MutableMapping[str, object]]:
        """The line as it is written."""
        extra = kwargs.get("extra")
        kwargs["extra"] = {**(self.extra or {}), **(extra if isinstance(extra, dict) else {})}
        return self._prefix + str(msg), kwargs


class Clients:
    """The client of the worker, in the colour that a handler asks for: plain handlers may ask for a `Camunda`.

    Args:
        client: of the worker.
    """

    def __init__(self, client: object) -> None:
        self._client = client
        self._plain: Camunda | None = None

    def for_handler(self, task: Task) -> object:
        """What a parameter of a client's type is given."""
        for parameter in task.signature.parameters:
            if parameter.source == "client":
                return self._plain_one() if parameter.annotation is Camunda else self._client
        return None

    def close(self) -> None:
        """Close what was made here."""
        plain, self._plain = self._plain, None
        if plain is not None:
            plain.close()

    def _plain_one(self) -> object:
        if self._plain is None and isinstance(self._client, AsyncCamunda):
            self._plain = Camunda(self._client.settings)
        return self._plain or self._client
