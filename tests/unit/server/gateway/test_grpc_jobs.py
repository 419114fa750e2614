"""Long polling and streams over a socket: who waits is woken, and no job is lost with its client."""

import asyncio

import grpc.aio
import pytest

from c8py.base import limits
from c8py.proto import gateway_pb2 as pb


async def stream_of(gateway, job_type: str, *, timeout_ms: int = 60_000):
    request = pb.StreamActivatedJobsRequest(type=job_type, worker="w", timeout=timeout_ms)
    stream = gateway.stub.StreamActivatedJobs(request, metadata=gateway.metadata)
    # The headers come when the stream is registered.
    await stream.initial_metadata()
    return stream


async def test_a_poll_that_does_not_wait_is_empty_at_once(gateway, task_process) -> None:
    assert await gateway.jobs(await task_process(), wait_ms=-1) == []


async def test_a_poll_that_finds_nothing_ends_well_and_empty(gateway, task_process) -> None:
    assert await gateway.jobs(await task_process(), wait_ms=30) == []


async def test_a_waiting_poll_is_woken_by_a_new_job(gateway, task_process) -> None:
    name = await task_process()
    waiting = asyncio.create_task(gateway.jobs(name, wait_ms=30_000))
    await gateway.start(name)
    [job] = await asyncio.wait_for(waiting, 10)
    assert job.bpmnProcessId == name


async def test_a_poll_is_not_kept_until_it_is_full(gateway, task_process) -> None:
    name = await task_process()
    await gateway.start(name)
    assert len(await asyncio.wait_for(gateway.jobs(name, most=100, wait_ms=30_000), 10)) == 1


async def test_no_more_jobs_than_asked_for(gateway, task_process) -> None:
    name = await task_process()
    for _ in range(5):
        await gateway.start(name)
    assert len(await gateway.jobs(name, most=3)) == 3
    assert len(await gateway.jobs(name, most=3)) == 2


async def test_each_job_goes_to_one_of_many_pollers(gateway, task_process) -> None:
    name = await task_process()
    waiting = [asyncio.create_task(gateway.jobs(name, wait_ms=30_000)) for _ in range(8)]
    for _ in range(8):
        await gateway.start(name)
    batches = await asyncio.wait_for(asyncio.gather(*waiting), 20)
    assert len({job.key for jobs in batches for job in jobs}) == 8


async def test_a_poll_whose_client_left_takes_no_job(gateway, task_process) -> None:
    name = await task_process()
    request = pb.ActivateJobsRequest(type=name, timeout=600_000, maxJobsToActivate=1, requestTimeout=30_000)
    call = gateway.stub.ActivateJobs(request, metadata=gateway.metadata)
    reading = asyncio.create_task(call.read())
    await gateway.jobs(name)  # the call before is with the gateway by now
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await gateway.start(name)
    [job] = await asyncio.wait_for(gateway.jobs(name, wait_ms=30_000), 10)
    assert job.retries == 3


async def test_a_stream_is_given_new_jobs_and_not_those_that_wait(gateway, task_process) -> None:
    name = await task_process()
    old = await gateway.start(name)
    stream = await stream_of(gateway, name)
    new = await gateway.start(name)
    job = await asyncio.wait_for(stream.read(), 10)
    assert job.processInstanceKey == new
    [left] = await gateway.jobs(name, most=10)
    assert left.processInstanceKey == old
    stream.cancel()


async def test_jobs_go_to_polls_when_the_stream_is_gone(gateway, task_process) -> None:
    name = await task_process()
    stream = await stream_of(gateway, name)
    stream.cancel()
    async with asyncio.timeout(10):
        found: list[pb.ActivatedJob] = []
        await gateway.start(name)
        while not found:
            found = await gateway.jobs(name, wait_ms=1_000)
    assert found[0].retries == 3


async def test_two_streams_share_the_jobs(gateway, task_process) -> None:
    name = await task_process()
    streams = [await stream_of(gateway, name) for _ in range(2)]
    instances = {await gateway.start(name) for _ in range(10)}
    seen: asyncio.Queue[int] = asyncio.Queue()

    async def read(stream) -> None:
        async for job in stream:
            seen.put_nowait(job.processInstanceKey)
            await gateway.call("CompleteJob", pb.CompleteJobRequest(jobKey=job.key))

    readers = [asyncio.create_task(read(stream)) for stream in streams]
    async with asyncio.timeout(10):
        assert {await seen.get() for _ in instances} == instances
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


async def test_what_a_slow_client_does_not_read_goes_to_others(served, gateway, task_process) -> None:
    """Its own connection fills up; the gateway's buffer for it is bounded; what is more can be polled."""
    name = await task_process()
    slow = grpc.aio.insecure_channel(
        served.addresses.grpc_address, options=[("grpc.http2.lookahead_bytes", 1024), ("grpc.http2.bdp_probe", 0)]
    )
    try:
        stub = type(gateway.stub)(slow)
        request = pb.StreamActivatedJobsRequest(type=name, worker="slow", timeout=600_000)
        stream = stub.StreamActivatedJobs(request, metadata=gateway.metadata)
        await stream.initial_metadata()
        size = 200_000
        count = limits.STREAM_BUFFER_JOBS_MAX + 30
        for _ in range(count):
            await gateway.start(name, blob="x" * size)
        found = await asyncio.wait_for(gateway.jobs(name, wait_ms=10_000), 20)
        assert found
        assert found[0].retries == 3
        stream.cancel()
    finally:
        await slow.close()


async def test_a_large_backlog_comes_in_messages_that_clients_accept(gateway, task_process) -> None:
    """Clients take 4 MiB by default: the answer is cut before, and the rest follows in the same call."""
    name = await task_process()
    for _ in range(9):
        await gateway.start(name, blob="x" * 900_000)
    assert len(await gateway.jobs(name, most=9)) == 9
