"""Tells the cluster what became of a job: until it is taken, or the job's deadline has passed, and then says so.

The decisions are in `verdict`; here they meet the client, the books and whoever listens.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from c8py.base.clock import Clock
from c8py.errors import AuthError, C8Error
from c8py.models.job import ActivatedJobResult
from c8py.worker.events import Loss, Lost, Outcome, Reported, ReportRetried, Telling, TokenTrouble
from c8py.worker.held import Held
from c8py.worker.ledger import Ledger
from c8py.worker.ports import JobClient, leased
from c8py.worker.verdict import (
    Complete,
    Delivered,
    Fail,
    Throw,
    Verdict,
    Wait,
    deliver,
    is_result_refused,
    of_refusal,
)

_log: Final = logging.getLogger("c8py.worker")
_TELL_AT: Final = 3  # attempts for one job; fewer are what a rolling update looks like


class Delivery:
    """Reports the jobs of one type.

    Args:
        client: whom to tell.
        ledger: the books of the type.
        telling: hears what happens.
        clock: tells when deadlines have passed.
        uniform: gives numbers from 0.0 to 1.0, for jitter.
    """

    def __init__(
        self, client: JobClient, ledger: Ledger, telling: Telling, *, clock: Clock, uniform: Callable[[], float]
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._telling = telling
        self._clock = clock
        self._uniform = uniform
        self._told = False  # of a trouble that has not passed yet: it is one, however many jobs wait for its end

    async def report(self, held: Held, verdict: Verdict) -> None:
        """Deliver a verdict, or say in the books and the log why it could not be."""
        begun_s = self._clock.monotonic_s() if self._telling.heard else 0.0
        attempts = 1
        error = await self._send(held.job, verdict)
        if error is not None:
            ending, error, attempts = await self._insist(held, verdict, error)
            if ending != "delivered":
                await self._undelivered(held, verdict, ending, error)
                return
        if self._told:
            self._told = False
            _log.info("jobs of type %s can be reported again", held.job.type)
        outcome = outcome_of(verdict)
        if outcome == "completed":
            self._ledger.completed += 1
        else:
            setattr(self._ledger, outcome, getattr(self._ledger, outcome) + 1)
        if self._telling.heard:
            self._telling(Reported(held.job, outcome, self._clock.monotonic_s() - begun_s, attempts))

    async def _insist(self, held: Held, verdict: Verdict, error: C8Error) -> tuple[Delivered, C8Error | None, int]:
        """Go on after the first attempt; how it ended, the last error, and the attempts in all."""
        delivery = deliver(verdict, deadline_s=held.deadline_s, clock=self._clock, uniform=self._uniform)
        next(delivery)
        attempts = 1
        heard: C8Error | None = error
        try:
            while True:
                step = delivery.send(heard)
                if isinstance(step, Wait):
                    self._retried(held.job, error, step.seconds, attempts)
                    await asyncio.sleep(step.seconds)
                    heard = None
                else:
                    attempts += 1
                    heard = await self._send(held.job, step)
                    error = heard or error
        except StopIteration as end:
            ending, last = end.value
            return ending, last, attempts

    async def _undelivered(self, held: Held, verdict: Verdict, ending: Delivered, error: C8Error | None) -> None:
        job, ledger = held.job, self._ledger
        if error is not None:
            ledger.went_wrong(error)
        if ending == "gone":
            ledger.gone += 1
            _log.info(
                "job %s is no longer ours: somebody else had it after its timeout, or it was cancelled", job.job_key
            )
        elif is_result_refused(verdict, error) and error is not None:
            _log.warning("the result of job %s was refused: %s", job.job_key, error)
            await self.report(held, of_refusal(error, job.retries))
            return
        else:
            ledger.unreported += 1
            _log.error("job %s could not be reported (%s): %s", job.job_key, ending, error)
        if self._telling.heard:
            self._telling(Lost(job, _LOSSES[ending], error))

    def _retried(self, job: ActivatedJobResult, error: C8Error, wait_s: float, attempts: int) -> None:
        self._ledger.retried += 1
        self._ledger.went_wrong(error)
        if attempts >= _TELL_AT and not self._told:
            self._told = True
            _log.warning("job %s is done, but cannot be reported yet: %s; trying on", job.job_key, error)
        if self._telling.heard:
            self._telling(ReportRetried(job, error, wait_s))
            if isinstance(error, AuthError):
                self._telling(TokenTrouble(error))

    async def _send(self, job: ActivatedJobResult, verdict: Verdict) -> C8Error | None:
        try:
            match verdict:
                case Complete(variables=variables):
                    if job.job_lease_token is None:
                        await self._client.complete_job(job.job_key, variables, retry=False)
                    else:
                        await self._client.complete_job(job.job_key, variables, retry=False, **leased(job))
                case Fail():
                    await self._client.fail_job(
                        job.job_key,
                        retries=verdict.retries,
                        message=verdict.message,
                        backoff_s=verdict.backoff_s,
                        variables=verdict.variables,
                        retry=False,
                        **leased(job),
                    )
                case Throw():
                    await self._client.throw_error(
                        job.job_key, verdict.error_code, verdict.message, verdict.variables, retry=False, **leased(job)
                    )
        except C8Error as error:
            return error
        return None


_LOSSES: Final[dict[Delivered, Loss]] = {"refused": "refused", "late": "late", "gone": "gone"}


def outcome_of(verdict: Verdict) -> Outcome:
    """What the cluster is told with this verdict."""
    if isinstance(verdict, Complete):
        return "completed"
    if isinstance(verdict, Throw):
        return "thrown"
    return "handed_back" if verdict.is_hand_back else "failed"
