"""Rules of a worker's spans."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from c8py.errors import BpmnError
from c8py.worker import Worker
from c8py.worker.tracing import trace_worker
from unit.worker.conftest import Gateway, job

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
def provider(spans):
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(spans))
    return made


@pytest.fixture
def work(provider):
    """Calls a handler as a job of these variables and headers would have it called."""

    async def call(handler, variables=None, headers=None):
        worker = Worker(Gateway())
        worker.task("charge")(handler)
        trace_worker(worker, provider)
        return await worker.call_async("charge", variables or {}, headers=headers or {})

    return call


@pytest.mark.parametrize("place", ["variables", "headers"])
async def test_a_handler_continues_the_trace_that_its_job_carries(work, spans, place):
    seen = []

    async def handle(**variables) -> None:
        seen.append(get_current_span().get_span_context())

    await work(handle, **{place: {"traceparent": PARENT}})
    (span,) = spans.get_finished_spans()
    assert (span.name, span.kind, f"{span.context.trace_id:x}") == ("process charge", SpanKind.CONSUMER, TRACE)
    assert [one.span_id for one in seen] == [span.context.span_id]


async def test_a_job_without_a_trace_begins_one(work, spans):
    async def handle() -> None:
        """Does nothing."""

    await work(handle)
    (span,) = spans.get_finished_spans()
    assert span.parent is None
    assert span.attributes["messaging.destination.name"] == "charge"


async def test_what_a_handler_raises_marks_its_span_without_its_words(work, spans):
    async def handle() -> None:
        raise ValueError("password=hunter2")

    with pytest.raises(ValueError, match="hunter2"):
        await work(handle)
    (span,) = spans.get_finished_spans()
    assert (span.status.status_code, span.status.description, span.events) == (StatusCode.ERROR, "ValueError", ())


async def test_an_error_of_the_model_is_no_failure(work, spans):
    async def handle() -> None:
        raise BpmnError("no-stock")

    with pytest.raises(BpmnError):
        await work(handle)
    (span,) = spans.get_finished_spans()
    assert (span.status.status_code, span.attributes["camunda.error_code"]) == (StatusCode.UNSET, "no-stock")


async def test_polls_and_reports_have_spans_too_and_reports_belong_to_their_handler(spans, provider):
    gateway = Gateway()
    worker = Worker(gateway, stop_after=1)

    @worker.task("charge")
    async def charge() -> None:
        """Does nothing."""

    trace_worker(worker, provider)
    gateway.add(job(type_="charge"))
    await worker.run_async(signals=False)
    found = {span.name: span for span in spans.get_finished_spans()}
    assert set(found) == {"receive charge", "process charge", "settle charge"}
    assert found["settle charge"].parent.span_id == found["process charge"].context.span_id
    assert found["settle charge"].attributes["camunda.outcome"] == "completed"
