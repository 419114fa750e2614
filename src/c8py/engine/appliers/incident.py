"""Incidents hold their element, and their job if they are about one, until they are resolved."""

import msgspec

from c8py.engine.records import IncidentRecord
from c8py.engine.state.entities import JobState
from c8py.engine.state.tables import Tables


def incident_created(tables: Tables, key: int, value: IncidentRecord) -> None:
    """The element, and the job, are held."""
    tables.put_incident(key, value)


def incident_resolved(tables: Tables, key: int, value: IncidentRecord) -> None:
    """The hold is off; a job may be handed out again."""
    tables.drop_incident(key)
    job = tables.jobs.get(value.job_key)
    if job is not None:
        again = msgspec.structs.replace(job, state=JobState.ACTIVATABLE, recurs_at_ms=-1)
        tables.put_job(value.job_key, again)
