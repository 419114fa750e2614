"""Job workers that do not lose finished work: intake, execution, delivery. Knows jobs, no endpoints."""

from c8py.errors import BpmnError, JobFailure
from c8py.models.job import ActivatedJobResult as Job
from c8py.worker.shift import Statistics
from c8py.worker.worker import Worker

__all__ = ["BpmnError", "Job", "JobFailure", "Statistics", "Worker"]
