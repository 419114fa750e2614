"""Spans of OpenTelemetry for what a worker does: polls that brought jobs, handlers, and the reports of what they did.

A handler's span continues the trace that its job carries: `traceparent` (W3C) among the job's custom headers, or among
its variables where those are fetched. Calls that a handler makes become children of it. Needs the extra `otel`; where
the program has set up no SDK, spans cost almost nothing and go nowhere.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, cast

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, TracerProvider

from c8py.client.values import UnreadableVariables
from c8py.errors import BpmnError
from c8py.models.job import ActivatedJobResult
from c8py.worker.events import Event, Lost, Polled, Reported
from c8py.worker.middleware import Call
from c8py.worker.worker import Worker

_SPANS_KEPT: Final = 20_000  # of jobs that are on their way to be reported
_FIELDS: Final = ("traceparent", "tracestate", "baggage")


def trace_worker(worker: Worker, provider: TracerProvider | None = None) -> None:
    """Have a worker make spans.

    Args:
        worker: that makes them.
        provider: takes them; None means the program's own.
    """
    tracing = _Tracing(trace.get_tracer("c8py.worker", tracer_provider=provider))
    worker.around(tracing.around)
    worker.observe(tracing.heard)


class _Tracing:
    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer
        self._handled: dict[str, Span] = {}

    async def around(self, call: Call, proceed: Callable[[], Awaitable[object]]) -> object:
        """The span of a handler, or of a batch with a link to each of its jobs' traces."""
        contexts = [carried(job) for job in call.jobs]
        several = len(contexts) > 1
        links = [Link(trace.get_current_span(one).get_span_context()) for one in contexts] if several else []
        with self._tracer.start_as_current_span(
            f"process {call.job.type}",
            context=Context() if several else contexts[0],
            kind=SpanKind.CONSUMER,
            attributes=_attributes(call.job) if not several else {"messaging.batch.message_count": len(contexts)},
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            if len(self._handled) < _SPANS_KEPT:
                self._handled |= {job.job_key: span for job in call.jobs}
            try:
                return await proceed()
            except BpmnError as error:
                span.set_attribute("camunda.error_code", error.error_code)
                raise
            except BaseException as error:
                # Its words stay out: they may hold what nobody has redacted.
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def heard(self, event: Event) -> None:
        """Polls and reports have happened when they are told of: their spans begin in the past."""
        match event:
            case Polled() if event.got:
                self._past(f"receive {event.type}", event.seconds, {"camunda.jobs": event.got}, None, SpanKind.CLIENT)
            case Reported():
                parent = self._handled.pop(event.job.job_key, None)
                context = None if parent is None else trace.set_span_in_context(parent, Context())
                about = _attributes(event.job) | {"camunda.outcome": event.outcome, "camunda.attempts": event.attempts}
                self._past(f"settle {event.job.type}", event.seconds, about, context, SpanKind.CLIENT)
            case Lost():
                parent = self._handled.pop(event.job.job_key, None)
                context = None if parent is None else trace.set_span_in_context(parent, Context())
                about = _attributes(event.job) | {"camunda.outcome": event.reason}
                self._past(f"settle {event.job.type}", 0.0, about, context, SpanKind.CLIENT, failed=True)
            case _:
                pass

    def _past(
        self,
        name: str,
        seconds: float,
        about: Mapping[str, str | int],
        context: Context | None,
        kind: SpanKind,
        *,
        failed: bool = False,
    ) -> None:
        now_ns = time.time_ns()
        began_ns = now_ns - round(seconds * 1e9)
        span = self._tracer.start_span(name, context=context, kind=kind, attributes=about, start_time=began_ns)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(now_ns)


def carried(job: ActivatedJobResult) -> Context:
    """The trace that a job carries; an empty one where it carries none."""
    found: dict[str, str] = {}
    readable = {} if isinstance(job.variables, UnreadableVariables) else job.variables
    for source in (readable, job.custom_headers):  # what the model says has the last word
        found |= {name: value for name in _FIELDS if isinstance(value := cast("object", source.get(name)), str)}
    return propagate.extract(found, context=Context())


def _attributes(job: ActivatedJobResult) -> dict[str, str | int]:
    return {
        "messaging.system": "camunda",
        "messaging.destination.name": job.type,
        "camunda.job_key": job.job_key,
        "camunda.process_instance_key": job.process_instance_key,
        "camunda.process_definition_id": job.process_definition_id,
        "camunda.element_id": job.element_id,
        "camunda.retries": job.retries,
    }
