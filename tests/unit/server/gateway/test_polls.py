"""Long polling: who waits, in which order they are woken, and that no announcement is lost."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from c8py.engine.records import JobBatchRecord, JobRecord
from c8py.server.gateway.polls import JobPolls
from c8py.server.gateway.refusals import Kind, Refusal

EMPTY = JobBatchRecord(type="pay")


class Jobs:
    """A heap of jobs that attempts take from, one each."""

    def __init__(self, count: int = 0) -> None:
        self.count = count
        self.attempts: list[str] = []

    def attempt_of(self, name: str) -> Callable[[], Awaitable[JobBatchRecord]]:
        async def attempt() -> JobBatchRecord:
            self.attempts.append(name)
            await asyncio.sleep(0)
            if not self.count:
                return EMPTY
            self.count -= 1
            return JobBatchRecord(type="pay", job_keys=(1,), jobs=(JobRecord(),))

        return attempt


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_jobs_that_are_there_are_answered_at_once() -> None:
    jobs = Jobs(1)
    batch = await JobPolls().poll("pay", jobs.attempt_of("a"), wait_s=3600)
    assert len(batch.jobs) == 1


@pytest.mark.parametrize("wait_s", [0.0, -1.0])
async def test_without_a_wait_one_attempt_is_all(wait_s: float) -> None:
    jobs = Jobs()
    assert await JobPolls().poll("pay", jobs.attempt_of("a"), wait_s=wait_s) == EMPTY
    assert jobs.attempts == ["a"]


async def test_the_time_is_up_with_an_empty_answer_and_no_error() -> None:
    polls = JobPolls()
    assert await polls.poll("pay", Jobs().attempt_of("a"), wait_s=0.01) == EMPTY
    assert len(polls) == 0


async def test_an_announcement_wakes_the_first_in_line_only() -> None:
    jobs, polls = Jobs(), JobPolls()
    waiting = [asyncio.create_task(polls.poll("pay", jobs.attempt_of(name), wait_s=3600)) for name in "abc"]
    await turns()
    jobs.attempts.clear()
    jobs.count = 1
    polls.announce({"pay", "other"})
    await turns()
    # The first takes the job and wakes the second, for there may be more; the second finds none, and the line rests.
    assert jobs.attempts == ["a", "b"]
    assert [task.done() for task in waiting] == [True, False, False]
    for task in waiting[1:]:
        task.cancel()


async def test_many_jobs_serve_the_whole_line() -> None:
    jobs, polls = Jobs(), JobPolls()
    waiting = [asyncio.create_task(polls.poll("pay", jobs.attempt_of(str(n)), wait_s=3600)) for n in range(5)]
    await turns()
    jobs.count = 5
    polls.announce({"pay"})
    assert all(batch.jobs for batch in await asyncio.gather(*waiting))
    assert len(polls) == 0


async def test_who_was_woken_for_nothing_keeps_the_first_place() -> None:
    jobs, polls = Jobs(), JobPolls()
    waiting = [asyncio.create_task(polls.poll("pay", jobs.attempt_of(name), wait_s=3600)) for name in "ab"]
    await turns()
    polls.announce({"pay"})
    await turns()
    jobs.attempts.clear()
    jobs.count = 1
    polls.announce({"pay"})
    await turns()
    assert jobs.attempts[0] == "a"
    assert waiting[0].done()
    waiting[1].cancel()


async def test_an_announcement_during_an_attempt_is_not_lost() -> None:
    jobs, polls = Jobs(), JobPolls()

    async def attempt() -> JobBatchRecord:
        batch = await jobs.attempt_of("a")()
        if len(jobs.attempts) == 1:
            jobs.count = 1
            polls.announce({"pay"})
        return batch

    batch = await asyncio.wait_for(polls.poll("pay", attempt, wait_s=3600), 5)
    assert batch.jobs


async def test_who_leaves_when_woken_passes_the_announcement_on() -> None:
    jobs, polls = Jobs(), JobPolls()
    first, second = (asyncio.create_task(polls.poll("pay", jobs.attempt_of(name), wait_s=3600)) for name in "ab")
    await turns()
    jobs.count = 1
    polls.announce({"pay"})
    first.cancel()
    assert (await asyncio.wait_for(second, 5)).jobs


async def test_one_who_is_refused_passes_the_announcement_on() -> None:
    jobs, polls = Jobs(), JobPolls()
    fail = False

    async def refused() -> JobBatchRecord:
        if fail:
            raise Refusal(Kind.RESOURCE_EXHAUSTED, "not now")
        return EMPTY

    first = asyncio.create_task(polls.poll("pay", refused, wait_s=3600))
    await turns()
    second = asyncio.create_task(polls.poll("pay", jobs.attempt_of("b"), wait_s=3600))
    await turns()
    fail = True
    jobs.count = 1
    polls.announce({"pay"})
    with pytest.raises(Refusal):
        await first
    assert (await asyncio.wait_for(second, 5)).jobs


async def test_one_poll_too_many_is_refused() -> None:
    polls = JobPolls(polls_max=1)
    waiting = asyncio.create_task(polls.poll("pay", Jobs().attempt_of("a"), wait_s=3600))
    await turns()
    with pytest.raises(Refusal) as refused:
        await polls.poll("pay", Jobs().attempt_of("b"), wait_s=3600)
    assert refused.value.kind is Kind.RESOURCE_EXHAUSTED
    waiting.cancel()


async def test_closing_lets_everybody_go_empty_handed() -> None:
    polls = JobPolls()
    waiting = [asyncio.create_task(polls.poll("pay", Jobs().attempt_of(name), wait_s=3600)) for name in "abc"]
    await turns()
    polls.close()
    assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [EMPTY] * 3
    assert await polls.poll("pay", Jobs().attempt_of("d"), wait_s=3600) == EMPTY
