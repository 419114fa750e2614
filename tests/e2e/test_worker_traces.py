"""A trace goes through a job, over real sockets: from whoever started it, through the handler, to the report."""

import asyncio
import json

import pytest
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from c8py.client import AsyncCamunda
from c8py.worker import Worker
from c8py.worker.tracing import trace_worker


def context(span: ReadableSpan) -> trace.SpanContext:
    found = span.get_span_context()
    assert found is not None
    return found


@pytest.mark.parametrize("rest", [False, True], ids=["grpc", "rest"])
async def test_a_trace_goes_from_who_gave_it_through_the_handler_to_the_report(books, gateway, rest, monkeypatch):
    for name, value in gateway.environment(rest=rest).items():
        monkeypatch.setenv(name, value)
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    tracer = provider.get_tracer("shop")
    async with AsyncCamunda.from_env() as client:
        worker = Worker(client, max_jobs=4, stop_after=2, name="w")

        @worker.task("charge", fetch_variables=["n", "traceparent"])
        async def charge(n: int) -> None:
            with tracer.start_as_current_span(f"pay {n}"):
                await asyncio.sleep(0)

        trace_worker(worker, provider)
        with tracer.start_as_current_span("order") as order:
            carried: dict[str, str] = {}
            propagate.inject(carried)
        books.add("charge", [json.dumps({"n": 1} | carried), '{"n": 1e999}'], retries=1)
        async with asyncio.timeout(60):
            await worker.run_async(signals=False)

    found = spans.get_finished_spans()
    by_trace = {span.name: span for span in found if context(span).trace_id == order.get_span_context().trace_id}
    ids = {name: context(span).span_id for name, span in by_trace.items()}
    assert list(ids) == ["order", "pay 1", "process charge", "settle charge"]
    parents = {name: span.parent and span.parent.span_id for name, span in by_trace.items()}
    assert parents["process charge"] == ids["order"]
    assert parents["pay 1"] == parents["settle charge"] == ids["process charge"]
    assert dict(by_trace["settle charge"].attributes or {})["camunda.outcome"] == "completed"

    (poll,) = [span for span in found if span.name == "receive charge"]
    assert dict(poll.attributes or {})["camunda.jobs"] == 2
    # A job that cannot be read begins a trace of its own.
    (other,) = [span for span in found if span.name == "process charge" and span is not by_trace["process charge"]]
    assert (other.parent, other.status.status_code) == (None, trace.StatusCode.ERROR)
