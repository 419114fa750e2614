"""Job workers that do not lose finished work: intake, execution, delivery. Knows jobs, no endpoints.

By module: `worker` is what people use, `registry` and `signature` what they registered, `overrides` what whoever runs
it says; `shift` is one run of it, with `slots`, `intake` (decides) and `reception` (does), `execution` (with `threads`,
`processes`, `batches`, `middleware`, `provision`, `context`, `conversion`), `delivery` and `verdict`, and `watch` over
deadlines; `events` and `ledger` are what it says about itself; `rehearsal` calls handlers without a cluster.
"""

from c8py.errors import BpmnError, JobFailure
from c8py.models.job import ActivatedJobResult as Job
from c8py.worker.cancellation import Cancellation
from c8py.worker.ledger import Statistics, TypeState, WorkerState
from c8py.worker.middleware import Call, Proceed
from c8py.worker.registry import Terms
from c8py.worker.worker import Worker

__all__ = [
    "BpmnError",
    "Call",
    "Cancellation",
    "Job",
    "JobFailure",
    "Proceed",
    "Statistics",
    "Terms",
    "TypeState",
    "Worker",
    "WorkerState",
]
